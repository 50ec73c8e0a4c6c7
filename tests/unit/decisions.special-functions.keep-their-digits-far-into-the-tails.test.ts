import betainc from '@stdlib/math-base-special-betainc';
import betaln from '@stdlib/math-base-special-betaln';
import erfc from '@stdlib/math-base-special-erfc';
import gammainc from '@stdlib/math-base-special-gammainc';
import gammaln from '@stdlib/math-base-special-gammaln';
import normalQuantileOracle from '@stdlib/stats-base-dists-normal-quantile';
import studentQuantileOracle from '@stdlib/stats-base-dists-t-quantile';
import fc from 'fast-check';
import {
  betaCdf,
  betaDensity,
  incompleteBeta,
  negativeBinomialCdf,
  studentSf,
  studentUpperQuantile,
} from '../../decisions/special/beta';
import { chiSquareSf, incompleteGamma, logBeta, logGamma } from '../../decisions/special/gamma';
import {
  normalCdf,
  normalDensity,
  normalQuantile,
  normalSf,
  normalUpperQuantile,
} from '../../decisions/special/normal';
import { gaussLegendre, integrate } from '../../decisions/special/quadrature';
import { findRoot } from '../../decisions/special/root';
import fixtures from '../fixtures/decisions/special-functions.json';

/** |value − wanted| / |wanted|, or the plain difference where 0 is wanted. */
const apart = (value: number, wanted: number): number => Math.abs(value - wanted) / (Math.abs(wanted) || 1);
const number = (given: number | string | undefined): number => Number(given);

describe('against mpmath with 60 digits', () => {
  const within = (rows: (number | string)[][], tolerance: number, values: (...words: number[]) => number[]) => {
    for (const row of rows) {
      const given = values(...row.map(number));
      const wanted = row.slice(-given.length).map(number);
      given.forEach((value, index) => {
        const error = apart(value, wanted[index] ?? Number.NaN);
        if (!(error <= tolerance)) throw new Error(`${JSON.stringify(row)}: got ${value}, off by ${error}`);
      });
    }
    expect(rows.length).toBeGreaterThan(5);
  };

  test('upper tail of the normal distribution', () => within(fixtures.normalSf, 2e-14, (z = 0) => [normalSf(z)]));
  test('normal quantile', () => within(fixtures.normalQuantile, 2e-15, (p = 0) => [normalQuantile(p)]));
  test('ln Γ', () => within(fixtures.logGamma, 2e-14, (x = 0) => [logGamma(x)]));
  test('ln B', () => within(fixtures.logBeta, 2e-14, (a = 0, b = 0) => [logBeta(a, b)]));
  test('incomplete gamma', () =>
    within(fixtures.incompleteGamma, 2e-12, (a = 0, x = 0) => {
      const { lower, upper } = incompleteGamma(a, x);
      return [lower, upper];
    }));
  test('upper tail of chi-square', () =>
    within(fixtures.chiSquareSf, 1e-12, (x = 0, degrees = 0) => [chiSquareSf(x, degrees)]));
  test('incomplete beta', () =>
    within(fixtures.incompleteBeta, 1e-11, (a = 0, b = 0, x = 0) => {
      const { lower, upper } = incompleteBeta({ a, b, x });
      return [lower, upper];
    }));
  test("upper tail of Student's t", () => within(fixtures.studentSf, 1e-11, (t = 0, v = 0) => [studentSf(t, v)]));
});

describe('against @stdlib, anywhere', () => {
  const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

  test('normal', () => {
    fc.assert(
      fc.property(real(-8, 37), (z) => expect(apart(normalSf(z), erfc(z / Math.SQRT2) / 2)).toBeLessThan(1e-12)),
    );
    fc.assert(
      fc.property(real(1e-8, 1 - 1e-8), (p) =>
        expect(Math.abs(normalQuantile(p) - normalQuantileOracle(p, 0, 1))).toBeLessThan(1e-8),
      ),
    );
  });
  test('gamma and beta (the oracle itself is off by 0.2 % in the upper gamma tail beyond x = 1000)', () => {
    fc.assert(fc.property(real(1e-3, 1e7), (x) => expect(apart(logGamma(x), gammaln(x))).toBeLessThan(1e-9)));
    fc.assert(
      fc.property(real(0.01, 1e4), real(0.01, 1e4), (a, b) =>
        expect(Math.abs(logBeta(a, b) - betaln(a, b))).toBeLessThan(1e-10 * (1 + Math.abs(betaln(a, b)))),
      ),
    );
    fc.assert(
      fc.property(real(0.1, 330), real(0.1, 3), (a, times) => {
        const x = a * times;
        expect(apart(incompleteGamma(a, x).upper, gammainc(x, a, true, true))).toBeLessThan(1e-9);
        expect(apart(incompleteGamma(a, x).lower, gammainc(x, a, true, false))).toBeLessThan(1e-9);
      }),
    );
    fc.assert(
      fc.property(real(0.1, 2000), real(0.1, 2000), real(0.001, 0.999), (a, b, x) => {
        const wanted = betainc(x, a, b, true, false);
        if (wanted < 1e-250) return;
        expect(apart(incompleteBeta({ a, b, x }).lower, wanted)).toBeLessThan(1e-9);
      }),
    );
  });
  test("Student's t quantile", () => {
    fc.assert(
      fc.property(real(1e-6, 0.49), real(1, 1e4), (p, degrees) =>
        expect(apart(studentUpperQuantile(p, degrees), -studentQuantileOracle(p, degrees))).toBeLessThan(1e-7),
      ),
    );
  });
});

describe('what must hold of each other', () => {
  const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

  test('tails are mirrored, quantiles undo them', () => {
    fc.assert(fc.property(real(-37, 37), (z) => expect(normalCdf(z)).toBe(normalSf(-z))));
    fc.assert(
      fc.property(real(1e-12, 0.5), (p) => {
        expect(apart(normalSf(normalUpperQuantile(p)), p)).toBeLessThan(1e-12);
        expect(apart(studentSf(studentUpperQuantile(p, 7.5), 7.5), p)).toBeLessThan(1e-10);
      }),
    );
    expect(studentUpperQuantile(0.5, 3)).toBe(0);
    expect(studentUpperQuantile(0.9, 3)).toBe(-studentUpperQuantile(1 - 0.9, 3));
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  });
  test('densities integrate to their probabilities', () => {
    expect(apart(integrate(normalDensity, { from: 1, to: 12 }), normalSf(1) - normalSf(12))).toBeLessThan(1e-13);
    fc.assert(
      fc.property(real(2, 400), real(2, 400), real(0.05, 0.95), (a, b, x) =>
        expect(
          Math.abs(
            integrate((t) => betaDensity({ a, b, x: t }), { from: 0, to: x, panels: 400 }) - betaCdf({ a, b, x }),
          ),
        ).toBeLessThan(1e-6),
      ),
    );
    expect(betaDensity({ a: 2, b: 3, x: 0 })).toBe(0);
  });
  test('ends are ends', () => {
    expect(incompleteBeta({ a: 2, b: 3, x: 0 })).toEqual({ lower: 0, upper: 1 });
    expect(incompleteBeta({ a: 2, b: 3, x: 1 })).toEqual({ lower: 1, upper: 0 });
    expect(incompleteGamma(2, 0)).toEqual({ lower: 0, upper: 1 });
    expect(incompleteGamma(2, Number.POSITIVE_INFINITY)).toEqual({ lower: 1, upper: 0 });
    expect(negativeBinomialCdf({ r: 2, p: 0.5, q: 0.5, k: -1 })).toEqual({ lower: 0, upper: 1 });
  });
  test('the negative binomial is the sum of its parts', () => {
    const [r, p] = [3, 0.3];
    let sum = 0;
    for (let k = 0; k <= 7; k += 1)
      sum += Math.exp(logGamma(r + k) - logGamma(r) - logGamma(k + 1)) * p ** r * (1 - p) ** k;
    expect(apart(negativeBinomialCdf({ r, p, q: 1 - p, k: 7 }).lower, sum)).toBeLessThan(1e-13);
  });
  test('Gauss–Legendre is exact for polynomials', () => {
    const { nodes, weights } = gaussLegendre(5);
    const of = (power: number) => nodes.reduce((sum, node, index) => sum + (weights[index] ?? 0) * node ** power, 0);
    for (let power = 0; power <= 9; power += 1)
      expect(of(power)).toBeCloseTo(power % 2 === 0 ? 2 / (power + 1) : 0, 14);
  });
  test('a root is found wherever it lies; without one the nearer end is given', () => {
    fc.assert(
      fc.property(real(-50, 50), (at) =>
        expect(Math.abs(findRoot((x) => Math.expm1(x - at), { low: -60, high: 60 }) - at)).toBeLessThan(1e-10),
      ),
    );
    expect(findRoot((x) => x, { low: 0, high: 3 })).toBe(0);
    expect(findRoot((x) => x, { low: -3, high: 0 })).toBe(0);
    expect(findRoot((x) => x * x + 1, { low: -1, high: 3 })).toBe(-1);
    expect(findRoot((x) => x * x + 1, { low: -3, high: 1 })).toBe(1);
  });
});
