import fc from 'fast-check';
import { alwaysValidCritical, alwaysValidInterval } from '../../decisions/always-valid';
import { twoProportions, welch } from '../../decisions/fixed-horizon';
import { DecisionInputError } from '../../decisions/input-error';
import { chiSquareSampleRatio } from '../../decisions/sample-ratio';
import { negativeBinomialCdf } from '../../decisions/special/beta';
import { normalUpperQuantile } from '../../decisions/special/normal';
import { checkArm, compareArms, estimateArm, relativeLift } from '../../decisions/statistics';
import fixtures from '../fixtures/decisions/published-methods.json';
import { anyShare, share, statisticsOf } from '../support/decision-evidence';

const close = (value: number | undefined, wanted: number, tolerance = 1e-9) =>
  expect(Math.abs((value ?? Number.NaN) - wanted)).toBeLessThanOrEqual(tolerance * (Math.abs(wanted) + 1e-12));

/** Narrows a typed answer; an inconclusive one fails the test with its reason. */
function said<T extends { status: string }>(answer: T): Exclude<T, { status: 'inconclusive' }> {
  if (answer.status === 'inconclusive') throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { status: 'inconclusive' }>;
}

describe('against scipy and gbstats', () => {
  test.each(fixtures.welch)('Welch: %#', ({ control, arm, ...wanted }) => {
    const test = said(welch({ control, arm, alpha: 0.05 }));
    close(test.statistic, wanted.statistic);
    close(test.pValue, wanted.pValue);
    close(test.degrees, wanted.degrees);
    close(test.lower, wanted.lower);
    close(test.upper, wanted.upper);
  });
  test.each(fixtures.twoProportions)('two proportions: %#', ({ control, arm, chiSquare, pValue }) => {
    const test = said(twoProportions({ control, arm, alpha: 0.05 }));
    close(test.statistic ** 2, chiSquare);
    close(test.pValue, pValue);
    close(test.upper - test.lower, 2 * normalUpperQuantile(0.025) * test.standardError);
  });
  test.each(fixtures.alwaysValid)('always-valid interval: %#', ({ control, arm, nStar, alpha, ...wanted }) => {
    const { estimate, standardError } = said(compareArms('proportion', { control, arm }));
    const n = control.n + arm.n;
    const interval = alwaysValidInterval({ estimate, standardError, n, nStar, alpha });
    close(interval.lower, wanted.lower);
    close(interval.upper, wanted.upper);
    close(interval.pValue, wanted.pValue);
    close(alwaysValidInterval({ estimate, standardError, n, nStar, alpha, sides: 1 }).lower, wanted.oneSidedLower);
  });
  test.each(fixtures.sampleRatio)('chi-square of shares: %#', ({ counts, weights, pValue }) => {
    const named = (values: number[]) => Object.fromEntries(values.map((value, index) => [`arm${index}`, value]));
    const [weightsByArm, countsByArm] = [named(weights), named(counts)];
    close(said(chiSquareSampleRatio([{ wave: '1', weights: weightsByArm, counts: countsByArm }])).pValue, pValue);
  });
  test.each(fixtures.negativeBinomial)('negative binomial: %#', (r, p, k, lower, upper) => {
    const cdf = negativeBinomialCdf({ r: r ?? 0, p: p ?? 0, q: 1 - (p ?? 0), k: k ?? 0 });
    close(cdf.lower, lower ?? 0);
    close(cdf.upper, upper ?? 0);
  });
  test('the price of always-valid at its best size is 3.035 standard errors', () =>
    expect(alwaysValidCritical({ n: 1000, nStar: 1000, alpha: 0.05 })).toBeCloseTo(3.035, 3));
});

describe('counted one by one', () => {
  const numbers = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 3, maxLength: 40 });

  test('a mean has the variance of its values', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance =
          values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length;
        const { value, variance: ours } = said(estimateArm('mean', statisticsOf(values)));
        expect(Math.abs(value - mean)).toBeLessThan(1e-9);
        expect(Math.abs(ours - variance)).toBeLessThan(1e-9);
      }),
    );
  });

  test('CUPED is the difference of residuals on the covariate, with 1 − r² of the variance', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: -9, max: 9 })), {
          minLength: 8,
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 5 }),
        (rows, slope) => {
          const people = rows.map(([x, noise], index) => ({ x, y: slope * x + noise, arm: index % 2 }));
          const armOf = (which: number) => {
            const own = people.filter(({ arm }) => arm === which);
            const x = statisticsOf(own.map((person) => person.x));
            const cross = own.reduce((sum, person) => sum + person.x * person.y, 0);
            return { own, stats: { ...statisticsOf(own.map(({ y }) => y)), covariate: { ...x, cross } } };
          };
          const [a, b] = [armOf(0), armOf(1)];
          const spreadOfX = [a, b].some(({ own }) => new Set(own.map(({ x }) => x)).size > 1);
          const answer = compareArms('mean', { control: a.stats, arm: b.stats });
          if (answer.status === 'inconclusive' || !spreadOfX) return;
          const centred = (side: typeof a, of: 'x' | 'y') => {
            const mean = side.own.reduce((sum, person) => sum + person[of], 0) / side.own.length;
            return side.own.map((person) => person[of] - mean);
          };
          const dot = (one: number[], two: number[]) =>
            one.reduce((sum, value, index) => sum + value * (two[index] ?? 0), 0);
          const theta =
            (dot(centred(a, 'x'), centred(a, 'y')) + dot(centred(b, 'x'), centred(b, 'y'))) /
            (dot(centred(a, 'x'), centred(a, 'x')) + dot(centred(b, 'x'), centred(b, 'x')));
          const residuals = (side: typeof a) => statisticsOf(side.own.map(({ x, y }) => y - theta * x));
          const wanted = compareArms('mean', { control: residuals(a), arm: residuals(b) });
          expect(answer.adjusted).toBe(true);
          if (wanted.status === 'inconclusive') return;
          expect(Math.abs(answer.estimate - wanted.estimate)).toBeLessThan(1e-7);
          expect(Math.abs(answer.standardError - wanted.standardError)).toBeLessThan(1e-5);
        },
      ),
    );
  });

  test('a covariate that does not vary changes nothing', () => {
    const stats = (values: number[]) => ({
      ...statisticsOf(values),
      covariate: {
        sum: 7 * values.length,
        sumSquares: 49 * values.length,
        cross: 7 * values.reduce((sum, value) => sum + value, 0),
      },
    });
    const answer = said(compareArms('mean', { control: stats([1, 2, 4]), arm: stats([2, 5, 6]) }));
    const plain = said(compareArms('mean', { control: statisticsOf([1, 2, 4]), arm: statisticsOf([2, 5, 6]) }));
    expect(answer).toEqual(plain);
  });

  test('a ratio over equal denominators is the mean, and its error too', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), (values, size) => {
        const stats = statisticsOf(values);
        const denominator = { sum: size * stats.n, sumSquares: size * size * stats.n, cross: size * stats.sum };
        const ratio = said(estimateArm('ratio', { ...stats, denominator }));
        const mean = said(estimateArm('mean', stats));
        expect(Math.abs(ratio.value - mean.value / size)).toBeLessThan(1e-9);
        expect(Math.abs(ratio.variance - mean.variance / size ** 2)).toBeLessThan(1e-9);
      }),
    );
  });

  test('a relative lift by the delta method', () => {
    const [arm, control] = [
      said(estimateArm('proportion', share(330, 5000))),
      said(estimateArm('proportion', share(300, 5000))),
    ];
    const { estimate, standardError } = said(relativeLift({ arm, control }));
    close(estimate, 0.1);
    const [pa, pb] = [0.06, 0.066];
    close(standardError ** 2, (pb * (1 - pb)) / 5000 / pa ** 2 + ((pa * (1 - pa)) / 5000) * (pb ** 2 / pa ** 4));
  });
});

describe('too little, or nonsense', () => {
  test('too little is inconclusive, with a reason', () => {
    const reasons = [
      estimateArm('mean', statisticsOf([])),
      estimateArm('mean', statisticsOf([3])),
      estimateArm('ratio', { ...statisticsOf([0, 0]), denominator: { sum: 0, sumSquares: 0, cross: 0 } }),
      compareArms('proportion', { control: share(0, 100), arm: share(0, 100) }),
      compareArms('proportion', { control: share(0, 0), arm: share(1, 100) }),
      compareArms('mean', { control: statisticsOf([2, 2]), arm: statisticsOf([2, 2, 2]) }),
      twoProportions({ control: share(50, 50), arm: share(9, 9), alpha: 0.05 }),
      welch({ control: statisticsOf([1, 2]), arm: statisticsOf([1]), alpha: 0.05 }),
      relativeLift({
        arm: { status: 'estimated', value: 1, variance: 1 },
        control: { status: 'estimated', value: 0, variance: 1 },
      }),
    ];
    for (const answer of reasons) {
      expect(answer).toMatchObject({ status: 'inconclusive' });
      expect((answer as { reason: string }).reason.length).toBeGreaterThan(10);
    }
  });

  test('nonsense is refused by name', () => {
    const refused: [Parameters<typeof checkArm>[0], Parameters<typeof checkArm>[1]['kind'], string][] = [
      [share(-1, 10), 'proportion', 'at.sum'],
      [share(11, 10), 'proportion', 'at.sum'],
      [share(1.5, 10), 'proportion', 'at.sum'],
      [{ ...share(1, 10), n: -3 }, 'proportion', 'at.n'],
      [{ ...share(1, 10), n: 2.5 }, 'mean', 'at.n'],
      [{ n: 4, sum: Number.NaN, sumSquares: 1 }, 'mean', 'at.sum'],
      [{ n: 4, sum: 8, sumSquares: 1 }, 'mean', 'at.sumSquares'],
      [{ n: 4, sum: 8, sumSquares: -1 }, 'mean', 'at.sumSquares'],
      [{ n: 0, sum: 1, sumSquares: 1 }, 'mean', 'at.sumSquares'],
      [{ n: 4, sum: 8, sumSquares: 20 }, 'ratio', 'at.denominator'],
      [
        { n: 4, sum: 8, sumSquares: 20, covariate: { sum: 4, sumSquares: 1, cross: 1 } },
        'mean',
        'at.covariate.sumSquares',
      ],
      [
        { n: 4, sum: 8, sumSquares: 20, covariate: { sum: 4, sumSquares: 9, cross: Number.POSITIVE_INFINITY } },
        'mean',
        'at.covariate.cross',
      ],
    ];
    for (const [stats, kind, input] of refused)
      try {
        checkArm(stats, { kind, at: 'at' });
        throw new Error(`taken: ${JSON.stringify(stats)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(DecisionInputError);
        expect((error as DecisionInputError).input).toBe(input);
      }
    for (const alpha of [0, 1, -0.1, 1.2, Number.NaN])
      expect(() => twoProportions({ control: share(1, 9), arm: share(2, 9), alpha })).toThrow(DecisionInputError);
    for (const changed of [{ n: 0 }, { nStar: 0 }, { alpha: 0 }, { standardError: 0 }, { estimate: Number.NaN }])
      expect(() =>
        alwaysValidInterval({ estimate: 1, standardError: 1, n: 9, nStar: 9, alpha: 0.1, ...changed }),
      ).toThrow(DecisionInputError);
  });

  test('whatever is counted, no answer holds a number that is none', () => {
    fc.assert(
      fc.property(anyShare(), anyShare(), fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (control, arm, alpha) => {
        for (const answer of [
          twoProportions({ control, arm, alpha }),
          welch({ control, arm, alpha }),
          compareArms('proportion', { control, arm }),
        ])
          expect(JSON.stringify(answer)).not.toContain('null');
      }),
    );
  });
});

describe('wider and narrower', () => {
  const level = fc.double({ min: 1e-6, max: 0.3, noNaN: true });
  const size = fc.integer({ min: 10, max: 1_000_000 });

  test('a smaller alpha is wider, on both methods', () => {
    fc.assert(
      fc.property(level, level, size, size, fc.constantFrom(1 as const, 2 as const), (one, two, n, nStar, sides) => {
        const [small, large] = [Math.min(one, two), Math.max(one, two)];
        if (large / small < 1.001) return;
        expect(alwaysValidCritical({ n, nStar: n, alpha: small, sides })).toBeGreaterThan(
          alwaysValidCritical({ n, nStar: n, alpha: large, sides }),
        );
        const interval = (alpha: number) =>
          said(twoProportions({ control: share(30, 900), arm: share(50, 900), alpha }));
        expect(interval(small).upper).toBeGreaterThan(interval(large).upper);
        expect(nStar).toBeGreaterThan(0);
      }),
    );
  });

  test('one side is cheaper than two, and looking for ever costs more than looking once', () => {
    fc.assert(
      fc.property(level, size, size, (alpha, n, nStar) => {
        const two = alwaysValidCritical({ n, nStar, alpha, sides: 2 });
        expect(alwaysValidCritical({ n, nStar: n, alpha, sides: 1 })).toBeLessThan(
          alwaysValidCritical({ n, nStar: n, alpha, sides: 2 }),
        );
        expect(two).toBeGreaterThan(normalUpperQuantile(alpha / 2));
      }),
    );
  });

  test('with the same rates, more recipients are narrower', () => {
    fc.assert(
      fc.property(level, fc.integer({ min: 1, max: 50 }), (alpha, times) => {
        const half = (factor: number) => {
          const control = share(50 * factor, 1000 * factor);
          const arm = share(60 * factor, 1000 * factor);
          const { estimate, standardError } = said(compareArms('proportion', { control, arm }));
          const { lower, upper } = alwaysValidInterval({
            estimate,
            standardError,
            n: 2000 * factor,
            nStar: 20_000,
            alpha,
          });
          return upper - lower;
        };
        expect(half(times + 1)).toBeLessThan(half(times));
      }),
    );
  });

  test('swapping the arms mirrors the interval', () => {
    fc.assert(
      fc.property(anyShare(), anyShare(), (one, two) => {
        const [forth, back] = [
          compareArms('proportion', { control: one, arm: two }),
          compareArms('proportion', { control: two, arm: one }),
        ];
        if (forth.status === 'inconclusive' || back.status === 'inconclusive')
          return expect(forth.status).toBe(back.status);
        expect(forth.estimate).toBeCloseTo(-back.estimate, 12);
        expect(forth.standardError).toBeCloseTo(back.standardError, 12);
      }),
    );
  });
});
