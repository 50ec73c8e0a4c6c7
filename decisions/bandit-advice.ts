/** Shares for the next wave of an experiment that earns. */
import { banditWeights, type Posterior, probabilityBest, valueRemaining } from './bandit';
import type {
  ArmStatistics,
  BanditPlan,
  ExperimentPlan,
  MetricMeasurement,
  MetricPlan,
  WaveMeasurement,
} from './evidence';
import type { BanditAdvice } from './judgement';
import { estimateArm, isShare } from './statistics';
import { shareInWords } from './words';

const FLOOR = 0.05;
const MIN_UNITS = 100;
const MIN_CONVERSIONS = 40;
const STOP_BELOW = 0.01;

/** Whether shares follow the results. */
export function isAdaptive({ goal, method }: Pick<ExperimentPlan, 'goal' | 'method'>): boolean {
  return goal === 'earn' || method === 'bandit';
}

interface AdviceInput {
  experiment: ExperimentPlan;
  metric: MetricPlan;
  measurement: MetricMeasurement;
  /** Arms that remain. */
  arms: string[];
}

/** Even shares through the burn-in (each arm 100 recipients, 40 conversions), then floor + (1 − k·floor)·P(best). */
export function adviseShares(input: AdviceInput): BanditAdvice {
  const { experiment, metric, arms } = input;
  const plan = experiment.bandit ?? { floor: FLOOR };
  const even = record(arms, () => 1 / arms.length);
  const unready = shortfall(input, plan);
  if (unready) return { weights: even, probabilityBest: even, burntIn: false, reason: unready };
  const posteriors = arms.map((arm) => posteriorOf(input, arm));
  const certain = posteriors.filter((posterior): posterior is Posterior => posterior !== undefined);
  if (certain.length < arms.length)
    return { weights: even, probabilityBest: even, burntIn: false, reason: 'nothing varies yet in one of the arms' };
  const probabilities = probabilityBest(certain, metric.goodDirection);
  const floor = Math.min(plan.floor, 0.99 / arms.length);
  const weights = banditWeights(probabilities, floor);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const remaining = valueRemaining({ posteriors: certain, best, goodDirection: metric.goodDirection });
  const found = `${arms[best] ?? ''} is best with probability ${shareInWords(probabilities[best] ?? 0)}`;
  return {
    weights: record(arms, (index) => weights[index] ?? 0),
    probabilityBest: record(arms, (index) => probabilities[index] ?? 0),
    burntIn: true,
    ...(remaining.status === 'estimated' && { valueRemaining: remaining.value }),
    reason:
      remaining.status === 'estimated'
        ? `${found}; switching might still gain ${shareInWords(remaining.value)} (95th percentile)`
        : `${found}; ${remaining.reason}`,
  };
}

/** Whether so little is left to gain that the best arm may take everything. */
export function hasConverged(
  experiment: ExperimentPlan,
  { burntIn, valueRemaining: remaining }: BanditAdvice,
): boolean {
  return burntIn && remaining !== undefined && remaining < (experiment.bandit?.stopBelow ?? STOP_BELOW);
}

function record(arms: readonly string[], value: (index: number) => number): Record<string, number> {
  return Object.fromEntries(arms.map((arm, index) => [arm, value(index)]));
}

function shortfall({ metric, measurement, arms }: AdviceInput, plan: BanditPlan): string | undefined {
  const { minUnits = MIN_UNITS, minConversions = MIN_CONVERSIONS } = plan;
  for (const arm of arms) {
    const { n = 0, sum = 0 } = measurement.arms[arm] ?? {};
    if (n < minUnits) return `burn-in: ${n} of ${minUnits} recipients in ${arm}`;
    if (isShare(metric.kind) && sum < minConversions)
      return `burn-in: ${sum} of ${minConversions} conversions in ${arm}`;
  }
  return undefined;
}

/** Waves weighted alike for all arms where shares changed: a drifting base rate then favours nobody. */
function posteriorOf({ metric, measurement, arms }: AdviceInput, arm: string): Posterior | undefined {
  const waves = (measurement.waves ?? []).filter((wave) => arms.every((name) => (wave.arms[name]?.n ?? 0) > 1));
  const stats = measurement.arms[arm];
  if (!stats) return undefined;
  if (!sharesDiffer(waves, arms)) {
    if (isShare(metric.kind)) return { kind: 'beta', a: 1 + stats.sum, b: 1 + stats.n - stats.sum };
    return asNormal([{ stats, weight: 1 }], metric);
  }
  const sizes = waves.map((wave) => arms.reduce((sum, name) => sum + (wave.arms[name]?.n ?? 0), 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const parts = waves.flatMap((wave, index) => {
    const own = wave.arms[arm];
    return own ? [{ stats: own, weight: (sizes[index] ?? 0) / total }] : [];
  });
  return asNormal(parts, metric);
}

function asNormal(
  parts: readonly { stats: ArmStatistics; weight: number }[],
  { kind }: MetricPlan,
): Posterior | undefined {
  let [mean, variance] = [0, 0];
  for (const { stats, weight } of parts) {
    const own = estimateArm(kind, stats);
    if (own.status === 'inconclusive') return undefined;
    mean += weight * own.value;
    variance += weight * weight * (isShare(kind) ? cautiousVariance(stats) : own.variance);
  }
  return variance > 0 ? { kind: 'normal', mean, standardError: Math.sqrt(variance) } : undefined;
}

/** With half a conversion and half a miss more, so that a wave without conversions is not taken for certain. */
function cautiousVariance({ n, sum }: ArmStatistics): number {
  const share = (sum + 0.5) / (n + 1);
  return (share * (1 - share)) / n;
}

function sharesDiffer(waves: readonly WaveMeasurement[], arms: readonly string[]): boolean {
  const [first] = waves;
  if (!first) return false;
  const shareOf = (wave: WaveMeasurement, arm: string): number => {
    const all = arms.reduce((sum, name) => sum + (wave.propensity[name] ?? 0), 0);
    return (wave.propensity[arm] ?? 0) / all;
  };
  return waves.some((wave) => arms.some((arm) => Math.abs(shareOf(wave, arm) - shareOf(first, arm)) > 1e-9));
}
