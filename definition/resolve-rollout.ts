import type { PlacedStep } from './check/authored';
import { placeKey } from './check/time-checks';
import { present } from './present';
import type { ResolveInput } from './resolve-input';
import type { CheckpointStep } from './resolved';
import type { Adjustment, CheckpointAction, Effect, ResolvedCheckpoint, RolloutEntry } from './resolved-measuring';
import type { AuthoredStep } from './schema/campaign';
import type { Path } from './source/place';
import { moneyPattern, readMoney } from './written/money';
import { readPercentage } from './written/percentage';

type AuthoredRollout = NonNullable<AuthoredStep['rollout']>;
type AuthoredCheckpoint = NonNullable<AuthoredRollout[number]['checkpoint']>;
type AuthoredForecast = NonNullable<AuthoredStep['checkpoint']>;
type AuthoredAction = AuthoredCheckpoint['decide']['pass'];
type PlainAction = Extract<AuthoredAction, string>;

/** Waves and checkpoints in order; a checkpoint without an id is called after its place. */
export function resolveRollout(input: ResolveInput, { step, path }: PlacedStep): RolloutEntry[] | undefined {
  return step.rollout?.map((entry, index): RolloutEntry => {
    if (entry.wave !== undefined) return { kind: 'wave', size: entry.wave };
    if (!entry.checkpoint) throw new RangeError('rollout was not checked');
    const at: Path = [...path, 'rollout', index, 'checkpoint'];
    return { kind: 'checkpoint', checkpoint: resolveCheckpoint(input, entry.checkpoint, { index, at }) };
  });
}

function resolveCheckpoint(
  input: ResolveInput,
  checkpoint: AuthoredCheckpoint,
  { index, at }: { index: number; at: Path },
): ResolvedCheckpoint {
  const { quality, decide } = checkpoint;
  const act = (state: keyof typeof decide) => resolveAction(input, decide[state], [...at, 'decide', state]);
  return {
    id: checkpoint.id ?? `checkpoint-${index}`,
    after: resolveAfter(input, checkpoint.after, at),
    quality: {
      srm: { alpha: quality.srm, method: quality.srmMethod },
      multipleExposure: quality.multipleExposure,
      mustHaveData: quality.mustHaveData,
      minUnitsPerArm: quality.minUnits,
      minEventsPerArm: quality.minEvents,
    },
    requireGuardrails: checkpoint.requireGuardrails,
    decide: {
      pass: act('pass'),
      fail: act('fail'),
      invalid: act('invalid'),
      error: act('error'),
      inconclusive: act('inconclusive'),
    },
    hold: checkpoint.hold ?? nobodyHolds,
  };
}

/** Where no action holds, nobody needs to be named. */
const nobodyHolds: ResolvedCheckpoint['hold'] = {
  approvers: [],
  quorum: 1,
  expires: 0,
  onExpiry: 'pause',
  onReject: 'end-early',
};

/** A checkpoint that is a step of its own. */
export function resolveForecast(
  input: ResolveInput,
  { path }: PlacedStep,
  checkpoint: AuthoredForecast,
): CheckpointStep['checkpoint'] {
  const at: Path = [...path, 'checkpoint'];
  const { forecast, below, above } = checkpoint.when;
  return {
    after: resolveAfter(input, checkpoint.after, at),
    when: { forecast, ...present({ below, above }) },
    then: resolveAction(input, checkpoint.then, [...at, 'then']),
    error: resolveAction(input, checkpoint.error, [...at, 'error']),
    hold: checkpoint.hold ?? nobodyHolds,
  };
}

function resolveAfter(input: ResolveInput, after: AuthoredForecast['after'], at: Path): ResolvedCheckpoint['after'] {
  const { minRecipients, minEvents, minTime, maturity, event, timeout } = after;
  const time = input.times.others.get(placeKey([...at, 'after', 'time']));
  return { timeout, ...present({ minRecipients, minEvents, minTime, maturity, time, event }) };
}

function resolveAction(input: ResolveInput, action: AuthoredAction, at: Path): CheckpointAction {
  if (typeof action === 'string') return plain(action);
  const { wait, extend, adjust, approve, max = 1 } = action;
  const then = plain(action.then);
  if (wait !== undefined) return { do: 'wait', for: wait, max, then };
  if (extend !== undefined) return { do: 'extend', by: extend, max, then };
  if (!adjust) throw new RangeError('action was not checked');
  const latest = input.times.others.get(placeKey([...at, 'adjust', 'latest']));
  return { do: 'adjust', adjustments: [resolveAdjustment(adjust, latest)], ...present({ approve }), then };
}

function plain(action: PlainAction): CheckpointAction {
  if (action === 'promote') return { do: 'promote', what: 'wave' };
  if (action === 'promote-winner') return { do: 'promote', what: 'winner' };
  if (action === 'promote-control') return { do: 'promote', what: 'control' };
  return { do: action };
}

type AuthoredAdjust = NonNullable<Exclude<AuthoredAction, string>['adjust']>;

function resolveAdjustment(adjust: AuthoredAdjust, latest: string | undefined): Adjustment {
  if (adjust.end !== undefined) {
    if (latest === undefined) throw new RangeError('latest end was not checked');
    return { what: 'end', by: adjust.end, latest };
  }
  const by: Effect = adjust.by ?? { kind: 'absolute', value: 0 };
  const [low = '', high = ''] = adjust.bounds ?? [];
  if (adjust.budget !== undefined)
    return {
      what: 'budget',
      line: adjust.budget,
      ...present({ from: adjust.from }),
      by,
      bounds: [moneyOf(low), moneyOf(high)],
    };
  if (adjust.arm !== undefined) return { what: 'weights', arm: adjust.arm, by, bounds: [shareOf(low), shareOf(high)] };
  return { what: 'audience', by, bounds: [shareOf(low), shareOf(high)] };
}

function moneyOf(text: string) {
  const money = moneyPattern.test(text) ? readMoney(text) : undefined;
  if (!money?.ok) throw new RangeError('bounds were not checked');
  return money.value;
}

function shareOf(text: string): number {
  const share = readPercentage(text);
  if (!share.ok) throw new RangeError('bounds were not checked');
  return share.value;
}
