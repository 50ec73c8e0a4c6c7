/** What a newer file means to people inside journeys: who follows it, and which of its steps they still take. Pure. */
import { diffCampaigns } from './diff';
import { followedWay, stepsBefore, type WayStep } from './followed-way';
import type { UnderWayFacts } from './plan-facts';
import type { ResolvedCampaign } from './resolved';

export interface PlannedUnderWay {
  /** Journeys on their way. */
  journeys: number;
  rule: 'stay' | 'follow';
  /** In plain words. */
  says: string;
  /** Steps that the file adds, changes or drops; empty where people stay on theirs. */
  steps: UnderWayStep[];
}

export interface UnderWayStep {
  step: string;
  change: 'added' | 'changed' | 'removed';
  /** Journeys that take it as the file says now; of one that is dropped: that do not take it any more. */
  reached: number;
  /** Journeys that have begun it or are past it. */
  past: number;
  says: string;
}

/** @returns undefined while nobody is inside */
export function planUnderWay(after: ResolvedCampaign, facts: readonly UnderWayFacts[]): PlannedUnderWay | undefined {
  const journeys = facts.reduce((sum, { count }) => sum + count, 0);
  if (journeys === 0 || !after.trigger) return undefined;
  if (after.trigger.underWay !== 'follow')
    return {
      journeys,
      rule: 'stay',
      says: `${number(journeys)} under way: stay on the file they began with`,
      steps: [],
    };
  const ways = facts.map((group) => ({ ...group, ...wayOf(group, after) }));
  return {
    journeys,
    rule: 'follow',
    says: `${number(journeys)} under way: follow`,
    steps: changedSteps(facts, after).map(([step, change]) => {
      const reached = ways
        .filter(({ ahead, withdrawn }) => (change === 'removed' ? withdrawn : ahead).has(step))
        .reduce((sum, { count }) => sum + count, 0);
      const past = ways.reduce((sum, { count, knows }) => sum + (knows(step) ? count : 0), 0) - reached;
      return { step, change, reached, past, says: inWords(change, reached, past) };
    }),
  };
}

interface Ahead {
  ahead: Set<string>;
  withdrawn: Set<string>;
  /** Has this step a meaning to them: is it in the file they go by, or in the newer one? */
  knows(step: string): boolean;
}

function wayOf({ campaign, step, isHeld }: UnderWayFacts, after: ResolvedCampaign): Ahead {
  const before = waySteps(campaign);
  const newer = waySteps(after);
  const at = new Set(step === undefined ? [] : [step]);
  const begun = new Set([...stepsBefore(before, at), ...(isHeld ? [] : at)]);
  const { take, withdrawn } = followedWay({ before, after: newer, begun, underWay: new Set() });
  const known = new Set([...before, ...newer].map(({ id }) => id));
  return {
    ahead: new Set(take.map(({ id }) => id)),
    withdrawn: new Set(withdrawn),
    knows: (id) => known.has(id),
  };
}

/** Gates were passed before anybody began. */
function waySteps({ steps }: ResolvedCampaign): WayStep[] {
  const gates = new Set(steps.flatMap(({ kind, id }) => (kind === 'gate' ? [id] : [])));
  return steps.flatMap(({ id, needs }) =>
    gates.has(id) ? [] : [{ id, needs: needs.filter((need) => !gates.has(need)) }],
  );
}

/** Against the files that people go by: in the order of the newer one, then what it drops. */
function changedSteps(
  facts: readonly UnderWayFacts[],
  after: ResolvedCampaign,
): (readonly [string, UnderWayStep['change']])[] {
  const kinds = new Map<string, UnderWayStep['change']>();
  for (const { campaign } of facts)
    for (const { path, kind } of diffCampaigns(campaign, after)) {
      const [top, step = '', ...inner] = path.split('.');
      // What stands around a step decides where it stands, not what it is.
      if (top !== 'steps' || inner[0] === 'needs' || kinds.has(step)) continue;
      kinds.set(step, inner.length === 0 ? kind : 'changed');
    }
  const order = waySteps(after).map(({ id }) => id);
  const dropped = [...kinds.keys()].filter((id) => kinds.get(id) === 'removed');
  return [...order, ...dropped].flatMap((id) => {
    const kind = kinds.get(id);
    return kind ? [[id, kind] as const] : [];
  });
}

function inWords(change: UnderWayStep['change'], reached: number, past: number): string {
  switch (change) {
    case 'added':
      return `${number(reached)} take it; ${number(past)} are past it`;
    case 'changed':
      return `${number(reached)} take it as it is now; ${number(past)} have begun it or are past it`;
    case 'removed':
      return `${number(reached)} do not take it any more; ${number(past)} have begun it or are past it`;
  }
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
