/** The incomplete beta function, and with it Student's t and the negative binomial distribution. */
import { logBeta, stirlingRest } from './gamma';
import { normalUpperQuantile } from './normal';
import { findRoot } from './root';

/** ln [x^a (1−x)^b / B(a,b)], with y = 1 − x given apart so that neither end loses digits. */
function logBetaTerm({ a, b, x, y }: { a: number; b: number; x: number; y: number }): number {
  if (a < 10 || b < 10) return a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b);
  const sum = a + b;
  const away = x < y ? x - a / sum : b / sum - y;
  const deviance = a * Math.log1p((away * sum) / a) + b * Math.log1p((-away * sum) / b);
  const rest = stirlingRest(a) + stirlingRest(b) - stirlingRest(sum);
  return deviance + 0.5 * Math.log(((a / sum) * b) / (2 * Math.PI)) - rest;
}

/** ln x, through its complement where that is the smaller of the two. */
const logOf = (x: number, complement: number): number => (complement < 0.5 ? Math.log1p(-complement) : Math.log(x));

/** Continued fraction of I_x(a,b) (DLMF 8.17.22), by Lentz's method; quick for x < (a+1)/(a+b+2). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const kept = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 1e6; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    const change = d * c;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return value;
}

/**
 * Regularised incomplete beta function I_x(a,b) and its complement, each with its own digits; a, b > 0, x in [0,1].
 * `y` is 1 − x where the caller knows it more exactly.
 */
export function incompleteBeta({ a, b, x, y = 1 - x }: { a: number; b: number; x: number; y?: number }): {
  lower: number;
  upper: number;
} {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  if (x > (a + 1) / (a + b + 2)) {
    const swapped = incompleteBeta({ a: b, b: a, x: y, y: x });
    return { lower: swapped.upper, upper: swapped.lower };
  }
  const lower = Math.min(1, (Math.exp(logBetaTerm({ a, b, x, y })) * betaFraction(a, b, x)) / a);
  return { lower, upper: 1 - lower };
}

/** Density of the beta distribution. */
export function betaDensity({ a, b, x }: { a: number; b: number; x: number }): number {
  if (x <= 0 || x >= 1) return 0;
  const y = 1 - x;
  return Math.exp(logBetaTerm({ a, b, x, y })) / (x * y);
}

/** P(X ≤ x) of the beta distribution. */
export function betaCdf({ a, b, x }: { a: number; b: number; x: number }): number {
  return incompleteBeta({ a, b, x }).lower;
}

/** Upper tail P(T > t) of Student's t with `degrees` > 0 of freedom (not necessarily whole). */
export function studentSf(t: number, degrees: number): number {
  const square = t * t;
  const sum = degrees + square;
  const twoSided = incompleteBeta({ a: degrees / 2, b: 0.5, x: degrees / sum, y: square / sum }).lower;
  return t >= 0 ? twoSided / 2 : 1 - twoSided / 2;
}

/** Upper-tail quantile of Student's t: the t with P(T > t) = p, for p in (0,1). */
export function studentUpperQuantile(p: number, degrees: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentUpperQuantile(1 - p, degrees);
  let high = Math.max(1, 2 * normalUpperQuantile(p));
  while (studentSf(high, degrees) > p) high *= 2;
  return findRoot((t) => Math.log(studentSf(t, degrees) / p), { low: 0, high });
}

/** P(X ≤ k) where X counts failures before the r-th success of chance p: I_p(r, k+1); r > 0, not necessarily whole. */
export function negativeBinomialCdf({ r, p, q, k }: { r: number; p: number; q: number; k: number }): {
  lower: number;
  upper: number;
} {
  if (k < 0) return { lower: 0, upper: 1 };
  return incompleteBeta({ a: r, b: Math.floor(k) + 1, x: p, y: q });
}
