import { present } from './present';
import type { CheckpointStep, Money, ResolvedCampaign } from './resolved';
import type { Adjustment, CheckpointAction, ResolvedCheckpoint, RolloutEntry } from './resolved-measuring';
import { plainActions } from './schema/rollout';
import type { WrittenStep } from './write-input';
import { writeDuration } from './written/duration';
import { writeEffect } from './written/effect';
import { writeLocalTime } from './written/local-time';
import { writeAmount } from './written/money';
import { writePercentage } from './written/percentage';
import { writeWaveSize } from './written/wave-size';

type WrittenRollout = NonNullable<WrittenStep['rollout']>;
type WrittenCheckpoint = NonNullable<WrittenRollout[number]['checkpoint']>;
type WrittenForecast = NonNullable<WrittenStep['checkpoint']>;
type WrittenAction = WrittenCheckpoint['decide']['pass'];
type PlainAction = (typeof plainActions)[number];

export function writeRollout(campaign: ResolvedCampaign, rollout: RolloutEntry[]): WrittenRollout {
  return rollout.map((entry, index) =>
    entry.kind === 'wave'
      ? { wave: writeWaveSize(entry.size) }
      : { checkpoint: writeCheckpoint(campaign, entry.checkpoint, index) },
  );
}

function writeCheckpoint(campaign: ResolvedCampaign, checkpoint: ResolvedCheckpoint, index: number): WrittenCheckpoint {
  const { id, after, quality, requireGuardrails, decide, hold } = checkpoint;
  const act = (state: keyof typeof decide) => writeAction(campaign, decide[state]);
  return {
    ...present({ id: id === `checkpoint-${index}` ? undefined : id }),
    after: writeAfter(campaign, after),
    quality: {
      srm: writePercentage(quality.srm.alpha),
      srmMethod: quality.srm.method,
      multipleExposure: writePercentage(quality.multipleExposure),
      mustHaveData: quality.mustHaveData,
      minUnits: quality.minUnitsPerArm,
      minEvents: quality.minEventsPerArm,
    },
    requireGuardrails,
    decide: {
      pass: act('pass'),
      fail: act('fail'),
      invalid: act('invalid'),
      error: act('error'),
      inconclusive: act('inconclusive'),
    },
    ...present({ hold: writeHold(hold) }),
  };
}

export function writeForecast(
  campaign: ResolvedCampaign,
  { after, when, then, error, hold }: CheckpointStep['checkpoint'],
): WrittenForecast {
  const { forecast, below, above } = when;
  return {
    after: writeAfter(campaign, after),
    when: {
      forecast,
      ...present({
        below: below === undefined ? undefined : writePercentage(below),
        above: above === undefined ? undefined : writePercentage(above),
      }),
    },
    then: writeAction(campaign, then),
    error: writeAction(campaign, error),
    ...present({ hold: writeHold(hold) }),
  };
}

/** Where no action holds, nobody is named. */
function writeHold({ expires, ...hold }: ResolvedCheckpoint['hold']): WrittenCheckpoint['hold'] {
  return hold.approvers.length === 0 ? undefined : { ...hold, expires: writeDuration(expires) };
}

function writeAfter({ schedule }: ResolvedCampaign, after: ResolvedCheckpoint['after']): WrittenForecast['after'] {
  const { minTime, maturity, time, timeout, ...rest } = after;
  return {
    ...rest,
    ...present({
      minTime: minTime === undefined ? undefined : writeDuration(minTime),
      maturity: maturity === undefined ? undefined : writePercentage(maturity),
      time: time && writeLocalTime(time, schedule.timezone),
    }),
    timeout: writeDuration(timeout),
  };
}

function writeAction(campaign: ResolvedCampaign, action: CheckpointAction): WrittenAction {
  if (action.do === 'wait') return { wait: writeDuration(action.for), max: action.max, then: plain(action.then) };
  if (action.do === 'extend') return { extend: writeDuration(action.by), max: action.max, then: plain(action.then) };
  if (action.do !== 'adjust') return plain(action);
  const [adjustment] = action.adjustments;
  if (!adjustment) throw new RangeError('an adjustment adjusts nothing');
  return {
    adjust: writeAdjustment(campaign, adjustment),
    ...present({ approve: action.approve }),
    then: plain(action.then),
  };
}

function plain(action: CheckpointAction): PlainAction {
  if (action.do === 'promote') return action.what === 'wave' ? 'promote' : `promote-${action.what}`;
  const word = plainActions.find((known) => known === action.do);
  if (word === undefined) throw new RangeError(`"${action.do}" cannot follow another action`);
  return word;
}

type WrittenAdjust = NonNullable<Exclude<WrittenAction, string>['adjust']>;

function writeAdjustment({ schedule, budget }: ResolvedCampaign, adjustment: Adjustment): WrittenAdjust {
  if (adjustment.what === 'end')
    return { end: writeDuration(adjustment.by), latest: writeLocalTime(adjustment.latest, schedule.timezone) };
  if (adjustment.what === 'budget') {
    const { line, from, by, bounds } = adjustment;
    const currency = budget?.total.currency;
    return {
      budget: line,
      ...present({ from }),
      by: writeEffect(by, { signed: true, currency }),
      bounds: bounds.map((bound: Money) => writeAmount(bound)),
    };
  }
  const what = adjustment.what === 'weights' ? { arm: adjustment.arm } : { audience: 'wave' as const };
  return { ...what, by: writeEffect(adjustment.by, { signed: true }), bounds: adjustment.bounds.map(writePercentage) };
}
