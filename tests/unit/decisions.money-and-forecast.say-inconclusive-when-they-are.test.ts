import fc from 'fast-check';
import { forecast } from '../../decisions/forecast';
import type { ForecastInput } from '../../decisions/forecast-input';
import { holdoutLift, holdoutReturn } from '../../decisions/holdout';
import { DecisionInputError } from '../../decisions/input-error';
import { powerOf, recipientsForNonInferiority, recipientsNeeded } from '../../decisions/power';
import { createRandom } from '../../decisions/random';
import { normalUpperQuantile } from '../../decisions/special/normal';
import { anyShare, share, statisticsOf } from '../support/decision-evidence';

describe('what the holdout says', () => {
  const treated = { n: 9000, sum: 18_000, sumSquares: 200_000 };
  const holdout = { n: 1000, sum: 1800, sumSquares: 19_000 };

  test('lift a head, incremental revenue, return and spend are linear in one another', () => {
    const result = holdoutReturn({ kind: 'mean', treated, holdout, cost: 500, margin: 0.4 });
    if (result.status === 'inconclusive') throw new Error(result.reason);
    expect(result.perHead.estimate).toBeCloseTo(0.2, 12);
    expect(result.incremental.estimate).toBeCloseTo(1800, 9);
    expect(result.returnOnInvestment?.estimate).toBeCloseTo((0.4 * 1800 - 500) / 500, 12);
    expect(result.returnOnSpend?.estimate).toBeCloseTo(3.6, 12);
    expect(result.returnOnInvestment?.lower).toBeCloseTo((0.4 * 9000 * result.perHead.lower - 500) / 500, 9);
    const variance = (200_000 - 18_000 ** 2 / 9000) / 8999 / 9000 + (19_000 - 1800 ** 2 / 1000) / 999 / 1000;
    expect(result.perHead.upper - result.perHead.estimate).toBeCloseTo(
      normalUpperQuantile(0.025) * Math.sqrt(variance),
      12,
    );
  });

  test('the verdict follows the side of 0 that the interval is on', () => {
    fc.assert(
      fc.property(anyShare(), anyShare(), fc.integer({ min: 1, max: 5000 }), (one, two, cost) => {
        const result = holdoutReturn({ kind: 'proportion', treated: one, holdout: two, cost, margin: 12 });
        if (result.status === 'inconclusive') return;
        const { lower, upper } = result.perHead;
        expect(result.verdict).toBe(lower > 0 ? 'gain' : upper < 0 ? 'loss' : 'inconclusive');
        const money = result.returnOnInvestment ?? { lower: 0, upper: 0 };
        expect(result.returnVerdict).toBe(money.lower > 0 ? 'pays' : money.upper < 0 ? 'loses' : 'inconclusive');
        expect(JSON.stringify(result)).not.toContain('null');
      }),
    );
  });

  test('nobody held out, or nothing bought, is inconclusive; without cost there is no return', () => {
    expect(holdoutLift({ kind: 'mean', treated, holdout: statisticsOf([]) })).toMatchObject({ status: 'inconclusive' });
    expect(holdoutLift({ kind: 'proportion', treated: share(0, 10), holdout: share(0, 9) })).toMatchObject({
      status: 'inconclusive',
    });
    const free = holdoutReturn({ kind: 'mean', treated, holdout, cost: 0, margin: 1 });
    expect(free).toMatchObject({ returnVerdict: 'inconclusive' });
    expect(free).not.toHaveProperty('returnOnInvestment');
    expect(() => holdoutReturn({ kind: 'mean', treated, holdout, cost: -1, margin: 1 })).toThrow(DecisionInputError);
  });
});

describe('a forecast', () => {
  const count = (changes: Partial<ForecastInput> = {}): ForecastInput => ({
    kind: 'count',
    target: 100,
    observed: { events: 40 },
    exposure: { kind: 'linear', elapsed: 10, remaining: 10 },
    ...changes,
  });

  test('agrees with a simulated future: a gamma rate, then Poisson counts', () => {
    const random = createRandom(4);
    const gamma = (halves: number) => {
      let sum = 0;
      for (let index = 0; index < halves; index += 1) sum += random.normal() ** 2;
      return sum / 2;
    };
    const poisson = (mean: number) => {
      let [events, time] = [-1, 0];
      while (time < mean) {
        time += random.exponential(1);
        events += 1;
      }
      return events;
    };
    const reps = 20_000;
    const totals = Array.from({ length: reps }, () => 40 + poisson((gamma(81) / 10) * 10)).sort(
      (one, two) => one - two,
    );
    const { probability = -1, low = 0, high = 0, expected = 0 } = forecast(count({ target: 85 }));
    const reached = totals.filter((total) => total >= 85).length / reps;
    expect(Math.abs(probability - reached)).toBeLessThan(4 * Math.sqrt(0.25 / reps));
    expect(Math.abs(low - (totals[reps / 10] ?? 0))).toBeLessThanOrEqual(1);
    expect(Math.abs(high - (totals[(9 * reps) / 10] ?? 0))).toBeLessThanOrEqual(1);
    expect(expected).toBeCloseTo(40 + 40.5, 9);
  });

  test('more events, more time or a lower target never make it less likely', () => {
    const input = fc.record({
      events: fc.nat(300),
      elapsed: fc.integer({ min: 1, max: 50 }),
      remaining: fc.nat(50),
      target: fc.nat(600),
    });
    const of = ({
      events,
      elapsed,
      remaining,
      target,
    }: {
      events: number;
      elapsed: number;
      remaining: number;
      target: number;
    }) =>
      forecast(count({ target, observed: { events }, exposure: { kind: 'linear', elapsed, remaining } })).probability ??
      -1;
    fc.assert(
      fc.property(input, (given) => {
        const now = of(given);
        expect(now).toBeGreaterThanOrEqual(0);
        expect(now).toBeLessThanOrEqual(1);
        expect(of({ ...given, events: given.events + 5 })).toBeGreaterThanOrEqual(now - 1e-12);
        expect(of({ ...given, remaining: given.remaining + 3 })).toBeGreaterThanOrEqual(now - 1e-12);
        expect(of({ ...given, target: given.target + 4 })).toBeLessThanOrEqual(now + 1e-12);
      }),
    );
  });

  test('an upper limit is the other side of a target', () => {
    const up = forecast(count({ target: 81 })).probability ?? -1;
    const down = forecast(count({ target: 80, goodDirection: 'down' })).probability ?? -1;
    expect(up + down).toBeCloseTo(1, 12);
  });

  test('recipients whose window is open count with what has come, and bring the rest', () => {
    const cohorts = (arrived: number, remainingUnits: number): ForecastInput =>
      count({ exposure: { kind: 'cohorts', cohorts: [{ units: 1000, arrived }], remainingUnits } });
    expect(forecast(cohorts(1, 0))).toMatchObject({ probability: 0, expected: 40, low: 40, high: 40 });
    expect(forecast(cohorts(0.5, 0)).expected).toBeCloseTo(40 + 40.5, 9);
    expect(forecast(cohorts(1, 1000)).expected).toBeCloseTo(forecast(cohorts(0.5, 0)).expected ?? 0, 9);
    const late = count({
      exposure: {
        kind: 'cohorts',
        cohorts: [{ units: 1000, arrived: 0.5 }],
        arrivedByDeadline: 0.75,
        remainingUnits: 0,
      },
    });
    expect(forecast(late).expected).toBeCloseTo(40 + 20.25, 9);
  });

  test('a sum is normal around the pace, wider than its events alone', () => {
    const amounts = { events: 100, sum: 5000, sumSquares: 260_000 };
    const input: ForecastInput = {
      kind: 'sum',
      target: 10_000,
      observed: amounts,
      exposure: { kind: 'linear', elapsed: 10, remaining: 10 },
    };
    const { probability = 0, expected = 0, low = 0, high = 0, method } = forecast(input);
    expect(method).toBe('compound-normal');
    expect(expected).toBeCloseTo(5000 + 100.5 * 50, 9);
    expect(probability).toBeGreaterThan(0.5);
    const spread = (260_000 - 5000 ** 2 / 100) / 99;
    const variance = 100.5 * spread + 100.5 * 2 * 50 ** 2 + (100.5 ** 2 * spread) / 100;
    expect(high - low).toBeCloseTo(2 * normalUpperQuantile(0.1) * Math.sqrt(variance), 6);
    expect(forecast({ ...input, goodDirection: 'down' }).probability).toBeCloseTo(1 - probability, 12);
  });

  test('without exposure, or with few amounts, there is none', () => {
    expect(forecast(count({ exposure: { kind: 'linear', elapsed: 0, remaining: 9 } }))).toMatchObject({
      status: 'inconclusive',
    });
    expect(forecast({ ...count(), kind: 'sum', observed: { events: 4, sum: 40, sumSquares: 400 } })).toMatchObject({
      status: 'inconclusive',
    });
    expect(
      forecast(count({ prior: { events: 4, exposure: 1 }, exposure: { kind: 'linear', elapsed: 0, remaining: 9 } })),
    ).toMatchObject({ status: 'forecast' });
    expect(forecast(count({ prior: { events: 0, exposure: 0 }, observed: { events: 0 } }))).toMatchObject({
      probability: 0,
      expected: 0,
    });
    expect(forecast({ ...count(), kind: 'sum', observed: { events: 9, sum: 0, sumSquares: 0 } })).toMatchObject({
      probability: 0,
    });
    for (const bad of [
      count({ target: Number.NaN }),
      count({ observed: { events: -1 } }),
      count({ exposure: { kind: 'linear', elapsed: -1, remaining: 1 } }),
      count({ exposure: { kind: 'cohorts', cohorts: [{ units: 1, arrived: 2 }], remainingUnits: 0 } }),
      count({ prior: { events: -1, exposure: 0 } }),
    ])
      expect(() => forecast(bad)).toThrow(DecisionInputError);
  });
});

describe('how many it takes', () => {
  const variation = { kind: 'proportion' as const, base: 0.05 };

  test('the textbook figure: 5 % against 6 %, 5 % two-sided, 80 %: 8,155 each', () =>
    expect(recipientsNeeded({ variation, effect: 0.01, alpha: 0.05, power: 0.8 })).toBe(8155));

  test('a simulation with that many finds the effect as often as asked', () => {
    const n = recipientsNeeded({ variation, effect: 0.01, alpha: 0.05, power: 0.8 });
    const random = createRandom(5);
    const reps = 4000;
    let found = 0;
    for (let rep = 0; rep < reps; rep += 1) {
      const [a, b] = [random.binomial(n, 0.05) / n, random.binomial(n, 0.06) / n];
      if ((b - a) / Math.sqrt((a * (1 - a) + b * (1 - b)) / n) > normalUpperQuantile(0.025)) found += 1;
    }
    expect(Math.abs(found / reps - 0.8)).toBeLessThan(4 * Math.sqrt((0.8 * 0.2) / reps));
  });

  test('size and power undo each other', () => {
    const effect = fc.double({ min: 0.002, max: 0.2, noNaN: true });
    const level = fc.double({ min: 0.001, max: 0.2, noNaN: true });
    const power = fc.double({ min: 0.3, max: 0.99, noNaN: true });
    const ratio = fc.double({ min: 0.1, max: 5, noNaN: true });
    fc.assert(
      fc.property(effect, level, power, ratio, fc.boolean(), (size, alpha, wanted, times, mean) => {
        const what = mean ? { kind: 'mean' as const, deviation: 0.7 } : variation;
        const input = { variation: what, effect: size, alpha, ratio: times };
        if (wanted <= alpha) return;
        const n = recipientsNeeded({ ...input, power: wanted });
        expect(powerOf({ ...input, n })).toBeGreaterThanOrEqual(wanted - 1e-9);
        if (n > 1) expect(powerOf({ ...input, n: n - 1 })).toBeLessThan(wanted + 1e-9);
      }),
    );
  });

  test('to prove no harm takes far more than to see it', () => {
    const harmless = recipientsForNonInferiority({
      variation: { kind: 'proportion', base: 0.002 },
      margin: 0.0002,
      alpha: 0.05,
      power: 0.8,
    });
    expect(harmless).toBeGreaterThan(500_000);
    expect(harmless).toBeCloseTo(
      Math.ceil(((normalUpperQuantile(0.05) + normalUpperQuantile(0.2)) ** 2 * 2 * 0.002 * 0.998) / 0.0002 ** 2),
      0,
    );
  });

  test('nonsense is refused', () => {
    expect(() => recipientsNeeded({ variation, effect: 0, alpha: 0.05, power: 0.8 })).toThrow(DecisionInputError);
    expect(() => recipientsNeeded({ variation, effect: 0.99, alpha: 0.05, power: 0.8 })).toThrow(DecisionInputError);
    expect(() => recipientsNeeded({ variation, effect: 0.1, alpha: 0.05, power: 1 })).toThrow(DecisionInputError);
    expect(() => powerOf({ variation: { kind: 'mean', deviation: 0 }, effect: 1, alpha: 0.05, n: 10 })).toThrow(
      DecisionInputError,
    );
    expect(() => recipientsForNonInferiority({ variation, margin: -1, alpha: 0.05, power: 0.8 })).toThrow(
      DecisionInputError,
    );
  });
});
