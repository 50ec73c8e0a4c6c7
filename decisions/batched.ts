/**
 * Estimates that stay honest when shares change from wave to wave. Pooling the waves does not: with a base rate that drifts,
 * an arm with many late recipients looks better than it is (Simpson), and a bandit makes just that happen.
 */
import { type AlwaysValidInterval, alwaysValidInterval } from './always-valid';
import type { ArmStatistics, MetricKind } from './evidence';
import { type Inconclusive, inconclusive } from './inconclusive';
import { DecisionInputError } from './input-error';
import { normalSf } from './special/normal';
import { checkArm, compareArms, type Difference, isShare } from './statistics';

/** One wave: the two compared arms, and the logged probabilities of both, above 0. */
export interface Batch {
  control: ArmStatistics;
  arm: ArmStatistics;
  propensity: { control: number; arm: number };
}

interface Compared {
  batch: Batch;
  n: number;
  difference: Difference;
}

function compareEach(kind: MetricKind, batches: readonly Batch[]): Compared[] {
  return batches.flatMap((batch, index) => {
    checkArm(batch.control, { kind, at: `waves[${index}].control` });
    checkArm(batch.arm, { kind, at: `waves[${index}].arm` });
    const difference = compareArms(kind, batch);
    return difference.status === 'estimated' ? [{ batch, n: batch.control.n + batch.arm.n, difference }] : [];
  });
}

const nothing = (): Inconclusive => inconclusive('no wave has both arms with values that vary');

/**
 * Batched OLS: Z = Σ_t Δ̂_t/SE_t / √T, standard normal without an effect even though the shares followed the results. SE_t with
 * the variance of both arms pooled, as ordinary least squares has it: an arm of a hundred recipients cannot vouch for its own.
 * K. W. Zhang, L. Janson, S. A. Murphy, "Inference for batched bandits", NeurIPS 2020 (arXiv 2002.03217), theorem 3. One look.
 */
export function batchedOls(
  kind: Exclude<MetricKind, 'ratio'>,
  batches: readonly Batch[],
): { status: 'tested'; z: number; pValue: number; batches: number } | Inconclusive {
  const scores = compareEach(kind, batches).flatMap(({ batch: { control, arm }, difference }) => {
    const variance = pooledVariance(kind, control, arm) * (1 / control.n + 1 / arm.n);
    return variance > 0 ? [difference.estimate / Math.sqrt(variance)] : [];
  });
  if (scores.length === 0) return nothing();
  const z = scores.reduce((sum, score) => sum + score, 0) / Math.sqrt(scores.length);
  return { status: 'tested', z, pValue: 2 * normalSf(Math.abs(z)), batches: scores.length };
}

/** Of one recipient: p̄(1 − p̄) of a share, the residual variance around both means of a number. */
function pooledVariance(kind: MetricKind, one: ArmStatistics, two: ArmStatistics): number {
  if (isShare(kind)) {
    const share = (one.sum + two.sum) / (one.n + two.n);
    return share * (1 - share);
  }
  const around = ({ n, sum, sumSquares }: ArmStatistics) => Math.max(0, sumSquares - (sum * sum) / n);
  return (around(one) + around(two)) / (one.n + two.n - 2);
}

/** Effect Σ (n_t/n) Δ̂_t with its error, values of the arms weighted alike; waves in which an arm says nothing are left out. */
export function stratifiedDifference(
  kind: MetricKind,
  { batches, scale = 1 }: { batches: readonly Batch[]; scale?: number },
): Difference | Inconclusive {
  const compared = compareEach(kind, batches);
  const total = compared.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return nothing();
  const weighted = (value: (one: Compared) => number, power = 1): number =>
    compared.reduce((sum, one) => sum + (one.n / total) ** power * value(one), 0);
  const of = (side: 'arm' | 'control') => ({
    status: 'estimated' as const,
    value: weighted(({ difference }) => difference[side].value),
    variance: weighted(({ difference }) => difference[side].variance, 2),
  });
  const [arm, control] = [of('arm'), of('control')];
  return {
    status: 'estimated',
    estimate: arm.value - scale * control.value,
    standardError: Math.sqrt(arm.variance + scale * scale * control.variance),
    arm,
    control,
    adjusted: compared.every(({ difference }) => difference.adjusted),
  };
}

/**
 * Always-valid interval of the mean of ψ_i = (Y_i − m)(1[B]/π_B − 1[A]/π_A), whose mean given the past is the effect, whatever
 * made the shares; m is the mean of earlier waves and only takes out variance. Waudby-Smith et al. (arXiv 2103.06476), §3.
 */
export function propensityCorrected(
  kind: MetricKind,
  { batches, alpha, nStar, scale = 1 }: { batches: readonly Batch[]; alpha: number; nStar: number; scale?: number },
): ({ status: 'estimated'; estimate: number; standardError: number; n: number } & AlwaysValidInterval) | Inconclusive {
  if (kind === 'ratio') return inconclusive('a ratio has no propensity-corrected interval');
  let [n, sum, squares, seen, past] = [0, 0, 0, 0, 0];
  batches.forEach(({ control, arm, propensity }, index) => {
    checkArm(control, { kind, at: `waves[${index}].control` });
    checkArm(arm, { kind, at: `waves[${index}].arm` });
    const both = propensity.control + propensity.arm;
    if (!(propensity.control > 0 && propensity.arm > 0 && both <= 1 + 1e-9))
      throw new DecisionInputError(`waves[${index}].propensity`, 'is above 0 for both arms, and at most 1 together');
    const middle = seen > 0 ? past / seen : 0;
    const shift = middle * (1 - scale);
    const size = control.n + arm.n;
    for (const [stats, weight] of [
      [arm, both / propensity.arm],
      [control, (-scale * both) / propensity.control],
    ] as const) {
      const square = isShare(kind) ? stats.sum : stats.sumSquares;
      const centred = weight * (stats.sum - middle * stats.n);
      sum += centred;
      squares += weight * weight * (square - 2 * middle * stats.sum + middle * middle * stats.n) + 2 * shift * centred;
    }
    sum += shift * size;
    squares += shift * shift * size;
    n += size;
    seen += size;
    past += control.sum + arm.sum;
  });
  if (n < 2) return nothing();
  const estimate = sum / n;
  const variance = (squares - (sum * sum) / n) / (n - 1);
  if (!(variance > 0)) return inconclusive('nothing varies yet: every recipient gave the same value');
  const standardError = Math.sqrt(variance / n);
  return {
    status: 'estimated',
    estimate,
    standardError,
    n,
    ...alwaysValidInterval({ estimate, standardError, n, nStar, alpha }),
  };
}
