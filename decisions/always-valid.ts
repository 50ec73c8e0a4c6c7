/**
 * Intervals that hold at every look at once, however often and whenever one looks (asymptotic confidence sequences).
 * I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory and asymptotic
 * confidence sequences", Annals of Statistics 2024 (arXiv 2103.06476 v7), eq. 9, 134, 155, 161. The same function as the
 * mSPRT of Johari, Koomen, Pekelis, Walsh (Operations Research 2022) with mixing variance ρ²·N·SE².
 * Asymptotic: ask for 100 recipients and 20 events an arm before the first look.
 */
import { requireFinite, requirePositive, requireProbability } from './input-error';

export interface AlwaysValidInput {
  /** Estimated difference and its standard error, above 0. */
  estimate: number;
  standardError: number;
  /** Recipients behind it, all arms compared. */
  n: number;
  /** Recipients at which one most expects to decide; fixed before the start. */
  nStar: number;
  /** Level in (0,1), of both sides together, or of the one side. */
  alpha: number;
  sides?: 1 | 2;
}

export interface AlwaysValidInterval {
  lower: number;
  upper: number;
  /** Half-width in standard errors. */
  critical: number;
  /** Valid at this look, however many went before. Of one side: of the estimate being above 0. */
  pValue: number;
}

/** ρ² that makes the interval tightest at n = nStar (eq. 161): (−2 ln α + ln(−2 ln α + 1)) / nStar. One-sided with 2α. */
function mixingVariance({ alpha, nStar, sides = 2 }: Pick<AlwaysValidInput, 'alpha' | 'nStar' | 'sides'>): number {
  const level = -2 * Math.log(sides === 1 ? Math.min(2 * alpha, 0.999) : alpha);
  return (level + Math.log(level + 1)) / nStar;
}

/**
 * Half-width in standard errors. With m = n·ρ²: two-sided √((1 + 1/m)(ln(1+m) − 2 ln α)) (eq. 9), one-sided
 * √(2(1 + 1/m) ln(1 + √(1+m)/(2α))) (eq. 134).
 */
export function alwaysValidCritical({
  n,
  nStar,
  alpha,
  sides = 2,
}: Omit<AlwaysValidInput, 'estimate' | 'standardError'>): number {
  requirePositive('n', n);
  requirePositive('nStar', nStar);
  requireProbability('alpha', alpha);
  const m = n * mixingVariance({ alpha, nStar, sides });
  return sides === 2
    ? Math.sqrt((1 + 1 / m) * (Math.log1p(m) - 2 * Math.log(alpha)))
    : Math.sqrt(2 * (1 + 1 / m) * Math.log1p(Math.sqrt(1 + m) / (2 * alpha)));
}

/** The interval and its p-value. One-sided: `lower` and `upper` are each a bound of its own at level alpha. */
export function alwaysValidInterval(input: AlwaysValidInput): AlwaysValidInterval {
  const { estimate, standardError, n, sides = 2, alpha } = input;
  requireFinite('estimate', estimate);
  requirePositive('standardError', standardError);
  const critical = alwaysValidCritical(input);
  const m = n * mixingVariance(input);
  const z = estimate / standardError;
  const exponent = ((z * z) / 2) * (m / (1 + m));
  return {
    lower: estimate - critical * standardError,
    upper: estimate + critical * standardError,
    critical,
    pValue:
      sides === 2
        ? Math.min(1, Math.exp(0.5 * Math.log1p(m) - exponent))
        : oneSidedP({ z, exponent, root: Math.sqrt(1 + m), alpha }),
  };
}

/** Inverts eq. 134 in α with ρ² held: √(1+m) / (2(e^{…} − 1)). */
function oneSidedP({ z, exponent, root }: { z: number; exponent: number; root: number; alpha: number }): number {
  if (z <= 0) return 1;
  return Math.min(1, exponent > 700 ? 0 : root / (2 * Math.expm1(exponent)));
}
