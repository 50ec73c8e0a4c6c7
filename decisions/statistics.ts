/** From sufficient statistics to values with a variance: one arm, and the difference of two. */
import type { ArmStatistics, MetricKind } from './evidence';
import { type Inconclusive, inconclusive } from './inconclusive';
import { DecisionInputError, requireCount, requireFinite } from './input-error';

/** Value of an arm (mean, share or ratio) and the variance of that value (not of a recipient). */
export interface ArmEstimate {
  status: 'estimated';
  value: number;
  variance: number;
}

/** A difference arm − scale · control, with its standard error. */
export interface Difference {
  status: 'estimated';
  estimate: number;
  standardError: number;
  arm: ArmEstimate;
  control: ArmEstimate;
  /** Whether a covariate took out variance (CUPED). */
  adjusted: boolean;
}

/**
 * Throws a `DecisionInputError` for statistics that nobody can have counted: negative or broken counts, more conversions
 * than recipients, sums of squares below the square of the sum (Cauchy–Schwarz, to 1e-9 of their size).
 */
export function checkArm(stats: ArmStatistics, { kind, at }: { kind: MetricKind; at: string }): void {
  requireCount(`${at}.n`, stats.n);
  requireFinite(`${at}.sum`, stats.sum);
  requireFinite(`${at}.sumSquares`, stats.sumSquares);
  if (kind === 'count') {
    requireCount(`${at}.sum`, stats.sum);
    return;
  }
  if (isShare(kind)) {
    requireCount(`${at}.sum`, stats.sum);
    if (stats.sum > stats.n) throw new DecisionInputError(`${at}.sum`, 'is at most n', stats.sum);
  } else checkMoments(`${at}.sumSquares`, stats.n, stats);
  for (const name of ['covariate', 'denominator'] as const) {
    const moments = stats[name];
    if (!moments) continue;
    requireFinite(`${at}.${name}.sum`, moments.sum);
    requireFinite(`${at}.${name}.sumSquares`, moments.sumSquares);
    requireFinite(`${at}.${name}.cross`, moments.cross);
    checkMoments(`${at}.${name}.sumSquares`, stats.n, moments);
  }
  if (kind === 'ratio' && !stats.denominator) throw new DecisionInputError(`${at}.denominator`, 'is needed by a ratio');
}

function checkMoments(at: string, n: number, { sum, sumSquares }: { sum: number; sumSquares: number }): void {
  if (sumSquares < 0) throw new DecisionInputError(at, 'is 0 or more', sumSquares);
  const least = n === 0 ? 0 : (sum * sum) / n;
  if (n === 0 && (sum !== 0 || sumSquares !== 0)) throw new DecisionInputError(at, 'is 0 where nobody was measured');
  if (sumSquares < least - 1e-9 * (least + 1)) throw new DecisionInputError(at, 'is at least sum² / n', sumSquares);
}

/** Whether the metric counts 0 or 1 a recipient. */
export function isShare(kind: MetricKind): boolean {
  return kind === 'proportion' || kind === 'rate-limit';
}

/**
 * Value of one arm. Proportion: p = S/n, p(1−p)/n. Mean: S/n, s²/n with s² = (Q − S²/n)/(n−1). Ratio R = ΣY/ΣD by the
 * delta method: (s_y² − 2R s_yd + R² s_d²) / (n D̄²) (Deng et al., "Trustworthy online controlled experiments", KDD 2018).
 */
export function estimateArm(kind: MetricKind, stats: ArmStatistics): ArmEstimate | Inconclusive {
  const { n, sum } = stats;
  if (n === 0) return inconclusive('nobody has been measured in this arm yet');
  if (isShare(kind)) {
    const share = sum / n;
    return { status: 'estimated', value: share, variance: (share * (1 - share)) / n };
  }
  if (n < 2) return inconclusive('one recipient has no spread');
  if (kind === 'mean') return { status: 'estimated', value: sum / n, variance: spread(stats, n) / n };
  const bottom = stats.denominator;
  if (!bottom || bottom.sum === 0) return inconclusive('the denominator of the ratio is 0');
  const ratio = sum / bottom.sum;
  const mean = bottom.sum / n;
  const crossed = (bottom.cross - (sum * bottom.sum) / n) / (n - 1);
  const variance = spread(stats, n) - 2 * ratio * crossed + ratio * ratio * spread(bottom, n);
  return { status: 'estimated', value: ratio, variance: Math.max(0, variance) / (n * mean * mean) };
}

/** Unbiased variance of a recipient's value. */
function spread({ sum, sumSquares }: { sum: number; sumSquares: number }, n: number): number {
  return Math.max(0, (sumSquares - (sum * sum) / n) / (n - 1));
}

/** As statistics of numbers: of a proportion Σy² is Σy. */
const asNumbers = (kind: MetricKind, stats: ArmStatistics): ArmStatistics =>
  isShare(kind) ? { ...stats, sumSquares: stats.sum } : stats;

/**
 * CUPED: both arms less θ(X̄ − X̄ of both), θ = cov(Y,X)/var(X) pooled over the arms, X measured before the send; the
 * variance of a recipient becomes var Y + θ² var X − 2θ cov, a gain of 1 − r². θ = 0 where X does not vary.
 * Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data",
 * WSDM 2013, eq. 2–5.
 */
function adjustArms(
  control: ArmStatistics,
  arm: ArmStatistics,
): { control: ArmEstimate; arm: ArmEstimate } | undefined {
  const x = control.covariate;
  const z = arm.covariate;
  if (!x || !z || control.n < 2 || arm.n < 2) return undefined;
  const within = (stats: ArmStatistics, moments: { sum: number; sumSquares: number; cross: number }) => ({
    square: moments.sumSquares - (moments.sum * moments.sum) / stats.n,
    cross: moments.cross - (moments.sum * stats.sum) / stats.n,
  });
  const [one, two] = [within(control, x), within(arm, z)];
  const square = one.square + two.square;
  const size = x.sumSquares + z.sumSquares;
  if (!(square > 1e-12 * size)) return undefined;
  const theta = (one.cross + two.cross) / square;
  const middle = (x.sum + z.sum) / (control.n + arm.n);
  const estimate = (stats: ArmStatistics, moments: { sum: number }, inside: { square: number; cross: number }) => {
    const variance =
      spread(stats, stats.n) + (theta * theta * inside.square - 2 * theta * inside.cross) / (stats.n - 1);
    const value = stats.sum / stats.n - theta * (moments.sum / stats.n - middle);
    return { status: 'estimated' as const, value, variance: Math.max(0, variance) / stats.n };
  };
  return { control: estimate(control, x, one), arm: estimate(arm, z, two) };
}

/**
 * Difference arm − scale · control. `scale` (default 1) carries a relative margin: against 10 % worse than the control the
 * question is whether arm − 0.9 · control is above 0, and its error then includes that of the control. CUPED is applied to
 * proportions and means wherever both arms have a covariate.
 */
export function compareArms(
  kind: MetricKind,
  { control, arm, scale = 1 }: { control: ArmStatistics; arm: ArmStatistics; scale?: number },
): Difference | Inconclusive {
  const adjusted = kind === 'ratio' ? undefined : adjustArms(asNumbers(kind, control), asNumbers(kind, arm));
  const one = adjusted?.control ?? estimateArm(kind, control);
  const two = adjusted?.arm ?? estimateArm(kind, arm);
  if (one.status === 'inconclusive') return one;
  if (two.status === 'inconclusive') return two;
  const variance = two.variance + scale * scale * one.variance;
  if (!(variance > 0)) return inconclusive('nothing varies yet: every recipient gave the same value');
  return {
    status: 'estimated',
    estimate: two.value - scale * one.value,
    standardError: Math.sqrt(variance),
    arm: two,
    control: one,
    adjusted: adjusted !== undefined,
  };
}

/**
 * Relative lift (m_B − m_A)/m_A by the delta method: SE² = v_B/m_A² + v_A m_B²/m_A⁴ with v the variance of each value. For
 * showing only; decisions are made on the absolute scale. Inconclusive where the control is not clear of 0 (3 errors).
 */
export function relativeLift({
  arm,
  control,
}: Pick<Difference, 'arm' | 'control'>):
  | { status: 'estimated'; estimate: number; standardError: number }
  | Inconclusive {
  if (control.value === 0 || control.value * control.value < 9 * control.variance)
    return inconclusive('the control is too close to 0 for a relative lift');
  const base = control.value * control.value;
  const variance = arm.variance / base + (control.variance * arm.value * arm.value) / (base * base);
  return {
    status: 'estimated',
    estimate: (arm.value - control.value) / control.value,
    standardError: Math.sqrt(variance),
  };
}
