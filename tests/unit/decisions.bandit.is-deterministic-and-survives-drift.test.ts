import fc from 'fast-check';
import { banditWeights, type Posterior, probabilityBest, valueRemaining } from '../../decisions/bandit';
import { adviseShares } from '../../decisions/bandit-advice';
import { type Batch, batchedOls, propensityCorrected, stratifiedDifference } from '../../decisions/batched';
import type { ArmStatistics } from '../../decisions/evidence';
import { twoProportions } from '../../decisions/fixed-horizon';
import { DecisionInputError } from '../../decisions/input-error';
import { createRandom } from '../../decisions/random';
import { betaCdf } from '../../decisions/special/beta';
import { normalCdf } from '../../decisions/special/normal';
import { compareArms } from '../../decisions/statistics';
import { conversion, share, statisticsOf, twoArms } from '../support/decision-evidence';

const beta = (events: number, n: number): Posterior => ({ kind: 'beta', a: 1 + events, b: 1 + n - events });
const normal = fc
  .record({
    mean: fc.double({ min: -20, max: 20, noNaN: true }),
    standardError: fc.double({ min: 0.01, max: 10, noNaN: true }),
  })
  .map((posterior): Posterior => ({ kind: 'normal', ...posterior }));
const anyBeta = fc.integer({ min: 1, max: 100_000 }).chain((n) => fc.nat(n).map((events) => beta(events, n)));

/** P(Beta(a1,b1) > Beta(a2,b2)) for whole numbers, as a finite sum (Evan Miller 2010; Cook 2005). */
function exactBetter(a1: number, b1: number, a2: number, b2: number): number {
  const logGammaOf = (k: number): number => {
    let sum = 0;
    for (let index = 2; index < k; index += 1) sum += Math.log(index);
    return sum;
  };
  const logBetaOf = (a: number, b: number) => logGammaOf(a) + logGammaOf(b) - logGammaOf(a + b);
  let sum = 0;
  for (let i = 0; i < a1; i += 1)
    sum += Math.exp(logBetaOf(a2 + i, b1 + b2) - Math.log(b1 + i) - logBetaOf(1 + i, b1) - logBetaOf(a2, b2));
  return sum;
}

describe('the probability of being best', () => {
  test('of two normals it has a closed form', () => {
    fc.assert(
      fc.property(normal, normal, (one, two) => {
        if (one.kind !== 'normal' || two.kind !== 'normal') return;
        const [first = 0] = probabilityBest([one, two]);
        const wanted = normalCdf((one.mean - two.mean) / Math.hypot(one.standardError, two.standardError));
        expect(Math.abs(first - wanted)).toBeLessThan(1e-8);
      }),
    );
  });

  test('of two shares it is the finite sum', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(200), fc.nat(200), (c1, c2, m1, m2) => {
        const [first = 0] = probabilityBest([beta(c1, c1 + m1), beta(c2, c2 + m2)]);
        expect(Math.abs(first - exactBetter(1 + c1, 1 + m1, 1 + c2, 1 + m2))).toBeLessThan(1e-8);
      }),
    );
  });

  test('sums to 1, moves with its arm, and is mirrored when down is good', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyBeta, anyBeta), { minLength: 1, maxLength: 5 }), (posteriors) => {
        const up = probabilityBest(posteriors);
        expect(up.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        for (const value of up) expect(value).toBeGreaterThanOrEqual(0);
        const turned = probabilityBest([...posteriors].reverse());
        up.forEach((value, index) => {
          expect(turned.at(-1 - index)).toBeCloseTo(value, 9);
        });
        const mirrored = posteriors.map(
          (posterior): Posterior =>
            posterior.kind === 'beta' ? { kind: 'beta', a: posterior.b, b: posterior.a } : posterior,
        );
        probabilityBest(mirrored, 'down').forEach((value, index) => {
          expect(value).toBeCloseTo(up[index] ?? 0, 6);
        });
      }),
      { numRuns: 40 },
    );
  });

  test('three alike have a third each; the same data give the same digits', () => {
    const three = [beta(50, 1000), beta(50, 1000), beta(50, 1000)];
    for (const value of probabilityBest(three)) expect(value).toBeCloseTo(1 / 3, 9);
    const arms = [beta(50, 1000), beta(61, 990), beta(40, 1004)];
    expect(probabilityBest(arms)).toEqual(probabilityBest(arms));
  });

  test('a sharp arm beside a vague one', () => {
    const [vague = 0] = probabilityBest([beta(5, 100), beta(50_000, 1_000_000)]);
    expect(Math.abs(vague - (1 - betaCdf({ a: 6, b: 96, x: 0.05 })))).toBeLessThan(1e-4);
    const [sharp = 0] = probabilityBest([
      { kind: 'normal', mean: 0, standardError: 1e-4 },
      { kind: 'normal', mean: 0, standardError: 10 },
    ]);
    expect(sharp).toBeCloseTo(0.5, 6);
  });
});

describe('shares', () => {
  test('sum to 1, keep the floor, and grow with the probability', () => {
    fc.assert(
      fc.property(
        fc.array(anyBeta, { minLength: 2, maxLength: 4 }),
        fc.double({ min: 0, max: 0.24, noNaN: true }),
        (posteriors, floor) => {
          const probabilities = probabilityBest(posteriors);
          const weights = banditWeights(probabilities, floor);
          expect(weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
          for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(floor - 1e-12);
          expect(weights.indexOf(Math.max(...weights))).toBe(probabilities.indexOf(Math.max(...probabilities)));
        },
      ),
      { numRuns: 40 },
    );
    expect(() => banditWeights([0.5, 0.5], 0.5)).toThrow(DecisionInputError);
    expect(() => probabilityBest([])).toThrow(DecisionInputError);
    expect(() => probabilityBest([{ kind: 'beta', a: 0, b: 1 }])).toThrow(DecisionInputError);
  });

  const advise = (arms: Record<string, ArmStatistics>) =>
    adviseShares({
      experiment: { ...twoArms, goal: 'earn' },
      metric: conversion,
      measurement: { metric: 'conversion', status: 'measured', arms },
      arms: ['a', 'b'],
    });

  test('stay even until each arm has 100 recipients and 40 conversions', () => {
    expect(advise({ a: share(40, 99), b: share(80, 500) })).toMatchObject({
      burntIn: false,
      weights: { a: 0.5, b: 0.5 },
    });
    expect(advise({ a: share(39, 500), b: share(80, 500) })).toMatchObject({
      burntIn: false,
      weights: { a: 0.5, b: 0.5 },
    });
    const ready = advise({ a: share(40, 500), b: share(80, 500) });
    expect(ready.burntIn).toBe(true);
    expect(ready.weights.b).toBeCloseTo(0.95, 3);
    expect(advise({ a: share(40, 500) })).toMatchObject({ burntIn: false });
  });

  test('follow the waves rather than the pool, where shares changed', () => {
    const wave = (name: string, a: ArmStatistics, b: ArmStatistics, chance: number) => ({
      wave: name,
      propensity: { a: 1 - chance, b: chance },
      arms: { a, b },
    });
    const waves = [
      wave('1', share(100, 2000), share(100, 2000), 0.5),
      wave('2', share(20, 200), share(380, 3800), 0.95),
    ];
    const arms = { a: share(120, 2200), b: share(480, 5800) };
    const input = { experiment: { ...twoArms, goal: 'earn' as const }, metric: conversion, arms: ['a', 'b'] };
    const pooled = adviseShares({ ...input, measurement: { metric: 'conversion', status: 'measured', arms } });
    const byWave = adviseShares({ ...input, measurement: { metric: 'conversion', status: 'measured', arms, waves } });
    expect(pooled.probabilityBest.b).toBeGreaterThan(0.99);
    expect(byWave.probabilityBest.b).toBeCloseTo(0.5, 6);
  });
});

describe('the value remaining', () => {
  test('of two normals, by its own definition', () => {
    const posteriors: Posterior[] = [
      { kind: 'normal', mean: 10, standardError: 0.2 },
      { kind: 'normal', mean: 10.1, standardError: 0.3 },
    ];
    const answer = valueRemaining({ posteriors, best: 0 });
    if (answer.status === 'inconclusive') throw new Error(answer.reason);
    const random = createRandom(8);
    const draws = Array.from({ length: 200_000 }, () => {
      const best = 10 + 0.2 * random.normal();
      return Math.max(0, (10.1 + 0.3 * random.normal() - best) / best);
    }).sort((one, two) => one - two);
    expect(Math.abs(answer.value - (draws[190_000] ?? 0))).toBeLessThan(1e-3);
  });
  test('falls with more recipients, and is 0 for the only arm', () => {
    const value = (factor: number) => {
      const answer = valueRemaining({
        posteriors: [beta(60 * factor, 1000 * factor), beta(50 * factor, 1000 * factor)],
        best: 0,
      });
      return answer.status === 'estimated' ? answer.value : Number.NaN;
    };
    expect(value(10)).toBeLessThan(value(1));
    expect(value(1000)).toBe(0);
    expect(valueRemaining({ posteriors: [beta(50, 1000)], best: 0 })).toEqual({ status: 'estimated', value: 0 });
  });
  test('is unknown while the best may be worth nothing; down is a share that could be saved', () => {
    expect(valueRemaining({ posteriors: [{ kind: 'normal', mean: 1, standardError: 1 }], best: 0 })).toMatchObject({
      status: 'inconclusive',
    });
    const answer = valueRemaining({ posteriors: [beta(50, 1000), beta(60, 1000)], best: 0, goodDirection: 'down' });
    expect(answer).toMatchObject({ status: 'estimated' });
    expect(() => valueRemaining({ posteriors: [beta(1, 2)], best: 3 })).toThrow(DecisionInputError);
  });
});

describe('waves of their own', () => {
  const batch = (a: ArmStatistics, b: ArmStatistics, chance = 0.5): Batch => ({
    control: a,
    arm: b,
    propensity: { control: 1 - chance, arm: chance },
  });

  test('one wave is the plain comparison', () => {
    const [control, arm] = [share(50, 1000), share(70, 1000)];
    const plain = compareArms('proportion', { control, arm });
    if (plain.status === 'inconclusive') throw new Error(plain.reason);
    const stratified = stratifiedDifference('proportion', { batches: [batch(control, arm)] });
    if (stratified.status === 'inconclusive') throw new Error(stratified.reason);
    expect(stratified.estimate).toBeCloseTo(plain.estimate, 12);
    expect(stratified.standardError).toBeCloseTo(plain.standardError, 12);
    const pooled = twoProportions({ control, arm, alpha: 0.05 });
    if (pooled.status === 'inconclusive') throw new Error(pooled.reason);
    const bols = batchedOls('proportion', [batch(control, arm)]);
    if (bols.status === 'inconclusive') throw new Error(bols.reason);
    expect(bols.z).toBeCloseTo(pooled.statistic, 12);
  });

  test('the propensity-corrected effect is the mean of ψ, person by person', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            a: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
            b: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
            chance: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.constantFrom(1, 0.9),
        (waves, scale) => {
          const psi: number[] = [];
          const seen: number[] = [];
          for (const { a, b, chance } of waves) {
            const middle = seen.length > 0 ? seen.reduce((sum, value) => sum + value, 0) / seen.length : 0;
            const shift = middle * (1 - scale);
            for (const value of b) psi.push((value - middle) / chance + shift);
            for (const value of a) psi.push((-scale * (value - middle)) / (1 - chance) + shift);
            seen.push(...a, ...b);
          }
          const batches = waves.map(({ a, b, chance }) => batch(statisticsOf(a), statisticsOf(b), chance));
          const answer = propensityCorrected('mean', { batches, alpha: 0.05, nStar: 100, scale });
          const mean = psi.reduce((sum, value) => sum + value, 0) / psi.length;
          const variance = psi.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (psi.length - 1);
          if (answer.status === 'inconclusive') return expect(variance).toBeLessThan(1e-9);
          expect(answer.estimate).toBeCloseTo(mean, 8);
          expect(answer.standardError).toBeCloseTo(Math.sqrt(variance / psi.length), 6);
        },
      ),
    );
  });

  test('a base rate that drifts fools the pool, not the waves', () => {
    const random = createRandom(21);
    const reps = 400;
    const rejected = { pooled: 0, stratified: 0, bols: 0, corrected: 0 };
    for (let rep = 0; rep < reps; rep += 1) {
      const batches = [0.3, 0.5, 0.7, 0.9].map((chance, index) => {
        const rate = 0.04 + 0.015 * index;
        const n = Math.round(4000 * chance);
        return batch(share(random.binomial(4000 - n, rate), 4000 - n), share(random.binomial(n, rate), n), chance);
      });
      const total = (side: 'arm' | 'control') => {
        const sum = (of: (stats: ArmStatistics) => number) => batches.reduce((all, one) => all + of(one[side]), 0);
        return share(
          sum(({ sum: events }) => events),
          sum(({ n }) => n),
        );
      };
      const pooled = compareArms('proportion', { control: total('control'), arm: total('arm') });
      const stratified = stratifiedDifference('proportion', { batches });
      const bols = batchedOls('proportion', batches);
      const corrected = propensityCorrected('proportion', { batches, alpha: 0.05, nStar: 16_000 });
      if (
        pooled.status === 'inconclusive' ||
        stratified.status === 'inconclusive' ||
        bols.status === 'inconclusive' ||
        corrected.status === 'inconclusive'
      )
        throw new Error('everything can be estimated here');
      if (Math.abs(pooled.estimate) > 1.96 * pooled.standardError) rejected.pooled += 1;
      if (Math.abs(stratified.estimate) > 1.96 * stratified.standardError) rejected.stratified += 1;
      if (bols.pValue < 0.05) rejected.bols += 1;
      if (corrected.lower > 0 || corrected.upper < 0) rejected.corrected += 1;
    }
    expect(rejected.pooled / reps).toBeGreaterThan(0.5);
    const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / reps);
    expect(rejected.stratified / reps).toBeLessThan(most);
    expect(rejected.bols / reps).toBeLessThan(most);
    expect(rejected.corrected / reps).toBeLessThan(most);
  });

  test('nothing to compare is inconclusive; a chance of 0 is refused', () => {
    expect(batchedOls('proportion', [])).toMatchObject({ status: 'inconclusive' });
    expect(stratifiedDifference('proportion', { batches: [batch(share(0, 9), share(0, 9))] })).toMatchObject({
      status: 'inconclusive',
    });
    expect(propensityCorrected('ratio', { batches: [], alpha: 0.05, nStar: 9 })).toMatchObject({
      status: 'inconclusive',
    });
    expect(propensityCorrected('mean', { batches: [], alpha: 0.05, nStar: 9 })).toMatchObject({
      status: 'inconclusive',
    });
    expect(() =>
      propensityCorrected('proportion', { batches: [batch(share(1, 9), share(1, 9), 1)], alpha: 0.05, nStar: 9 }),
    ).toThrow(DecisionInputError);
  });
});
