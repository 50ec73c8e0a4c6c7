/**
 * What a changed file means to a run that is under way. Pure. The schema says of each field whether a change is `live`,
 * counts from the `next-step`, or is `fixed`; where each step stands says what that comes to.
 */
import { amendTagOf } from './amend-rules';
import { type Change, diffCampaigns } from './diff';
import { type Keyed, keyedCampaign, unkeyedCampaign } from './keyed-campaign';
import type { FileReference, ResolvedCampaign, ResolvedStep } from './resolved';
import type { GateState, StepState } from './run-status';
import type { AmendRule } from './schema/field';

/** Where a run stands. */
export interface Standing {
  steps: Record<string, StepState>;
  gates: Record<string, GateState>;
}

export interface AmendedChange extends Change {
  rule: AmendRule;
  /**
   * at-once: holds for whatever has not happened. next-step: holds once the step begins, or the next run. withdrawn: a
   * step that has begun is stopped and undone as far as it can be. none: too late for this run. refused: this run cannot
   * take it.
   */
  effect: 'at-once' | 'next-step' | 'withdrawn' | 'none' | 'refused';
  /** The step it is about; absent: the campaign. */
  step?: string;
  approvals?: 'kept';
}

export interface Amendment {
  /** What the run goes by from now on: the new file, but what has begun stays as its rules say. */
  campaign: ResolvedCampaign;
  changes: AmendedChange[];
  /** Gates whose approval no longer covers what follows them; they are asked again. */
  voids: string[];
  /** Steps that have begun and are no longer in the file. */
  withdrawn: string[];
}

/** Steps that a run knows nothing of have not begun. */
function stateIn({ steps }: Standing, id: string): StepState {
  return (Object.hasOwn(steps, id) ? steps[id] : undefined) ?? 'waiting';
}

const finished: readonly StepState[] = ['done', 'skipped', 'failed', 'cancelled'];

export function amendmentOf(before: ResolvedCampaign, after: ResolvedCampaign, standing: Standing): Amendment {
  const changes = diffCampaigns(before, after).map((change) => judge(change, before, standing));
  const withdrawn = changes.flatMap(({ effect, step }) => (effect === 'withdrawn' && step ? [step] : []));
  const campaign = merge(before, after, { changes, standing });
  return { campaign, changes, withdrawn, voids: voidedGates(campaign, changes, standing) };
}

function judge(change: Change, before: ResolvedCampaign, standing: Standing): AmendedChange {
  const { amend: rule, approvals } = amendTagOf(change);
  const [top, id, inner] = change.path.split('.');
  const step = top === 'steps' ? id : undefined;
  const judged = { ...change, rule, ...(step !== undefined && { step }), ...(approvals && { approvals }) };
  if (step === undefined) return { ...judged, effect: effectOnRun[rule] };
  const state = stateIn(standing, step);
  if (inner === undefined && change.kind === 'added') return { ...judged, effect: 'next-step' };
  if ((inner === undefined || inner === 'kind') && isAskedGate(before, step, standing))
    return { ...judged, effect: 'refused' };
  if (inner === 'needs' && isAskedGate(before, step, standing)) return { ...judged, effect: 'none' };
  if (state === 'waiting') return { ...judged, effect: 'next-step' };
  if (inner === undefined && finished.includes(state) && state !== 'done') return { ...judged, effect: 'none' };
  if (inner === undefined) return { ...judged, effect: 'withdrawn' };
  if (inner === 'kind') return { ...judged, effect: 'refused' };
  if (finished.includes(state)) return { ...judged, effect: 'none' };
  return { ...judged, effect: rule === 'live' ? 'at-once' : 'none' };
}

/** What a change of the campaign itself, and not of a step, comes to. */
const effectOnRun = { live: 'at-once', 'next-step': 'next-step', fixed: 'refused' } as const;

/** Approvals hang on a gate that was asked, even if it waits to be asked again; without it nothing could be approved again. */
function isAskedGate(campaign: ResolvedCampaign, id: string, { gates }: Standing): boolean {
  return campaign.steps.some((step) => step.id === id && step.kind === 'gate') && Object.hasOwn(gates, id);
}

function merge(
  before: ResolvedCampaign,
  after: ResolvedCampaign,
  { changes, standing }: { changes: AmendedChange[]; standing: Standing },
): ResolvedCampaign {
  const was = keyedCampaign(before);
  const becomes = keyedCampaign(after);
  const kept = new Map<string, unknown>();
  for (const [id, step] of Object.entries(was.steps as Keyed)) {
    if (stateIn(standing, id) === 'waiting') {
      // What was asked about may be under way: the gate stays before it, whatever else it asks now.
      const { needs } = step as ResolvedStep;
      if (isAskedGate(before, id, standing)) kept.set(id, { ...((becomes.steps as Keyed)[id] as ResolvedStep), needs });
      continue;
    }
    const own = changes.filter((change) => change.step === id && change.effect === 'at-once');
    kept.set(
      id,
      renamedFiles(
        own.reduce((held, change) => withChange(held, change), step),
        after,
      ),
    );
  }
  const steps = { ...(becomes.steps as Keyed), ...Object.fromEntries(kept) };
  const gone = [...kept.keys()].filter((id) => !(id in (becomes.steps as Keyed)));
  return unkeyedCampaign({ ...becomes, steps, order: [...gone, ...(becomes.order as string[])] });
}

function withChange(step: unknown, { path, after }: AmendedChange): unknown {
  return withValue(step as Keyed, path.split('.').slice(2), after);
}

function withValue(holder: Keyed, [key = '', ...rest]: string[], value: unknown): Keyed {
  if (rest.length > 0) return { ...holder, [key]: withValue((holder[key] ?? {}) as Keyed, rest, value) };
  const { [key]: _, ...others } = holder;
  return value === undefined ? others : { ...others, [key]: value };
}

/** A file that a kept step still means, although the campaign has another one of this name now, is named by its content. */
function renamedFiles(value: unknown, after: ResolvedCampaign): unknown {
  const taken = new Map(referencesIn(after).map(({ path, sha256 }) => [path, sha256]));
  const rename = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(rename);
    if (typeof inner !== 'object' || inner === null) return inner;
    if (!isReference(inner)) return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, rename(each)]));
    const other = taken.get(inner.path);
    return other === undefined || other === inner.sha256 ? inner : { ...inner, path: keptPath(inner) };
  };
  return rename(value);
}

export function keptPath({ path, sha256 }: FileReference): string {
  return path.startsWith(`${sha256.slice(0, 12)}/`) ? path : `${sha256.slice(0, 12)}/${path}`;
}

/** Every file that a definition refers to. */
export function referencesIn(value: unknown): FileReference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return isReference(value) ? [value] : Object.values(value).flatMap(referencesIn);
}

function isReference(value: object): value is FileReference {
  return 'path' in value && 'sha256' in value && typeof value.path === 'string' && typeof value.sha256 === 'string';
}

/** Approvals whose content changed: something that comes after the gate and has not happened is other than approved. */
function voidedGates(campaign: ResolvedCampaign, changes: AmendedChange[], standing: Standing): string[] {
  const changing = changes.filter(
    ({ effect, approvals }) => approvals !== 'kept' && (effect === 'at-once' || effect === 'next-step'),
  );
  const isOpen = ({ id }: ResolvedStep) => !finished.includes(stateIn(standing, id));
  return campaign.steps.flatMap((gate) => {
    if (gate.kind !== 'gate' || standing.gates[gate.id] !== 'approved') return [];
    const after = stepsAfter(campaign, gate.id);
    if (!after.some(isOpen)) return [];
    const covers = (change: AmendedChange) =>
      change.step === undefined || change.kind === 'removed' || after.some(({ id }) => id === change.step);
    return changing.some(covers) ? [gate.id] : [];
  });
}

function stepsAfter(campaign: ResolvedCampaign, id: string): ResolvedStep[] {
  const found = new Set<string>();
  const visit = (needed: string) => {
    for (const step of campaign.steps)
      if (step.needs.includes(needed) && !found.has(step.id)) {
        found.add(step.id);
        visit(step.id);
      }
  };
  visit(id);
  return campaign.steps.filter((step) => found.has(step.id));
}
