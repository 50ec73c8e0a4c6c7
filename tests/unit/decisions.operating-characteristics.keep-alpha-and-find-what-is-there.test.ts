import fc from 'fast-check';
import type { ArmStatistics, ExperimentPlan, Look } from '../../decisions/evidence';
import { DecisionInputError } from '../../decisions/input-error';
import { judge } from '../../decisions/judge';
import { type OperatingInput, operatingCharacteristics } from '../../decisions/operating-characteristics';
import { playExperiment } from '../../decisions/played-experiment';
import { createRandom } from '../../decisions/random';
import { addArms, checkRate, drawArm } from '../../decisions/worlds';
import { complaint, conversion, evidence, measured, share, twoArms, unsubscribe } from '../support/decision-evidence';

const plan: OperatingInput = {
  experiment: { ...twoArms, maxRecipients: 20_000, minEffect: { kind: 'relative', value: 0.2 } },
  metrics: [conversion, unsubscribe, complaint],
  looks: [0.25, 0.5, 0.75, 1],
  baseRates: { conversion: { rate: 0.05 }, unsubscribe: { rate: 0.005 }, complaint: { rate: 0.001 } },
  reps: 300,
  seed: 3,
};
const withExperiment = (changes: Partial<ExperimentPlan>): OperatingInput => ({
  ...plan,
  experiment: { ...plan.experiment, ...changes },
});
/** At most alpha, and two Monte-Carlo errors. */
const atMost = (alpha: number, reps: number) => alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / reps);

/** Share of worlds with equal arms in which one of them was declared the winner. */
function falseWinners(input: OperatingInput, reps: number): number {
  const random = createRandom(17);
  const rates = Object.fromEntries(input.experiment.arms.map((arm) => [arm, input.baseRates]));
  let winners = 0;
  for (let rep = 0; rep < reps; rep += 1)
    if (playExperiment(input, { random, rates }).winner !== undefined) winners += 1;
  return winners / reps;
}

describe('a plan', () => {
  test('promotes a false winner in at most alpha, by every method, looking four times', () => {
    for (const method of ['group-sequential', 'always-valid', 'fixed'] as const)
      expect(falseWinners(withExperiment({ method }), 500)).toBeLessThanOrEqual(atMost(0.025, 500));
  });

  test('looking twenty times, either arm wins in at most alpha', () => {
    const looks = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
    const symmetric = { ...withExperiment({ controlMayWin: true }), metrics: [conversion], looks };
    expect(falseWinners(symmetric, 800)).toBeLessThanOrEqual(atMost(0.05, 800));
  });

  test('of rare conversions does not either', () => {
    for (const rate of [0.0005, 0.002])
      expect(
        falseWinners({ ...plan, metrics: [conversion], baseRates: { conversion: { rate } } }, 500),
      ).toBeLessThanOrEqual(atMost(0.025, 500));
  });

  test('at its margin, a guardrail is proven, and broken, in at most alpha over all looks', () => {
    const guardrail = { ...unsubscribe, margin: { kind: 'relative' as const, value: 0.1 } };
    const experiment = { ...plan.experiment, maxRecipients: 200_000 };
    const random = createRandom(18);
    const reps = 400;
    const seen = { pass: 0, fail: 0 };
    for (let rep = 0; rep < reps; rep += 1) {
      let arms: Record<string, ArmStatistics> = {};
      const looks: Look[] = [];
      const words = new Set<string>();
      for (const final of [false, false, true]) {
        const draw = (arm: string, rate: number) =>
          addArms(arms[arm] ?? share(0, 0), drawArm(random, { kind: 'proportion', n: 33_000, rate }));
        arms = { a: draw('a', 0.01), b: draw('b', 0.011) };
        const measurements = [measured('unsubscribe', arms)];
        const { verdicts, look } = judge(evidence({ experiment, metrics: [guardrail], measurements, looks, final }));
        looks.push(look);
        words.add(verdicts[0]?.verdict ?? '');
      }
      if (words.has('pass')) seen.pass += 1;
      if (words.has('fail')) seen.fail += 1;
    }
    expect(seen.pass / reps).toBeLessThanOrEqual(atMost(0.05, reps));
    expect(seen.fail / reps).toBeLessThanOrEqual(atMost(0.05, reps));
    expect(seen.pass + seen.fail).toBeGreaterThan(0);
  });

  test('finds what is there, stops harm, and says after how many', () => {
    const { power, harmCaught, falseStops, worlds } = operatingCharacteristics(plan);
    expect(power.share).toBeGreaterThan(0.6);
    expect(harmCaught?.share).toBeGreaterThan(0.95);
    expect(falseStops.share).toBeLessThanOrEqual(atMost(0.05, 300));
    const harm = worlds.find(({ world }) => world === 'harm');
    expect(harm?.recipientsUntilStopped?.median).toBeLessThan(15_000);
    for (const { promoted, controlWon, stopped, undecided } of worlds)
      expect(promoted.share + controlWon.share + stopped.share + undecided.share).toBeCloseTo(1, 12);
  });

  test('with a larger effect, or more recipients, finds it more often', () => {
    const power = (changes: Partial<OperatingInput>) =>
      operatingCharacteristics({ ...plan, reps: 150, metrics: [conversion], ...changes }).power.share;
    expect(power({ effect: { kind: 'relative', value: 0.3 } })).toBeGreaterThan(
      power({ effect: { kind: 'relative', value: 0.1 } }),
    );
    expect(power({ experiment: { ...plan.experiment, maxRecipients: 40_000 } })).toBeGreaterThan(
      power({ experiment: { ...plan.experiment, maxRecipients: 5000 } }),
    );
  });

  test('of revenue, of a ratio, of three arms and of a bandit can be simulated too', () => {
    const amount = { mean: 40, deviation: 30 };
    const revenue = { ...conversion, name: 'revenue', kind: 'mean' as const };
    const basket = { ...conversion, name: 'basket', kind: 'ratio' as const };
    const money = {
      ...plan,
      metrics: [revenue, basket],
      baseRates: { revenue: { rate: 0.05, amount }, basket: { rate: 0.05, amount } },
      reps: 150,
    };
    const result = operatingCharacteristics(money);
    expect(result.falsePromotions.share).toBeLessThanOrEqual(atMost(0.025, 150));
    expect(result).not.toHaveProperty('harmCaught');
    const three = operatingCharacteristics({
      ...withExperiment({ arms: ['a', 'b', 'c'], maxRecipients: 30_000 }),
      metrics: [conversion],
      reps: 150,
    });
    expect(three.falsePromotions.share).toBeLessThanOrEqual(atMost(0.05, 150));
    const bandit = operatingCharacteristics({
      ...withExperiment({ goal: 'earn', method: 'bandit', bandit: { floor: 0.05 } }),
      metrics: [conversion],
      reps: 40,
    });
    expect(bandit.falsePromotions.share).toBeLessThanOrEqual(atMost(0.025, 40));
  });

  test('is the same for the same seed, another for another, and plain JSON', () => {
    const small = { ...plan, reps: 30 };
    const once = operatingCharacteristics(small);
    expect(operatingCharacteristics(small)).toEqual(once);
    expect(JSON.parse(JSON.stringify(once))).toStrictEqual(once);
    expect(operatingCharacteristics({ ...small, seed: 4 })).not.toEqual(once);
  });

  test('that makes no sense is refused', () => {
    for (const changes of [
      { looks: [] },
      { looks: [0.5, 0.4] },
      { looks: [1.2] },
      { reps: 0 },
      { baseRates: {} },
      { baseRates: { ...plan.baseRates, conversion: { rate: 2 } } },
    ])
      expect(() => operatingCharacteristics({ ...plan, ...changes })).toThrow(DecisionInputError);
    expect(() => checkRate('rate', { rate: 0.1, amount: { mean: 0, deviation: 1 } })).toThrow(DecisionInputError);
  });
});

describe('the worlds', () => {
  test('binomial counts have the mean and the variance of the binomial, whichever way they are drawn', () => {
    const random = createRandom(9);
    for (const [n, p] of [
      [50, 0.02],
      [1000, 0.003],
      [1000, 0.05],
      [400, 0.5],
      [3000, 0.97],
      [1, 0.3],
    ] as const) {
      const reps = 20_000;
      const draws = Array.from({ length: reps }, () => random.binomial(n, p));
      const mean = draws.reduce((sum, value) => sum + value, 0) / reps;
      const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (reps - 1);
      const wanted = n * p * (1 - p);
      expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt(wanted / reps));
      expect(Math.abs(variance / wanted - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / wanted) / reps));
      expect(draws.every((value) => Number.isInteger(value) && value >= 0 && value <= n)).toBe(true);
    }
  });

  test('the whole shape is binomial: each count as often as it should be', () => {
    const random = createRandom(10);
    const [n, p, reps] = [40, 0.4, 100_000];
    const seen = new Map<number, number>();
    for (let rep = 0; rep < reps; rep += 1) {
      const count = random.binomial(n, p);
      seen.set(count, (seen.get(count) ?? 0) + 1);
    }
    let chance = (1 - p) ** n;
    for (let k = 0; k <= n; k += 1) {
      const wanted = reps * chance;
      if (wanted > 20) expect(Math.abs((seen.get(k) ?? 0) - wanted)).toBeLessThan(5 * Math.sqrt(wanted));
      chance *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
  });

  test('normal and exponential draws have their moments', () => {
    const random = createRandom(12);
    const reps = 100_000;
    let [sum, squares, waits] = [0, 0, 0];
    for (let rep = 0; rep < reps; rep += 1) {
      const z = random.normal();
      sum += z;
      squares += z * z;
      waits += random.exponential(3);
    }
    expect(Math.abs(sum / reps)).toBeLessThan(5 / Math.sqrt(reps));
    expect(Math.abs(squares / reps - 1)).toBeLessThan(5 * Math.sqrt(2 / reps));
    expect(Math.abs(waits / reps - 3)).toBeLessThan(15 / Math.sqrt(reps));
  });

  test('amounts drawn as a whole are like amounts drawn one by one', () => {
    const random = createRandom(13);
    const amount = { mean: 40, deviation: 25 };
    const draws = (n: number, times: number) =>
      Array.from({ length: times }, () => drawArm(random, { kind: 'mean', n, rate: 1, amount })).map(
        ({ sum, sumSquares }) => [sum / n, sumSquares / n],
      );
    const mean = (rows: number[][], column: number) =>
      rows.reduce((total, row) => total + (row[column] ?? 0), 0) / rows.length;
    const [single, whole] = [draws(300, 400), draws(5000, 400)];
    for (const rows of [single, whole]) {
      expect(Math.abs(mean(rows, 0) - 40)).toBeLessThan(0.5);
      expect(Math.abs(mean(rows, 1) / (40 ** 2 + 25 ** 2) - 1)).toBeLessThan(0.05);
    }
  });

  test('waves add up, and every drawn wave is one that could be counted', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('proportion' as const, 'mean' as const, 'ratio' as const),
        fc.integer(),
        (n, rate, kind, seed) => {
          const random = createRandom(seed);
          const draw = () => drawArm(random, { kind, n, rate, amount: { mean: 3, deviation: 2 } });
          const [one, two] = [draw(), draw()];
          const both = addArms(one, two);
          expect(both.n).toBe(2 * n);
          expect(both.sum).toBeCloseTo(one.sum + two.sum, 9);
          expect(both.sumSquares * both.n).toBeGreaterThanOrEqual(both.sum ** 2 * (1 - 1e-9));
          expect(both.denominator === undefined).toBe(kind !== 'ratio');
        },
      ),
      { numRuns: 60 },
    );
  });
});
