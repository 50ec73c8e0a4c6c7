/** Computes a plan. Pure: the same campaigns and facts give the same document, and no clock is read. */
import type { Problem } from '../errors/problem';
import { actionWords } from './action-words';
import { canonicalJson } from './canonical-json';
import { costAtMost, promotionsAtMost } from './cost';
import { diffCampaigns } from './diff';
import type { LoadedCampaign } from './load-campaign';
import { type PlannedAmendment, planAmendment } from './plan-amendment';
import type {
  Collision,
  InvalidCampaign,
  PlanDocument,
  PlannedCampaign,
  PlannedDelivery,
  PlannedExperiment,
  PlannedGate,
  PlannedProgram,
  PlannedPromotion,
  PlannedStage,
  PlanSummary,
} from './plan-document';
import type { LiveRun, PlanFacts, ProgramFacts } from './plan-facts';
import { planHash } from './plan-hash';
import { planUnderWay } from './plan-under-way';
import type { Money, ResolvedCampaign, ResolvedStepOf, StepKind } from './resolved';
import { rewardStep } from './resolved-loyalty';
import type { RolloutEntry, WaveSize } from './resolved-measuring';
import { sha256 } from './sha256';
import { isTakenOver } from './taken-over';

export type PlanInput =
  | {
      campaign: Pick<LoadedCampaign, 'resolved' | 'revision' | 'sourceFile'>;
      facts: PlanFacts;
      warnings?: Problem[];
      experiments?: PlannedExperiment[];
    }
  | { invalid: { id?: string; sourceFile: string; problems: Problem[] } };

export function makePlan(inputs: readonly PlanInput[], options: { environment: string }): PlanDocument {
  const campaigns = inputs
    .map((input) => ('invalid' in input ? invalidCampaign(input.invalid) : planCampaign(input)))
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const document = {
    format: 'volante-plan/1' as const,
    environment: options.environment,
    summary: summarise(campaigns),
    campaigns,
  };
  return { ...document, hash: sha256(canonicalJson(document)) };
}

/** The document as text, byte for byte the same for the same plan. */
export function planJson(plan: PlanDocument): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(plan)), null, 2)}\n`;
}

/** Does the hash that a plan carries belong to what it says? */
export function isIntact({ hash, ...document }: PlanDocument): boolean {
  return sha256(canonicalJson(document)) === hash;
}

function invalidCampaign({
  id,
  sourceFile,
  problems,
}: {
  id?: string;
  sourceFile: string;
  problems: Problem[];
}): InvalidCampaign {
  return { ...(id === undefined ? {} : { id }), file: sourceFile, action: 'invalid', problems };
}

function planCampaign({
  campaign,
  facts,
  warnings = [],
  experiments = [],
}: Extract<PlanInput, { facts: PlanFacts }>): PlannedCampaign {
  const { resolved, revision } = campaign;
  const { audience, applied, alreadyRun, live } = facts;
  const isAmended = live && !alreadyRun && !isTakenOver(resolved) && !isTakenOver(live.campaign);
  const amendment = isAmended ? planAmendment(live, resolved) : undefined;
  const recipients = resolved.trigger ? 1 : audience.targeted - audience.heldOut;
  const cost = costAtMost(resolved, { recipients, platforms: facts.platforms });
  const { maxLateness, timezone, cron, start, end, quietHours } = resolved.schedule;
  return {
    id: resolved.id,
    name: resolved.name,
    file: campaign.sourceFile,
    action: actionOf(facts, amendment),
    revision,
    planHash: planHash({
      revision,
      audienceChecksum: isAmended ? live.audienceChecksum : audience.checksum,
      targeted: isAmended ? live.members : audience.targeted,
      cost,
    }),
    audience,
    cost,
    window: { start, end, timezone, cron, quietHours, maxLateness },
    ...planTrigger(resolved, facts),
    deliveries: stepsOf(resolved, 'email').map((step) => planDelivery(step, facts)),
    gates: stepsOf(resolved, 'gate').map(planGate),
    ...(experiments.length > 0 && { experiments }),
    ...planPromotions(resolved, recipients),
    ...planProgram(resolved, facts.program),
    irreversible: irreversibleSteps(resolved),
    collisions: collisionsOf(resolved, facts.liveRuns),
    ...(amendment && { amendment }),
    changes: applied ? diffCampaigns(applied.campaign, resolved) : [],
    appliedRun: applied && { runId: applied.runId, revision: applied.revision, targeted: applied.targeted },
    alreadyRun,
    warnings,
  };
}

function actionOf(
  { alreadyRun, applied }: PlanFacts,
  amendment: PlannedAmendment | undefined,
): PlannedCampaign['action'] {
  if (alreadyRun) return 'none';
  if (amendment) return amendment.refused.length > 0 ? 'refused' : 'amend';
  return applied ? 'change' : 'launch';
}

function stepsOf<K extends StepKind>(campaign: ResolvedCampaign, kind: K): ResolvedStepOf<K>[] {
  return campaign.steps.filter((step): step is ResolvedStepOf<K> => step.kind === kind);
}

function planTrigger(resolved: ResolvedCampaign, facts: PlanFacts): Pick<PlannedCampaign, 'trigger' | 'underWay'> {
  const { trigger, priority = 0, exclusive } = resolved;
  if (!trigger || !facts.trigger) return {};
  const { underWay: _, ...starts } = trigger;
  const underWay = planUnderWay(resolved, facts.underWay ?? []);
  return {
    trigger: { ...starts, ...facts.trigger, priority, ...(exclusive !== undefined && { exclusive }) },
    ...(underWay && { underWay }),
  };
}

function planDelivery(step: ResolvedStepOf<'email'>, { audience, platforms }: PlanFacts): PlannedDelivery {
  const { platform } = step.email;
  const ratePerSecond = platforms[platform]?.ratePerSecond;
  return {
    step: step.id,
    platform,
    recipients: audience.reachable,
    ratePerSecond,
    seconds: ratePerSecond === undefined ? undefined : Math.ceil(audience.reachable / ratePerSecond),
    ...(step.rollout && { rollout: planRollout(step.rollout, audience.reachable) }),
  };
}

function planPromotions(campaign: ResolvedCampaign, recipients: number): { promotions?: PlannedPromotion[] } {
  const promotions = promotionsAtMost(campaign, recipients).map((cost) => {
    const missing = cost.asked.micros - cost.atMost.micros;
    const perMember = cost.points === undefined && recipients > 0 ? cost.asked.micros / recipients : 0;
    return { ...cost, without: perMember > 0 ? Math.ceil(missing / perMember) : 0 };
  });
  return promotions.length > 0 ? { promotions } : {};
}

/** What a program owes stays owed, whatever the file changes. */
function planProgram({ program }: ResolvedCampaign, facts?: ProgramFacts): { program?: PlannedProgram } {
  if (!program || !facts) return {};
  const owedAt = ({ currency, micros }: Money) => ({ currency, micros: (facts.active + facts.pending) * micros });
  const { pointValue } = program;
  const isSame = canonicalJson(pointValue) === canonicalJson(facts.pointValue);
  return { program: { ...facts, owed: owedAt(facts.pointValue), ...(!isSame && { owedThen: owedAt(pointValue) }) } };
}

/** Waves by the number of people they reach, as near as can be said before the audience is frozen. */
function planRollout(rollout: readonly RolloutEntry[], reachable: number): PlannedStage[] {
  let left = reachable;
  let wave = 0;
  return rollout.map((entry) => {
    if (entry.kind === 'checkpoint') {
      const { id, decide } = entry.checkpoint;
      return { checkpoint: id, decide: mapValues(decide, actionWords) };
    }
    wave += 1;
    const recipients = Math.min(left, recipientsOf(entry.size, reachable));
    left -= recipients;
    return { wave, recipients };
  });
}

function recipientsOf(size: WaveSize, reachable: number): number {
  if (size === 'rest') return reachable;
  return 'count' in size ? size.count : Math.round(size.share * reachable);
}

function mapValues<K extends string, V, W>(record: Record<K, V>, change: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value as V)])) as Record<K, W>;
}

/** What no abort takes back. */
export function irreversibleSteps(campaign: ResolvedCampaign): PlannedCampaign['irreversible'] {
  return [
    ...stepsOf(campaign, 'promotion').map(({ id }) => ({ step: id, what: 'a redeemed code cannot be taken back' })),
    ...(campaign.program?.rewards ?? []).flatMap(({ id, promotion }) =>
      promotion ? [{ step: rewardStep(id), what: 'a code that a member has spent points for stays valid' }] : [],
    ),
    ...stepsOf(campaign, 'email').map(({ id }) => ({ step: id, what: 'an e-mail cannot be unsent' })),
    ...stepsOf(campaign, 'experiment').map(({ id }) => ({ step: id, what: 'what visitors saw cannot be unseen' })),
  ];
}

function planGate({ id, gate }: ResolvedStepOf<'gate'>): PlannedGate {
  const { approvers, quorum, expires, onExpiry, allowAuthor } = gate;
  return { step: id, approvers, quorum, expires, onExpiry, allowAuthor };
}

/** Live runs that reach the same people, or send over the same platform while this campaign may run. */
function collisionsOf(campaign: ResolvedCampaign, liveRuns: readonly LiveRun[]): Collision[] {
  const platforms = new Set(stepsOf(campaign, 'email').map(({ email }) => email.platform));
  return liveRuns
    .map((run) => ({
      runId: run.runId,
      campaign: run.campaign,
      phase: run.phase,
      sharedMembers: run.sharedMembers,
      sharedPlatforms: overlaps(campaign.schedule, run)
        ? run.platforms.filter((name) => platforms.has(name)).sort()
        : [],
    }))
    .filter(({ sharedMembers, sharedPlatforms }) => sharedMembers > 0 || sharedPlatforms.length > 0)
    .sort((a, b) => b.sharedMembers - a.sharedMembers || (a.runId < b.runId ? -1 : 1));
}

interface Span {
  start?: string;
  end?: string;
}

/** A span without a start has begun; one without an end goes on. */
function overlaps(a: Span, b: Span): boolean {
  const endsBefore = (first: Span, second: Span) =>
    first.end !== undefined && second.start !== undefined && first.end <= second.start;
  return !endsBefore(a, b) && !endsBefore(b, a);
}

function summarise(campaigns: readonly (PlannedCampaign | InvalidCampaign)[]): PlanSummary {
  const starting = campaigns.filter(
    (campaign): campaign is PlannedCampaign => campaign.action === 'launch' || campaign.action === 'change',
  );
  const count = (action: string) => campaigns.filter((campaign) => campaign.action === action).length;
  return {
    launch: count('launch'),
    change: count('change'),
    amend: count('amend'),
    refused: count('refused'),
    none: count('none'),
    invalid: count('invalid'),
    recipients: starting.reduce((sum, { audience }) => sum + audience.reachable, 0),
    irreversibleSteps: starting.reduce((sum, { irreversible }) => sum + irreversible.length, 0),
    cost: addMoney(starting.flatMap(({ cost }) => cost)),
  };
}

function addMoney(amounts: readonly Money[]): Money[] {
  const totals = new Map<string, number>();
  for (const { currency, micros } of amounts) totals.set(currency, (totals.get(currency) ?? 0) + micros);
  return [...totals]
    .map(([currency, micros]) => ({ currency, micros }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
