/** Few events: an exact comparison, by the split of conversions between two arms. */
import {
  type Comparison,
  type ComparisonInput,
  countsOf,
  describe,
  LEAST_EVENTS,
  levelsFor,
  thresholdsOf,
  undecided,
  unoriented,
} from './comparison';
import { batchesOf, sharesChanged } from './contrast';
import type { Amount, ArmStatistics } from './evidence';
import type { BareVerdict } from './judgement';
import { conversionSplit } from './rare-events';
import { verdictOfDifference } from './verdict';

/**
 * Whether there are too few events for a normal approximation: by what the control's rate lets expect in both arms, so that
 * the arm's own events never choose its test. Conversions or misses, whichever are fewer.
 */
export function isRare(control: ArmStatistics, arm: ArmStatistics): boolean {
  if (control.n === 0 || arm.n === 0) return false;
  return Math.min(control.sum, control.n - control.sum) * Math.min(1, arm.n / control.n) < LEAST_EVENTS;
}

/** Judges by the split of conversions, or of misses where nearly everybody converts. Nothing of the alpha ledger is used. */
export function rareComparison(
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
