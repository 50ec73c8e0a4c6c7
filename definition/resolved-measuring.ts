/**
 * What a campaign says about measuring and deciding, resolved: metrics, experiments, rollouts, checkpoints, objectives.
 * Types only (see resolved.ts). The words are those of the campaign file; statistics.md names their papers.
 */
import type { FileReference, Instant, Milliseconds, Money, ResolvedSender } from './resolved';

/**
 * success: may win, and must when something is to be promoted. guardrail: must not get worse by more than its margin, or
 * over its limit. deterioration: must not get significantly worse. quality: makes the data invalid when it fails.
 * observe: recorded, never acts.
 */
export type MetricRole = 'success' | 'guardrail' | 'deterioration' | 'quality' | 'observe';
/** proportion: members with at least one event. mean: sum per member, zeros included. ratio: sum by `per`. rate-limit: proportion against an absolute limit. count: evaluations of a flag, which are no people. */
export type MetricKind = 'proportion' | 'mean' | 'ratio' | 'rate-limit' | 'count';

/** Kinds of the book of events. A `converted` event may carry its amount of money. */
export type EventKind =
  | 'delivered'
  | 'bounced'
  | 'complained'
  | 'unsubscribed'
  | 'clicked'
  | 'opened'
  | 'exposed'
  | 'converted'
  | 'revenue'
  | 'refund';

/** What a metric counts; `revenue` is the money of `converted` and `revenue` events less that of `refund` events. */
export type MetricEvent = Exclude<EventKind, 'exposed'>;

/** A difference that matters: a share of the control's value, or absolute (a share for proportions, micros for money). */
export interface Effect {
  kind: 'relative' | 'absolute';
  value: number;
}

export interface ResolvedMetric {
  name: string;
  role: MetricRole;
  kind: MetricKind;
  /**
   * The book of events, a key of `sources` in `volante.yaml` (with a query file for SQL), or a flag platform, which counts
   * evaluations of `flag` (absent: the experiment's own) by variant.
   */
  from: { events: MetricEvent } | { source: string; query?: FileReference } | { platform: string; flag?: string };
  /** Denominator of a ratio. */
  per?: MetricEvent;
  /** Ids of the steps that it measures; absent: every step with an audience. */
  steps?: string[];
  /** Attribution: only events this long after the delivery count, and only members whose window has closed are measured. 0 of a count: it waits for nobody. */
  window: Milliseconds;
  goodDirection: 'up' | 'down';
  margin?: Effect;
  /** Limit of a rate-limit (share), or of a ratio (micros or plain). */
  max?: number;
  /** Most that one member counts; its currency is the metric's. */
  cap?: Money;
  /** The same metric in this span before the delivery makes the estimate sharper (CUPED). */
  covariate?: Milliseconds;
  alpha?: number;
  onFail?: 'abort';
  /** What the control usually has (share or units), for planning only. */
  usual?: number;
  /** Source of events whose watermark must be at most `freshness` behind; older: the checkpoint is invalid. */
  fresh?: { source: string; within: Milliseconds };
}

export type Spending = { kind: 'obrien-fleming' } | { kind: 'power'; phi: number };

export interface ResolvedExperiment {
  /** learn: a lift may be claimed. earn: the waves follow the money, nothing is claimed. */
  goal: 'learn' | 'earn';
  method: 'group-sequential' | 'always-valid' | 'fixed' | 'bandit';
  spending: Spending;
  /** Two-sided error over all looks, success metrics and arms. */
  alpha: number;
  /** Error of the tests that stop a campaign. */
  alphaAbort: number;
  power: number;
  minEffect?: Effect;
  /** Planned maximum over all arms; absent: everybody who can be reached. */
  maxRecipients?: number;
  control: string;
  /** Salt of the assignment; the same salt gives the same people the same arms. */
  salt: string;
  bandit: { floor: number; minUnits: number; minConversions: number };
}

/** A variant of a message; what it leaves out is as in the message itself. */
export interface EmailArm {
  name: string;
  /** Share of the recipients in [0, 1]; shares add up to 1. */
  share: number;
  subject?: string;
  preheader?: string;
  template?: FileReference & { format: 'mjml' | 'html' };
  text?: FileReference;
  sender?: ResolvedSender;
  /** `HH:MM` in the recipient's own zone. */
  sendTime?: string;
}

export interface FlagArm {
  name: string;
  share: number;
}

/** A share of the audience released together: of all members, a number of them, or all that are left. */
export type WaveSize = { share: number } | { count: number } | 'rest';

export type CheckpointState = 'pass' | 'fail' | 'invalid' | 'error' | 'inconclusive';

/** What a checkpoint may do. `hold` asks people; nothing else than a declared `promote`, or a person, goes on. */
export type CheckpointAction =
  | { do: 'promote'; what: 'wave' | 'winner' | 'control' }
  /** Takes the arms that failed out of the coming waves; aborts when that leaves none but them. */
  | { do: 'drop-arms' }
  | { do: 'hold' }
  | { do: 'pause' }
  | { do: 'abort' }
  /** Sends no further wave; what is sent stays sent and the run goes on. */
  | { do: 'end-early' }
  | { do: 'wait'; for: Milliseconds; max: number; then: CheckpointAction }
  /** Moves the end of the campaign and looks again after as long. */
  | { do: 'extend'; by: Milliseconds; max: number; then: CheckpointAction }
  | { do: 'adjust'; adjustments: Adjustment[]; approve?: string[]; then: CheckpointAction };

/** A bounded change while the campaign runs. */
export type Adjustment =
  /** `budget.<line>`: by a share of it or an amount; taken from `from` (default: total's rest), kept within `bounds`. */
  | { what: 'budget'; line: string; from?: string; by: Effect; bounds: [Money, Money] }
  | { what: 'end'; by: Milliseconds; latest: Instant }
  /** Share of the audience that the coming wave gets. */
  | { what: 'audience'; by: Effect; bounds: [number, number] }
  | { what: 'weights'; arm: string; by: Effect; bounds: [number, number] };

export interface ResolvedCheckpoint {
  id: string;
  /** All that is named must hold before it judges; the time-out ends the waiting. */
  after: {
    minRecipients?: number;
    minEvents?: number;
    minTime?: Milliseconds;
    /** Share of the released members whose attribution windows have closed. */
    maturity?: number;
    time?: Instant;
    /** Name of an external event that somebody reports with `volante signal`. */
    event?: string;
    timeout: Milliseconds;
  };
  quality: {
    srm: { alpha: number; method: 'sequential' | 'chi-square' };
    multipleExposure: number;
    mustHaveData: boolean;
    minUnitsPerArm: number;
    minEventsPerArm: number;
  };
  requireGuardrails: 'non-inferior' | 'not-failed';
  decide: Record<CheckpointState, CheckpointAction>;
  hold: {
    approvers: string[];
    quorum: number;
    expires: Milliseconds;
    /** What happens when nobody answers, and when somebody says no. Never a promotion. */
    onExpiry: 'pause' | 'abort' | 'end-early';
    onReject: 'pause' | 'abort' | 'end-early';
  };
}

export type RolloutEntry = { kind: 'wave'; size: WaveSize } | { kind: 'checkpoint'; checkpoint: ResolvedCheckpoint };

export interface ResolvedObjective {
  id: string;
  metric: string;
  /** Micros for money, else a plain number. */
  target: number;
  currency?: string;
  by: Instant;
}

export interface ResolvedBudget {
  total: Money;
  lines: Record<string, Money>;
  /** By line: most that may be reserved within any such window. */
  pacing?: Record<string, Pace>;
}

export interface Pace {
  amount: Money;
  per: Milliseconds;
}
