/** One look at the planned end: two proportions, two means. Looking twice breaks its level; see `group-sequential.ts`. */
import type { ArmStatistics } from './evidence';
import { type Inconclusive, inconclusive } from './inconclusive';
import { requireProbability } from './input-error';
import { studentSf, studentUpperQuantile } from './special/beta';
import { normalSf, normalUpperQuantile } from './special/normal';
import { checkArm, compareArms, type Difference } from './statistics';

export interface FixedTest {
  status: 'tested';
  estimate: number;
  /** Of the interval (unpooled). */
  standardError: number;
  /** Test statistic, in standard errors of the hypothesis of no difference. */
  statistic: number;
  /** Degrees of freedom of Student's t; absent for the normal distribution. */
  degrees?: number;
  pValue: number;
  lower: number;
  upper: number;
  /** Half-width of the interval in standard errors. */
  critical: number;
}

/**
 * Two-sided z test of two proportions: the statistic with the pooled share (the hypothesis says there is one), the interval
 * with both shares (Wald). Inconclusive where an arm is empty or nobody, or everybody, converted.
 */
export function twoProportions(input: {
  control: ArmStatistics;
  arm: ArmStatistics;
  alpha: number;
}): FixedTest | Inconclusive {
  const { control, arm, alpha } = input;
  requireProbability('alpha', alpha);
  checkArm(control, { kind: 'proportion', at: 'control' });
  checkArm(arm, { kind: 'proportion', at: 'arm' });
  const difference = compareArms('proportion', { control: plain(control), arm: plain(arm) });
  if (difference.status === 'inconclusive') return difference;
  const pooled = (control.sum + arm.sum) / (control.n + arm.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / arm.n));
  const statistic = difference.estimate / error;
  return interval(difference, {
    statistic,
    pValue: 2 * normalSf(Math.abs(statistic)),
    critical: normalUpperQuantile(alpha / 2),
  });
}

/** Without covariate: a plain test of what was counted. */
const plain = ({ n, sum, sumSquares }: ArmStatistics): ArmStatistics => ({ n, sum, sumSquares });

/** Two-sided t test of two means with unequal variances (B. L. Welch, Biometrika 34, 1947). */
export function welch(input: { control: ArmStatistics; arm: ArmStatistics; alpha: number }): FixedTest | Inconclusive {
  const { control, arm, alpha } = input;
  requireProbability('alpha', alpha);
  checkArm(control, { kind: 'mean', at: 'control' });
  checkArm(arm, { kind: 'mean', at: 'arm' });
  const difference = compareArms('mean', { control, arm });
  if (difference.status === 'inconclusive') return difference;
  const degrees = welchDegrees(difference, { nControl: control.n, nArm: arm.n });
  if (!(degrees > 0)) return inconclusive('too few recipients for degrees of freedom');
  const statistic = difference.estimate / difference.standardError;
  const pValue = 2 * studentSf(Math.abs(statistic), degrees);
  return {
    ...interval(difference, { statistic, pValue, critical: studentUpperQuantile(alpha / 2, degrees) }),
    degrees,
  };
}

/** Welch–Satterthwaite: (v_A + v_B)² / (v_A²/(n_A−1) + v_B²/(n_B−1)), v the variances of the two means. */
export function welchDegrees(
  { control, arm }: Pick<Difference, 'control' | 'arm'>,
  { nControl, nArm }: { nControl: number; nArm: number },
): number {
  const total = control.variance + arm.variance;
  const parts = control.variance ** 2 / (nControl - 1) + arm.variance ** 2 / (nArm - 1);
  return parts > 0 ? total ** 2 / parts : 0;
}

function interval(
  { estimate, standardError }: Difference,
  { statistic, pValue, critical }: { statistic: number; pValue: number; critical: number },
): FixedTest {
  const half = critical * standardError;
  const bounds = { lower: estimate - half, upper: estimate + half };
  return { status: 'tested', estimate, standardError, statistic, pValue, ...bounds, critical };
}
