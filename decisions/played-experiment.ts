/** One experiment played from its first look to its decision, in a world with known rates. */
import { isAdaptive } from './bandit-advice';
import { decide } from './decide';
import type {
  ArmStatistics,
  CheckpointEvidence,
  ExperimentPlan,
  Look,
  MetricMeasurement,
  MetricPlan,
  WaveMeasurement,
} from './evidence';
import type { Random } from './random';
import { addArms, drawArm, type Rate } from './worlds';

export interface Played {
  outcome: 'promoted' | 'stopped' | 'undecided';
  winner?: string;
  leader?: string;
  /** Matured recipients until the decision, over all arms. */
  recipients: number;
  looks: number;
}

export interface PlayedPlan {
  experiment: ExperimentPlan;
  metrics: MetricPlan[];
  looks: number[];
  shares?: Record<string, number>;
  requireGuardrails?: CheckpointEvidence['requireGuardrails'];
  minUnitsPerArm?: number;
  minEventsPerArm?: number;
}

/** Rates by arm and metric; by look too, where a world drifts. */
export type RatesByArm = Record<string, Record<string, Rate>>;

/**
 * Waves are released up to each look, measured and judged. A winner is promoted; arms that fail are dropped, and the
 * experiment stops when the control fails or no other arm is left; a bandit gives the next wave its shares.
 */
export function playExperiment(
  plan: PlayedPlan,
  { random, rates }: { random: Random; rates: RatesByArm | ((look: number) => RatesByArm) },
): Played {
  const { experiment, looks } = plan;
  const adaptive = isAdaptive(experiment);
  let shares = plan.shares ?? even(experiment.arms);
  let dropped: string[] = [];
  let leader: string | undefined;
  const taken: Look[] = [];
  const waves: Wave[] = [];
  let recipients = 0;
  for (const [index, upTo] of looks.entries()) {
    const planned = Math.round(upTo * experiment.maxRecipients) - recipients;
    const now = typeof rates === 'function' ? rates(index) : rates;
    const wave = drawWave(plan, { random, rates: now, shares, size: planned, name: String(index + 1) });
    waves.push(wave);
    recipients += wave.size;
    const decision = decide({
      experiment,
      metrics: plan.metrics,
      measurements: plan.metrics.map(({ name }) => measure(name, { waves, adaptive })),
      quality: {
        assigned: [],
        srmAlpha: 0.001,
        srmMethod: 'sequential',
        mustHaveData: false,
        minUnitsPerArm: plan.minUnitsPerArm ?? 0,
        minEventsPerArm: plan.minEventsPerArm ?? 0,
      },
      looks: taken,
      final: index === looks.length - 1,
      requireGuardrails: plan.requireGuardrails ?? 'notFailed',
      excluded: dropped,
    });
    leader = decision.leader ?? leader;
    taken.push(decision.look);
    const soFar = { recipients, looks: index + 1, ...(leader !== undefined && { leader }) };
    if (decision.state === 'pass' && decision.winner !== undefined)
      return { outcome: 'promoted', winner: decision.winner, ...soFar };
    if (decision.state === 'fail') {
      dropped = [...dropped, ...decision.failing];
      const left = experiment.arms.filter((arm) => !dropped.includes(arm));
      if (left.length < 2 || dropped.includes(experiment.control)) return { outcome: 'stopped', ...soFar };
      shares = without(shares, dropped);
    }
    if (decision.bandit) shares = { ...even(experiment.arms, 0), ...decision.bandit.weights };
  }
  return { outcome: 'undecided', recipients, looks: looks.length, ...(leader !== undefined && { leader }) };
}

interface Wave {
  name: string;
  size: number;
  shares: Record<string, number>;
  /** By metric, then by arm. */
  metrics: Record<string, Record<string, ArmStatistics>>;
}

function even(arms: readonly string[], share = 1 / arms.length): Record<string, number> {
  return Object.fromEntries(arms.map((arm) => [arm, share]));
}

function without(shares: Record<string, number>, dropped: readonly string[]): Record<string, number> {
  const rest = Object.entries(shares).filter(([arm]) => !dropped.includes(arm));
  const total = rest.reduce((sum, [, share]) => sum + share, 0);
  return Object.fromEntries(
    Object.entries(shares).map(([arm, share]) => [arm, dropped.includes(arm) ? 0 : share / total]),
  );
}

function drawWave(
  { metrics }: PlayedPlan,
  {
    random,
    rates,
    shares,
    size,
    name,
  }: { random: Random; rates: RatesByArm; shares: Record<string, number>; size: number; name: string },
): Wave {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const sizes = Object.entries(shares).map(([arm, share]): [string, number] => [
    arm,
    Math.round((size * share) / total),
  ]);
  const drawn = metrics.map(({ name: metric, kind }): [string, Record<string, ArmStatistics>] => [
    metric,
    Object.fromEntries(
      sizes
        .filter(([, n]) => n > 0)
        .map(([arm, n]) => [arm, drawArm(random, { kind, n, ...(rates[arm]?.[metric] ?? { rate: 0 }) })]),
    ),
  ]);
  return { name, size: sizes.reduce((sum, [, n]) => sum + n, 0), shares, metrics: Object.fromEntries(drawn) };
}

function measure(
  metric: string,
  { waves, adaptive }: { waves: readonly Wave[]; adaptive: boolean },
): MetricMeasurement {
  const arms: Record<string, ArmStatistics> = {};
  for (const wave of waves)
    for (const [arm, stats] of Object.entries(wave.metrics[metric] ?? {})) {
      const before = arms[arm];
      arms[arm] = before ? addArms(before, stats) : stats;
    }
  const apart = waves.map(
    ({ name, shares, metrics }): WaveMeasurement => ({ wave: name, propensity: shares, arms: metrics[metric] ?? {} }),
  );
  return { metric, status: 'measured', arms, ...((adaptive || apart.length > 1) && { waves: apart }) };
}
