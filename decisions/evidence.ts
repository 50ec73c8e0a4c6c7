/**
 * What a checkpoint hands to `judge`. Everything is plain JSON: no classes, no maps, no infinite numbers.
 * Shares, rates and margins are fractions (0.003 is 0.3 %), never per cent.
 */
import type { ForecastInput } from './forecast-input';

/** What a metric decides: see the table of metric verdicts in `verdict.ts`. An `observe` metric never acts. */
export type MetricRole = 'success' | 'guardrail' | 'deterioration' | 'quality' | 'observe';

/**
 * proportion: 0 or 1 a recipient. mean: a number a recipient (zeros included, capped before it comes here).
 * ratio: sum of one number over sum of another, both a recipient. rate-limit: a proportion held against an absolute maximum.
 * count: evaluations of a flag, of which one recipient makes many; observed and never compared.
 */
export type MetricKind = 'proportion' | 'mean' | 'ratio' | 'rate-limit' | 'count';

/** An amount of difference: absolute in the metric's own unit, or relative to the control (0.08 is 8 % of it). Not negative. */
export interface Amount {
  kind: 'relative' | 'absolute';
  value: number;
}

/** Moments of a covariate measured before the send (CUPED): Σx, Σx², Σxy. */
export interface CovariateMoments {
  sum: number;
  sumSquares: number;
  cross: number;
}

/** Moments of the denominator of a ratio: Σd, Σd², Σyd. */
export interface DenominatorMoments {
  sum: number;
  sumSquares: number;
  cross: number;
}

/**
 * Sufficient statistics of one arm: n matured recipients, Σy and Σy² over them. For a proportion Σy = Σy² = conversions.
 * For a count Σy = Σy² = evaluations counted, and n those of the experiment's own flag.
 */
export interface ArmStatistics {
  n: number;
  sum: number;
  sumSquares: number;
  covariate?: CovariateMoments;
  denominator?: DenominatorMoments;
}

/** One arm as measured; `delivered` counts those who got the message, mature or not, and is only told in reasons. */
export interface ArmMeasurement extends ArmStatistics {
  delivered?: number;
}

/** How a metric is to be judged. */
export interface MetricPlan {
  name: string;
  role: MetricRole;
  kind: MetricKind;
  goodDirection: 'up' | 'down';
  /** Guardrail: how much worse than the control is tolerated (default 0). Success: how much better is asked (default 0). */
  margin?: Amount;
  /** Absolute limits of each arm alone, in the metric's own unit. A rate-limit has `max`. */
  max?: number;
  min?: number;
  /** Level of this metric's own abort test; default: `alphaAbort` shared out over all metrics that can fail. */
  alpha?: number;
  /** `abort`: a failure of an absolute limit acts before data quality is looked at. A rate-limit always does. */
  onFail?: 'abort';
}

/** Statistics of one wave (a batch with constant shares), needed wherever shares changed from wave to wave. */
export interface WaveMeasurement {
  wave: string;
  /** Logged probability of each arm, summing to at most 1 (the rest is holdout). */
  propensity: Record<string, number>;
  arms: Record<string, ArmStatistics>;
}

/** measured; stale: the source lags behind its watermark; error: could not be taken after all tries; missing: nobody gave data. */
export type MeasurementStatus = 'measured' | 'stale' | 'error' | 'missing';

export interface MetricMeasurement {
  metric: string;
  status: MeasurementStatus;
  /** By arm; a checkpoint without experiment has one entry, of any name. */
  arms: Record<string, ArmMeasurement>;
  waves?: WaveMeasurement[];
  /** Plain words about a status other than `measured`; of a count, what was counted. */
  detail?: string;
}

export type Spending = { kind: 'obrien-fleming' } | { kind: 'power'; phi: number };

export interface BanditPlan {
  /** Smallest share of an arm; floor × arms < 1. */
  floor: number;
  /** Burn-in of each arm before shares move; default 100 recipients and 40 conversions. */
  minUnits?: number;
  minConversions?: number;
  /** Stop when the 95th percentile of the value remaining is below this share of the best; default 0.01. */
  stopBelow?: number;
}

export interface ExperimentPlan {
  /** learn: a lift may be claimed. earn: shares follow the results, nothing is claimed. */
  goal: 'learn' | 'earn';
  method: 'group-sequential' | 'always-valid' | 'fixed' | 'bandit';
  /** Of group-sequential; default O'Brien–Fleming. */
  spending?: Spending;
  /** Two-sided level of all success claims together; shared out as alpha / (success metrics × (arms − 1)). */
  alpha: number;
  /** Level of all abort tests together, one-sided. */
  alphaAbort: number;
  power: number;
  /** The smallest effect that would pay; below it a success metric is futile. */
  minEffect?: Amount;
  /** Planned maximum of matured recipients over all compared arms (without holdout). Fixed before the start. */
  maxRecipients: number;
  /** Compared arms, control included, holdout not; at least two. Never shortened when an arm is dropped: see `excluded`. */
  arms: string[];
  control: string;
  /** No arm is the incumbent: when every other arm is worse, the control is the winner and the state is pass. Default false. */
  controlMayWin?: boolean;
  bandit?: BanditPlan;
}

/** Members by arm of one wave beside the shares they were drawn with. */
export interface WaveCounts {
  wave: string;
  weights: Record<string, number>;
  counts: Record<string, number>;
}

export interface QualityEvidence {
  /** Who was drawn into which arm. The holdout may be among them. */
  assigned: WaveCounts[];
  /** Whom a message reached; a difference between arms here is a difference in bounces. */
  delivered?: WaveCounts[];
  /** Whose attribution window has closed. */
  matured?: WaveCounts[];
  srmAlpha: number;
  srmMethod: 'sequential' | 'chi-square';
  /** Share of recipients seen in more than one arm, and the most that is tolerated. */
  multipleExposure?: { share: number; limit: number };
  /** Missing or too few data make the checkpoint invalid, rather than inconclusive. */
  mustHaveData: boolean;
  minUnitsPerArm?: number;
  /** Conversions per arm, of success metrics that are proportions. */
  minEventsPerArm?: number;
}

/** Information and share of alpha's clock that one comparison had used at a look. */
export interface LookOfComparison {
  /** Spending time in (0,1]: matured recipients over the planned maximum, at most 1. */
  fraction: number;
  /** n_A·n_B/(n_A+n_B), in recipients; only ratios between looks matter. */
  information: number;
}

/**
 * One line of the alpha ledger: what a look at the data used up. `Judgement.look` is to be kept and handed back in `looks`.
 * Looking again at the same data (a retry, a replay) uses nothing: the fractions are equal and the bounds the same.
 */
export interface Look {
  /** Largest fraction of all comparisons. */
  fraction: number;
  final: boolean;
  /** By metric, then by arm; a comparison that was not made is absent. */
  comparisons: Record<string, Record<string, LookOfComparison>>;
}

/** An objective as seen from a checkpoint. Its forecast is always shown; it acts only with a threshold and role guardrail. */
export interface ObjectiveEvidence {
  name: string;
  role: 'guardrail' | 'observe';
  /** Fails when the probability of reaching the target is below this. */
  failBelow?: number;
  forecast: ForecastInput;
}

export interface CheckpointEvidence {
  /** Absent: one group is judged, by absolute limits and forecasts only. */
  experiment?: ExperimentPlan;
  metrics: MetricPlan[];
  measurements: MetricMeasurement[];
  quality: QualityEvidence;
  objectives?: ObjectiveEvidence[];
  /** Earlier looks of the same experiment and epoch, oldest first. */
  looks: Look[];
  /** The last look: what is not shown now will not be shown. */
  final: boolean;
  /** nonInferior: guardrails must be proven. notFailed: they must not have failed, for letting the next wave go. */
  requireGuardrails: 'nonInferior' | 'notFailed';
  /** Arms dropped earlier. They are not judged, but stay in the number that alpha is shared over. */
  excluded?: string[];
  /** Level for limits where there is no experiment; default 0.05. */
  alphaAbort?: number;
}
