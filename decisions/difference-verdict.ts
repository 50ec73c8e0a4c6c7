/** The verdict on one metric in one arm beside the control: numbers, bounds, and one sentence. */
import { batchesOf, type Contrast, contrastOf, sharesChanged } from './contrast';
import { type Critical, claimCritical, harmCritical, type Question } from './critical-value';
import type {
  Amount,
  ArmStatistics,
  CheckpointEvidence,
  ExperimentPlan,
  LookOfComparison,
  MetricMeasurement,
  MetricPlan,
} from './evidence';
import { welchDegrees } from './fixed-horizon';
import type { BareVerdict } from './judgement';
import type { Levels } from './levels';
import { conversionSplit } from './rare-events';
import { isShare, relativeLift } from './statistics';
import { verdictOfDifference } from './verdict';

/** Fewer expected conversions (or misses) an arm than this, and no normal approximation is used. */
export const LEAST_EVENTS = 20;
/** Fewer recipients an arm than this, and none is used either. */
export const LEAST_UNITS = 100;

export interface ComparisonInput {
  evidence: CheckpointEvidence;
  experiment: ExperimentPlan;
  levels: Levels;
  metric: MetricPlan;
  measurement: MetricMeasurement;
  arm: string;
}

export interface Comparison {
  verdict: BareVerdict;
  /** What the look used up; absent where no bound of the ledger was used. */
  look?: LookOfComparison;
  spent: number;
  exhausted: boolean;
}

/** Thresholds of a role as multiples of the control (relative) or distances (absolute), oriented: up is good. */
interface Thresholds {
  pass: Amount;
  fail: Amount;
  passSign: 1 | -1;
  failSign: 1 | -1;
}

const NONE: Amount = { kind: 'absolute', value: 0 };

function thresholdsOf({ role, margin = NONE }: MetricPlan, { minEffect = NONE }: ExperimentPlan): Thresholds {
  if (role === 'guardrail') return { pass: margin, fail: margin, passSign: -1, failSign: -1 };
  if (role === 'deterioration') return { pass: NONE, fail: NONE, passSign: 1, failSign: 1 };
  return { pass: margin, fail: minEffect, passSign: 1, failSign: 1 };
}

/** Judges one comparison. */
export function compareWithControl(input: ComparisonInput): Comparison {
  const { experiment, metric, measurement, arm } = input;
  const control = measurement.arms[experiment.control];
  const own = measurement.arms[arm];
  if (control && own && isShare(metric.kind) && isRare(control, own)) return rareComparison(input, { control, own });
  const adaptive = experiment.goal === 'earn' || experiment.method === 'bandit';
  const contrast = contrastOf({ kind: metric.kind, measurement, control: experiment.control, arm, adaptive });
  if (contrast.status === 'inconclusive') return undecided(input, contrast.reason);
  if (contrast.nArm < LEAST_UNITS || contrast.nControl < LEAST_UNITS)
    return undecided(input, `fewer than ${LEAST_UNITS} matured recipients in an arm`);
  return normalComparison(input, contrast);
}

/**
 * Judged by what the control's rate lets expect in both arms, so that the arm's own events never choose its test.
 * Conversions or misses, whichever are fewer.
 */
function isRare(control: ArmStatistics, arm: ArmStatistics): boolean {
  if (control.n === 0 || arm.n === 0) return false;
  return Math.min(control.sum, control.n - control.sum) * Math.min(1, arm.n / control.n) < LEAST_EVENTS;
}

type Described = Pick<BareVerdict, 'metric' | 'role' | 'kind' | 'goodDirection' | 'arm' | 'against'>;

function describe({ metric, arm, experiment }: ComparisonInput): Described {
  const { name, role, kind, goodDirection } = metric;
  return { metric: name, role, kind, goodDirection, arm, against: experiment.control };
}

function undecided(input: ComparisonInput, reason: string): Comparison {
  const own = input.measurement.arms[input.arm];
  const control = input.measurement.arms[input.experiment.control];
  const sizes = { ...(own && { n: own.n }), ...(control && { nControl: control.n }) };
  return {
    verdict: { ...describe(input), verdict: 'inconclusive', method: 'none', ...sizes, why: reason },
    spent: 0,
    exhausted: false,
  };
}

function levelsFor({ metric, levels }: ComparisonInput): {
  pass: number;
  sides: 1 | 2;
  fail: number;
  failSides: 1 | 2;
} {
  if (metric.role === 'success') return { pass: levels.success, sides: 2, fail: levels.success, failSides: 2 };
  return { pass: levels.guardrail, sides: 1, fail: levels.failing(metric), failSides: 1 };
}

function normalComparison(input: ComparisonInput, contrast: Contrast): Comparison {
  const { metric, experiment } = input;
  const good = metric.goodDirection === 'up' ? 1 : -1;
  const thresholds = thresholdsOf(metric, experiment);
  const level = levelsFor(input);
  const question = questionOf(input, contrast);
  const claim = claimCritical(question, { alpha: level.pass, sides: level.sides });
  const harm = metric.role === 'success' ? claim : harmCritical(question, level.fail);
  const pass = boundAt({ contrast, critical: claim, amount: thresholds.pass, sign: thresholds.passSign, good });
  const fail = boundAt({ contrast, critical: harm, amount: thresholds.fail, sign: thresholds.failSign, good });
  const estimate = good * contrast.estimate;
  const bounds = {
    ...(pass.half !== undefined && { lower: estimate - pass.half }),
    ...(fail.half !== undefined && { upper: estimate + fail.half }),
  };
  const word = verdictOfDifference(metric.role, { bounds, passAbove: pass.threshold, failBelow: fail.threshold });
  const standardError = contrast.errorAt(1);
  const used = claim.value === undefined ? harm : claim;
  const why = claim.value === undefined && word === 'inconclusive' ? claim.reason : undefined;
  const verdict: BareVerdict = {
    ...describe(input),
    verdict: word,
    method: used.value === undefined ? claim.method : used.method,
    estimate: contrast.estimate,
    standardError,
    ...unoriented(bounds, good),
    passAt: good * pass.threshold,
    failAt: good * fail.threshold,
    armValue: contrast.armValue,
    controlValue: contrast.controlValue,
    ...relativeOf(contrast, claim.value),
    z: contrast.estimate / standardError,
    ...(claim.value !== undefined && { bound: claim.value }),
    alpha: level.pass,
    alphaFail: level.fail,
    ...countsOf(input),
    ...(why !== undefined && { why }),
  };
  return {
    verdict,
    look: claim.look,
    spent: claim.spent,
    exhausted: claim.exhausted,
  };
}

function questionOf({ evidence, experiment, metric, measurement, arm }: ComparisonInput, contrast: Contrast): Question {
  const n = contrast.nArm + contrast.nControl;
  const all = experiment.arms.reduce((sum, name) => sum + (measurement.arms[name]?.n ?? 0), 0);
  const { variances, nArm, nControl } = contrast;
  const asMean = experiment.method === 'fixed' && metric.kind === 'mean' && variances && contrast.how === 'pooled';
  const degrees = asMean
    ? welchDegrees(
        {
          arm: { status: 'estimated', value: 0, variance: variances.arm },
          control: { status: 'estimated', value: 0, variance: variances.control },
        },
        { nControl, nArm },
      )
    : undefined;
  return {
    experiment,
    metric: metric.name,
    arm,
    looks: evidence.looks,
    final: evidence.final,
    fraction: all / experiment.maxRecipients,
    information: contrast.information,
    n,
    ...(degrees !== undefined && degrees > 0 && { degrees }),
    corrected: contrast.how === 'propensity-corrected',
  };
}

/** Half-width towards a threshold, and the threshold, oriented. A relative one takes in the error of the control it is a share of. */
function boundAt(input: { contrast: Contrast; critical: Critical; amount: Amount; sign: 1 | -1; good: 1 | -1 }): {
  half?: number;
  threshold: number;
} {
  const { contrast, critical, amount, sign, good } = input;
  const relative = amount.kind === 'relative';
  const scale = relative ? 1 + good * sign * amount.value : 1;
  const threshold = relative ? good * (scale - 1) * contrast.controlValue : sign * amount.value;
  return critical.value === undefined ? { threshold } : { half: critical.value * contrast.errorAt(scale), threshold };
}

function unoriented(
  { lower, upper }: { lower?: number; upper?: number },
  good: 1 | -1,
): { lower?: number; upper?: number } {
  const [low, high] = good === 1 ? [lower, upper] : [upper, lower];
  return {
    ...(low !== undefined && { lower: good * low }),
    ...(high !== undefined && { upper: good * high }),
  };
}

function relativeOf({ variances, armValue, controlValue }: Contrast, critical?: number): Pick<BareVerdict, 'relative'> {
  if (!variances) return {};
  const lift = relativeLift({
    arm: { status: 'estimated', value: armValue, variance: variances.arm },
    control: { status: 'estimated', value: controlValue, variance: variances.control },
  });
  if (lift.status === 'inconclusive') return {};
  const half = critical === undefined ? undefined : critical * lift.standardError;
  return {
    relative: {
      estimate: lift.estimate,
      ...(half !== undefined && { lower: lift.estimate - half, upper: lift.estimate + half }),
    },
  };
}

function countsOf({ metric, measurement, arm, experiment }: ComparisonInput): Partial<BareVerdict> {
  const own = measurement.arms[arm];
  const control = measurement.arms[experiment.control];
  const share = isShare(metric.kind);
  return {
    ...(own && { n: own.n, ...(share && { events: own.sum }) }),
    ...(control && { nControl: control.n, ...(share && { eventsControl: control.sum }) }),
  };
}

/** Few events: exact, by the split of conversions between the arms (or of misses, where nearly everybody converts). */
function rareComparison(
  input: ComparisonInput,
  { control, own }: { control: ArmStatistics; own: ArmStatistics },
): Comparison {
  const { metric, experiment, measurement, arm } = input;
  if (sharesChanged(batchesOf({ measurement, control: experiment.control, arm })))
    return undecided(input, `fewer than ${LEAST_EVENTS} conversions an arm while shares change`);
  const good = metric.goodDirection === 'up' ? 1 : -1;
  const misses = control.n - control.sum < control.sum;
  const thresholds = thresholdsOf(metric, experiment);
  const level = levelsFor(input);
  const split = (alpha: number) => {
    const count = ({ n, sum }: ArmStatistics) => ({ n, events: misses ? n - sum : sum });
    const interval = conversionSplit({ control: count(control), arm: count(own), alpha: Math.min(0.999, alpha) });
    return misses
      ? { ...interval, lower: -interval.upper, upper: -interval.lower, estimate: -interval.estimate }
      : interval;
  };
  const claim = split(level.sides === 2 ? level.pass : 2 * level.pass);
  const harm = split(level.failSides === 2 ? level.fail : 2 * level.fail);
  const controlValue = control.sum / control.n;
  const oriented = (amount: Amount, sign: 1 | -1) =>
    sign * amount.value * (amount.kind === 'relative' ? controlValue : 1);
  const passAbove = oriented(thresholds.pass, thresholds.passSign);
  const failBelow = oriented(thresholds.fail, thresholds.failSign);
  const bounds = good === 1 ? { lower: claim.lower, upper: harm.upper } : { lower: -claim.upper, upper: -harm.lower };
  const verdict: BareVerdict = {
    ...describe(input),
    verdict: verdictOfDifference(metric.role, { bounds, passAbove, failBelow }),
    method: 'conversion-split',
    estimate: claim.estimate,
    ...unoriented(bounds, good),
    passAt: good * passAbove,
    failAt: good * failBelow,
    armValue: own.sum / own.n,
    controlValue,
    pValue: claim.pValue,
    alpha: level.pass,
    alphaFail: level.fail,
    ...countsOf(input),
  };
  return { verdict, spent: 0, exhausted: false };
}
