import fc from 'fast-check';
import { DecisionInputError } from '../../decisions/input-error';
import { createRandom } from '../../decisions/random';
import { conversionSplit, logSplitEvidence } from '../../decisions/rare-events';
import { limitBreached, priorAt, rateEvidence, rateInterval } from '../../decisions/rate-limit';
import { chiSquareSampleRatio, sequentialSampleRatio } from '../../decisions/sample-ratio';
import { integrate } from '../../decisions/special/quadrature';

const counts = (most = 5000) =>
  fc.integer({ min: 1, max: most }).chain((n) => fc.nat(n).map((events) => ({ n, events })));
const level = fc.double({ min: 1e-4, max: 0.2, noNaN: true });
const within = (value: number, wanted: number, tolerance = 1e-9) =>
  expect(Math.abs(value - wanted)).toBeLessThan(tolerance * (1 + Math.abs(wanted)));

describe('a rate against its limit', () => {
  test('the evidence is the mean likelihood over the prior, over the likelihood of the limit', () => {
    for (const { n, events, a, b, p } of [
      { n: 12, events: 3, a: 1, b: 1, p: 0.1 },
      { n: 40, events: 2, a: 2, b: 30, p: 0.2 },
    ]) {
      const likelihood = (q: number) => q ** events * (1 - q) ** (n - events);
      const prior = (q: number) => q ** (a - 1) * (1 - q) ** (b - 1);
      const of = (f: (q: number) => number) => integrate(f, { from: 0, to: 1, panels: 200 });
      const wanted = Math.log(of((q) => likelihood(q) * prior(q)) / of(prior) / likelihood(p));
      within(rateEvidence({ n, events, prior: { a, b } })(p), wanted, 1e-8);
    }
  });

  test('bounds lie around the rate, and are just where the evidence reaches 1/alpha', () => {
    fc.assert(
      fc.property(counts(), level, ({ n, events }, alpha) => {
        const { lower, upper } = rateInterval({ n, events, alpha });
        expect(lower).toBeLessThanOrEqual(events / n);
        expect(upper).toBeGreaterThanOrEqual(events / n);
        const evidence = rateEvidence({ n, events });
        if (lower > 0) within(evidence(lower), -Math.log(alpha), 1e-3);
        if (upper < 1) within(evidence(upper), -Math.log(alpha), 1e-3);
      }),
    );
  });

  test('breached means that the limit lies below the interval', () => {
    fc.assert(
      fc.property(counts(), level, fc.double({ min: 0.0005, max: 0.9, noNaN: true }), ({ n, events }, alpha, limit) => {
        const { lower } = rateInterval({ n, events, alpha, prior: priorAt(limit) });
        if (Math.abs(lower - limit) < 1e-8) return;
        expect(limitBreached({ n, events, alpha, limit })).toBe(lower > limit);
      }),
    );
  });

  test('one more complaint never speaks for the limit', () => {
    fc.assert(
      fc.property(counts(), level, fc.double({ min: 0.0005, max: 0.5, noNaN: true }), ({ n, events }, alpha, limit) => {
        if (events === n) return;
        const [before, after] = [rateInterval({ n, events, alpha }), rateInterval({ n, events: events + 1, alpha })];
        expect(after.lower).toBeGreaterThanOrEqual(before.lower - 1e-12);
        expect(after.upper).toBeGreaterThanOrEqual(before.upper - 1e-12);
        if (limitBreached({ n, events, alpha, limit }))
          expect(limitBreached({ n, events: events + 1, alpha, limit })).toBe(true);
      }),
    );
  });

  test('a smaller alpha is wider', () => {
    fc.assert(
      fc.property(counts(), level, ({ n, events }, alpha) => {
        const [wide, narrow] = [rateInterval({ n, events, alpha: alpha / 3 }), rateInterval({ n, events, alpha })];
        expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
        expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
      }),
    );
  });

  test('looked at after every recipient, a rate on its limit is called too high in at most alpha', () => {
    const random = createRandom(3);
    const [limit, alpha, reps] = [0.02, 0.1, 1500];
    let breached = 0;
    for (let rep = 0; rep < reps; rep += 1) {
      let events = 0;
      for (let n = 1; n <= 600; n += 1) {
        if (random.uniform() >= limit) continue;
        events += 1;
        if (limitBreached({ n, events, alpha, limit })) {
          breached += 1;
          break;
        }
      }
    }
    expect(breached / reps).toBeLessThan(alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / reps));
    expect(breached).toBeGreaterThan(0);
  });

  test('nobody measured says nothing; nonsense is refused', () => {
    expect(rateInterval({ n: 0, events: 0, alpha: 0.05 })).toEqual({ lower: 0, upper: 1 });
    expect(limitBreached({ n: 0, events: 0, alpha: 0.05, limit: 0.1 })).toBe(false);
    for (const bad of [
      { n: 5, events: 6, alpha: 0.05 },
      { n: -1, events: 0, alpha: 0.05 },
      { n: 5, events: 1, alpha: 1 },
      { n: 5, events: 1, alpha: 0.05, prior: { a: 0, b: 1 } },
    ])
      expect(() => rateInterval(bad)).toThrow(DecisionInputError);
    expect(() => limitBreached({ n: 5, events: 1, alpha: 0.05, limit: 0 })).toThrow(DecisionInputError);
  });
});

describe('two arms with few events', () => {
  const pair = fc.record({ control: counts(2000), arm: counts(2000) });

  test('the evidence is a martingale: the next conversion leaves its mean as it is', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (arm, control, w) => {
        const now = Math.exp(logSplitEvidence({ arm, control, w }));
        const next =
          w * Math.exp(logSplitEvidence({ arm: arm + 1, control, w })) +
          (1 - w) * Math.exp(logSplitEvidence({ arm, control: control + 1, w }));
        within(next / now, 1, 1e-9);
      }),
    );
  });

  test('swapping the arms mirrors the interval', () => {
    fc.assert(
      fc.property(pair, level, ({ control, arm }, alpha) => {
        const forth = conversionSplit({ control, arm, alpha });
        const back = conversionSplit({ control: arm, arm: control, alpha });
        expect(forth.lower).toBeCloseTo(-back.upper, 8);
        expect(forth.upper).toBeCloseTo(-back.lower, 8);
        expect(forth.pValue).toBeCloseTo(back.pValue, 9);
        expect(forth.lower).toBeLessThanOrEqual(forth.upper);
      }),
    );
  });

  test('one more conversion moves the bounds up, on the side of 0 where they decide', () => {
    fc.assert(
      fc.property(pair, level, ({ control, arm }, alpha) => {
        if (arm.events === arm.n) return;
        const before = conversionSplit({ control, arm, alpha });
        const after = conversionSplit({ control, arm: { ...arm, events: arm.events + 1 }, alpha });
        if (before.lower > 0) expect(after.lower).toBeGreaterThanOrEqual(before.lower - 1e-9);
        if (before.upper > 0 && before.upper < 1) expect(after.upper).toBeGreaterThanOrEqual(before.upper - 1e-9);
      }),
    );
  });

  test('0 is outside just when the p-value is below alpha', () => {
    fc.assert(
      fc.property(pair, level, ({ control, arm }, alpha) => {
        const { lower, upper, pValue } = conversionSplit({ control, arm, alpha });
        if (Math.abs(pValue - alpha) < 1e-6 * alpha) return;
        expect(lower > 0 || upper < 0).toBe(pValue < alpha);
      }),
    );
  });

  test('no conversions say nothing', () =>
    expect(conversionSplit({ control: { n: 10, events: 0 }, arm: { n: 10, events: 0 }, alpha: 0.05 })).toMatchObject({
      lower: -1,
      upper: 1,
      pValue: 1,
    }));

  test('nonsense is refused', () => {
    expect(() => conversionSplit({ control: { n: 0, events: 0 }, arm: { n: 1, events: 0 }, alpha: 0.05 })).toThrow(
      DecisionInputError,
    );
    expect(() => conversionSplit({ control: { n: 2, events: 3 }, arm: { n: 1, events: 0 }, alpha: 0.05 })).toThrow(
      DecisionInputError,
    );
  });
});

describe('shares as they were drawn', () => {
  const wave = (counts: Record<string, number>, weights: Record<string, number> = { a: 0.5, b: 0.5 }) => ({
    wave: '1',
    weights,
    counts,
  });
  const pOf = (test: ReturnType<typeof sequentialSampleRatio>) => (test.status === 'tested' ? test.pValue : Number.NaN);

  test('the sequential factor is the mean likelihood of the prior over that of the declared shares', () => {
    const [a, b] = [9, 3];
    const k = 10_000;
    let log = 0;
    [a, b].forEach((count) => {
      for (let index = 0; index < count; index += 1) log += Math.log((k / 2 + index) / 0.5);
    });
    for (let index = 0; index < a + b; index += 1) log -= Math.log(k + index);
    within(pOf(sequentialSampleRatio([wave({ a, b })])), Math.min(1, Math.exp(-log)), 1e-6);
    within(
      pOf(sequentialSampleRatio([wave({ a: 5900, b: 5000 })])),
      pOf(sequentialSampleRatio([wave({ a: 5000, b: 5900 })])),
    );
  });

  test('even shares are fine, a loss of an arm is found by both', () => {
    for (const test of [chiSquareSampleRatio, sequentialSampleRatio]) {
      expect(pOf(test([wave({ a: 5000, b: 5010 })]))).toBeGreaterThan(0.5);
      expect(pOf(test([wave({ a: 5000, b: 4000 })]))).toBeLessThan(1e-6);
    }
  });

  test('an arm without a share has no degree of freedom, and nobody may be in it', () => {
    const weights = { a: 0.5, b: 0.5, dropped: 0 };
    for (const test of [chiSquareSampleRatio, sequentialSampleRatio]) {
      expect(pOf(test([wave({ a: 5000, b: 5100, dropped: 0 }, weights)]))).toBe(
        pOf(test([wave({ a: 5000, b: 5100 })])),
      );
      expect(pOf(test([wave({ a: 5000, b: 5100, dropped: 1 }, weights)]))).toBe(0);
      expect(pOf(test([wave({ a: 5000, b: 5100, stranger: 1 })]))).toBe(0);
    }
  });

  test('waves with shares of their own count each by its own', () => {
    const waves = [wave({ a: 900, b: 100 }, { a: 9, b: 1 }), wave({ a: 500, b: 500 })];
    expect(pOf(sequentialSampleRatio(waves))).toBeGreaterThan(0.5);
    expect(pOf(chiSquareSampleRatio(waves))).toBeGreaterThan(0.5);
    expect(pOf(sequentialSampleRatio([wave({ a: 1400, b: 600 })]))).toBeLessThan(1e-6);
  });

  test('nobody assigned is inconclusive, and so are five', () => {
    expect(sequentialSampleRatio([])).toMatchObject({ status: 'inconclusive' });
    expect(sequentialSampleRatio([wave({ a: 0, b: 0 })])).toMatchObject({ status: 'inconclusive' });
    expect(chiSquareSampleRatio([wave({ a: 4, b: 1 })])).toMatchObject({ status: 'inconclusive' });
  });

  test('nonsense is refused', () => {
    expect(() => sequentialSampleRatio([wave({ a: -1, b: 2 })])).toThrow(DecisionInputError);
    expect(() => sequentialSampleRatio([wave({ a: 1, b: 2 }, { a: -1, b: 2 })])).toThrow(DecisionInputError);
    expect(() => sequentialSampleRatio([wave({ a: 1, b: 2 }, { a: 0, b: 0 })])).toThrow(DecisionInputError);
  });
});
