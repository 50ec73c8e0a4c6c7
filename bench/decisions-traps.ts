/** Three traps into which campaigns fall: late conversions, a drifting base rate, and a bare threshold on a rare event. */
import { alwaysValidCritical } from '../decisions/always-valid';
import { banditWeights, probabilityBest } from '../decisions/bandit';
import { type Batch, batchedOls, propensityCorrected, stratifiedDifference } from '../decisions/batched';
import type { ArmStatistics } from '../decisions/evidence';
import { groupSequentialBounds } from '../decisions/group-sequential';
import { createRandom, type Random } from '../decisions/random';
import { limitBreached } from '../decisions/rate-limit';
import { normalUpperQuantile } from '../decisions/special/normal';
import { compareArms } from '../decisions/statistics';
import { addArms } from '../decisions/worlds';
import { median, perCent, type Say, share } from './decisions-figures';

const ALPHA = 0.05;
const counted = (n: number, sum: number): ArmStatistics => ({ n, sum, sumSquares: sum });

function zOf(control: ArmStatistics, arm: ArmStatistics): number {
  const difference = compareArms('proportion', { control, arm });
  return difference.status === 'estimated' ? difference.estimate / difference.standardError : 0;
}

const DAYS = 20;
const A_DAY = 500;

/** Conversions of one day's recipients by age in days; the last entry holds all that ever come. */
function cohort(random: Random, { rate, delay }: { rate: number; delay: number }): number[] {
  const ages = Array.from({ length: 2 * DAYS + 1 }, () => 0);
  const all = random.binomial(A_DAY, rate);
  for (let conversion = 0; conversion < all; conversion += 1) {
    const age = Math.min(2 * DAYS, Math.ceil(random.exponential(delay)));
    for (let day = age; day <= 2 * DAYS; day += 1) ages[day] = (ages[day] ?? 0) + 1;
  }
  return ages;
}

/** On each of 20 days: everybody so far, or only those whose window has closed, within the window. */
function daily(cohorts: readonly number[][], window?: number): ArmStatistics[] {
  return Array.from({ length: DAYS }, (_, index) => {
    const day = index + 1 + (window ?? 0);
    let [n, sum] = [0, 0];
    cohorts.forEach((ages, sent) => {
      const age = day - sent;
      if (age < (window ?? 1)) return;
      n += A_DAY;
      sum += ages[Math.min(window ?? age, 2 * DAYS)] ?? 0;
    });
    return counted(n, sum);
  });
}

/** Same final rate, B merely converts faster (mean delay 1.5 days against 3), 20 daily looks. */
export function benchDelay(say: Say) {
  const reps = 2000;
  const random = createRandom(301);
  const n = 2 * DAYS * A_DAY;
  const naive = Array.from({ length: DAYS }, () => normalUpperQuantile(ALPHA / 2));
  const always = Array.from({ length: DAYS }, (_, index) =>
    alwaysValidCritical({ n: 2 * A_DAY * (index + 1), nStar: n, alpha: ALPHA }),
  );
  const sequential = groupSequentialBounds({
    alpha: ALPHA,
    spending: { kind: 'obrien-fleming' },
    fractions: naive.map((_, index) => (index + 1) / DAYS),
  });
  const ways: { way: string; window?: number; bounds: readonly number[] }[] = [
    { way: 'naive, everything so far', bounds: naive },
    { way: 'always-valid, everything so far', bounds: always },
    { way: 'always-valid, 7-day windows closed', window: 7, bounds: always },
    { way: 'always-valid, 14-day windows closed', window: 14, bounds: always },
    { way: 'group sequential, 14-day windows closed', window: 14, bounds: sequential },
  ];
  const called = ways.map(() => 0);
  for (let rep = 0; rep < reps; rep += 1) {
    const draw = (delay: number) => Array.from({ length: DAYS }, () => cohort(random, { rate: 0.05, delay }));
    const [a, b] = [draw(3), draw(1.5)];
    ways.forEach(({ window, bounds }, index) => {
      const [control, arm] = [daily(a, window), daily(b, window)];
      const crossed = bounds.some(
        (bound, day) => Math.abs(zOf(control[day] ?? counted(0, 0), arm[day] ?? counted(0, 0))) > bound,
      );
      if (crossed) called[index] = (called[index] ?? 0) + 1;
    });
  }
  say('Delay trap: both arms end at 5 %, B converts after 1.5 days, A after 3; 20 daily looks');
  return ways.map(({ way }, index) => {
    const winners = share(called[index] ?? 0, reps);
    say(`  ${way.padEnd(42)}${perCent(winners).padStart(7)} "winners"`);
    return { way, winners };
  });
}

/** Equal arms under Thompson sampling, base rate steady or drifting from 4 % to 8 %: tests at the end. */
export function benchDrift(say: Say) {
  const [waves, size, reps] = [20, 2000, 1000];
  say('Drift trap: equal arms under Thompson sampling (floor 5 %), called different at the end');
  say('  base rate          pooled z   batched OLS   by waves   always-valid, propensity-corrected');
  return [
    { world: '5 % throughout', from: 0.05, to: 0.05 },
    { world: 'from 4 % to 8 %', from: 0.04, to: 0.08 },
  ].map(({ world, from, to }, index) => {
    const random = createRandom(310 + index);
    const rejected = { pooled: 0, batched: 0, stratified: 0, corrected: 0 };
    for (let rep = 0; rep < reps; rep += 1) {
      const batches = thompson(random, { waves, size, from, to });
      const total = (side: 'arm' | 'control') =>
        batches.map((batch) => batch[side]).reduce((one, two) => addArms(one, two));
      if (Math.abs(zOf(total('control'), total('arm'))) > normalUpperQuantile(ALPHA / 2)) rejected.pooled += 1;
      const bols = batchedOls('proportion', batches);
      if (bols.status === 'tested' && bols.pValue < ALPHA) rejected.batched += 1;
      const stratified = stratifiedDifference('proportion', { batches });
      if (
        stratified.status === 'estimated' &&
        Math.abs(stratified.estimate) > normalUpperQuantile(ALPHA / 2) * stratified.standardError
      )
        rejected.stratified += 1;
      const corrected = propensityCorrected('proportion', { batches, alpha: ALPHA, nStar: waves * size });
      if (corrected.status === 'estimated' && (corrected.lower > 0 || corrected.upper < 0)) rejected.corrected += 1;
    }
    const [pooled, batched, stratified, corrected] = [
      rejected.pooled,
      rejected.batched,
      rejected.stratified,
      rejected.corrected,
    ].map((count) => share(count, reps));
    say(
      `  ${world.padEnd(18)}${perCent(pooled).padStart(9)}${perCent(batched).padStart(14)}${perCent(stratified).padStart(11)}${perCent(corrected).padStart(13)}`,
    );
    return { world, pooled, batched, stratified, corrected };
  });
}

function thompson(
  random: Random,
  { waves, size, from, to }: { waves: number; size: number; from: number; to: number },
): Batch[] {
  const seen = { a: counted(0, 0), b: counted(0, 0) };
  let chance = 0.5;
  return Array.from({ length: waves }, (_, wave) => {
    const rate = from + ((to - from) * wave) / (waves - 1);
    const inB = random.binomial(size, chance);
    const batch: Batch = {
      control: counted(size - inB, random.binomial(size - inB, rate)),
      arm: counted(inB, random.binomial(inB, rate)),
      propensity: { control: 1 - chance, arm: chance },
    };
    seen.a = addArms(seen.a, batch.control);
    seen.b = addArms(seen.b, batch.arm);
    const posterior = ({ n, sum }: ArmStatistics) => ({ kind: 'beta' as const, a: 1 + sum, b: 1 + n - sum });
    chance = banditWeights(probabilityBest([posterior(seen.a), posterior(seen.b)]), 0.05)[1] ?? 0.5;
    return batch;
  });
}

/** Complaint limit 0.3 %, looked at 200 times from 100 recipients on: a bare threshold beside the exact sequence. */
export function benchGuardrail(say: Say) {
  const [limit, looks, step] = [0.003, 200, 100];
  say('Guardrail: complaints at most 0.3 %, 200 looks from 100 recipients on');
  say('  true rate   bare threshold aborts   beta-binomial aborts   after (median)');
  return [
    { rate: 0.001, reps: 5000 },
    { rate: 0.003, reps: 5000 },
    { rate: 0.01, reps: 2000 },
  ].map(({ rate, reps }, index) => {
    const random = createRandom(320 + index);
    const stops: number[] = [];
    let bare = 0;
    for (let rep = 0; rep < reps; rep += 1) {
      let [events, crossed, stopped] = [0, false, 0];
      for (let look = 1; look <= looks; look += 1) {
        const n = look * step;
        events += random.binomial(step, rate);
        crossed ||= events / n > limit;
        if (stopped === 0 && limitBreached({ n, events, limit, alpha: 0.01 })) stopped = n;
      }
      if (crossed) bare += 1;
      if (stopped > 0) stops.push(stopped);
    }
    const result = {
      rate,
      bareThreshold: share(bare, reps),
      exact: share(stops.length, reps),
      ...(stops.length > 0 && { medianRecipients: median(stops) }),
    };
    say(
      `  ${`${rate * 100} %`.padStart(9)}${perCent(result.bareThreshold).padStart(24)}${perCent(result.exact).padStart(23)}${String(result.medianRecipients ?? '–').padStart(17)}`,
    );
    return result;
  });
}
