/**
 * How often this very plan is wrong. Its decision rules, by the same `judge` as a running campaign, over thousands of worlds in
 * which the arms are alike, in which one is better, and in which one does harm.
 */
import type { Amount, CheckpointEvidence, ExperimentPlan, MetricPlan } from './evidence';
import { DecisionInputError, requireCount } from './input-error';
import { type Played, playExperiment } from './played-experiment';
import { createRandom } from './random';
import { checkRate, type Rate } from './worlds';

export interface OperatingInput {
  experiment: ExperimentPlan;
  metrics: MetricPlan[];
  /** Declared looks: shares of `maxRecipients` that have matured by then, rising, the last at most 1. */
  looks: number[];
  /** How the control behaves, by metric. */
  baseRates: Record<string, Rate>;
  /** Shares of the arms; default even. */
  shares?: Record<string, number>;
  /** True effect in the better world; default `minEffect`, or 10 % of the control. */
  effect?: Amount;
  /** Times that harm is more frequent (guardrails, limits) in the harm world; default 3. */
  harm?: number;
  requireGuardrails?: CheckpointEvidence['requireGuardrails'];
  minUnitsPerArm?: number;
  minEventsPerArm?: number;
  /** Worlds of each sort; default 2,000. */
  reps?: number;
  seed?: number;
}

/** A share with its Monte-Carlo standard error. */
export interface SimulatedShare {
  share: number;
  error: number;
}

export interface WorldOutcome {
  world: 'same' | 'better' | 'harm';
  /** What was different in the arm beside the control, in plain words. */
  truth: string;
  /** An arm was declared the winner over the control. */
  promoted: SimulatedShare;
  /** The control was (only where it may win). */
  controlWon: SimulatedShare;
  /** Stopped for a guardrail or a limit. */
  stopped: SimulatedShare;
  /** Went to the end without a claim. */
  undecided: SimulatedShare;
  /** Matured recipients until the decision, or until the end. */
  recipients: { mean: number; median: number };
  /** Of those that were stopped: recipients until then; absent where none was. */
  recipientsUntilStopped?: { median: number };
}

export interface OperatingCharacteristics {
  methodVersion: 'decisions/1';
  reps: number;
  seed: number;
  worlds: WorldOutcome[];
  /** Same world: a winner that is none. */
  falsePromotions: SimulatedShare;
  /** Same world: a stop without harm. */
  falseStops: SimulatedShare;
  /** Better world: the winner is found. */
  power: SimulatedShare;
  /** Harm world: stopped; absent where nothing in the plan watches for harm. */
  harmCaught?: SimulatedShare;
}

const REPS = 2_000;
const EFFECT: Amount = { kind: 'relative', value: 0.1 };
const HARM = 3;

/** Simulates the plan. Deterministic in its seed. */
export function operatingCharacteristics(input: OperatingInput): OperatingCharacteristics {
  check(input);
  const { reps = REPS, seed = 1, metrics } = input;
  const watched = metrics.some(isWatched);
  const names: WorldOutcome['world'][] = watched ? ['same', 'better', 'harm'] : ['same', 'better'];
  const worlds = names.map((world, index) => simulate(input, { world, reps, seed: seed * 1009 + index }));
  const [same, better, harm] = worlds;
  if (!same || !better) throw new DecisionInputError('worlds', 'has the same and the better one');
  return {
    methodVersion: 'decisions/1',
    reps,
    seed,
    worlds,
    falsePromotions: same.promoted,
    falseStops: same.stopped,
    power: better.promoted,
    ...(harm && { harmCaught: harm.stopped }),
  };
}

function check({ looks, metrics, baseRates, reps = REPS }: OperatingInput): void {
  requireCount('reps', reps);
  if (reps < 1) throw new DecisionInputError('reps', 'is at least 1', reps);
  if (looks.length === 0) throw new DecisionInputError('looks', 'has at least one');
  looks.forEach((share, index) => {
    if (!(share > (looks[index - 1] ?? 0) && share <= 1))
      throw new DecisionInputError(`looks[${index}]`, 'rises, up to 1', share);
  });
  for (const { name } of metrics) {
    const rate = baseRates[name];
    if (!rate) throw new DecisionInputError(`baseRates.${name}`, 'is needed');
    checkRate(`baseRates.${name}`, rate);
  }
}

const isWatched = ({ role }: MetricPlan): boolean => role === 'guardrail' || role === 'deterioration';

function simulate(
  input: OperatingInput,
  { world, reps, seed }: { world: WorldOutcome['world']; reps: number; seed: number },
): WorldOutcome {
  const random = createRandom(seed);
  const { rates, truth } = ratesOf(input, world);
  const played: Played[] = [];
  for (let rep = 0; rep < reps; rep += 1) played.push(playExperiment(input, { random, rates }));
  const share = (of: (one: Played) => boolean): SimulatedShare => {
    const found = played.filter(of).length / reps;
    return { share: found, error: Math.sqrt((found * (1 - found)) / reps) };
  };
  const { control } = input.experiment;
  const sizes = played.map(({ recipients }) => recipients);
  const stopped = played.filter(({ outcome }) => outcome === 'stopped').map(({ recipients }) => recipients);
  return {
    world,
    truth,
    promoted: share(({ winner }) => winner !== undefined && winner !== control),
    controlWon: share(({ winner }) => winner === control),
    stopped: share(({ outcome }) => outcome === 'stopped'),
    undecided: share(({ outcome, winner }) => outcome !== 'stopped' && winner === undefined),
    recipients: { mean: sizes.reduce((sum, size) => sum + size, 0) / reps, median: median(sizes) },
    ...(stopped.length > 0 && { recipientsUntilStopped: { median: median(stopped) } }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, two) => one - two);
  const middle = Math.floor((sorted.length - 1) / 2);
  const [low = 0, high = low] = sorted.slice(middle, middle + 2);
  return sorted.length % 2 === 1 ? low : (low + high) / 2;
}

/** Rates by arm and metric. In the better and the harm world the first arm beside the control differs. */
function ratesOf(
  { experiment, metrics, baseRates, effect = experiment.minEffect ?? EFFECT, harm = HARM }: OperatingInput,
  world: WorldOutcome['world'],
): { rates: Record<string, Record<string, Rate>>; truth: string } {
  const different = experiment.arms.find((arm) => arm !== experiment.control);
  const first = metrics.find(({ role }) => role === 'success');
  const rates = Object.fromEntries(
    experiment.arms.map((arm) => [
      arm,
      Object.fromEntries(
        metrics.map((metric) => {
          const base = baseRates[metric.name] ?? { rate: 0 };
          if (arm !== different) return [metric.name, base];
          if (world === 'better' && metric === first) return [metric.name, improved(base, { metric, effect })];
          if (world === 'harm' && isWatched(metric)) return [metric.name, harmed(base, { metric, times: harm })];
          return [metric.name, base];
        }),
      ),
    ]),
  );
  const size = effect.kind === 'relative' ? `${Math.round(effect.value * 1000) / 10} % of it` : String(effect.value);
  const truth = {
    same: 'all arms are alike',
    better: `${first?.name ?? 'success'} of ${different ?? ''} is better than the control by ${size}`,
    harm: `harm is ${harm} times as frequent in ${different ?? ''}`,
  }[world];
  return { rates, truth };
}

/** An effect moves the share of recipients with an event; an absolute one is in the unit of the metric. */
function improved({ rate, amount }: Rate, { metric, effect }: { metric: MetricPlan; effect: Amount }): Rate {
  const good = metric.goodDirection === 'up' ? 1 : -1;
  if (metric.kind === 'ratio') {
    const mean = amount?.mean ?? 1;
    const times = effect.kind === 'relative' ? 1 + good * effect.value : 1 + (good * effect.value) / mean;
    return { rate, amount: { mean: mean * times, deviation: (amount?.deviation ?? 0) * times } };
  }
  const unit = metric.kind === 'mean' ? (amount?.mean ?? 1) : 1;
  const moved = effect.kind === 'relative' ? rate * (1 + good * effect.value) : rate + (good * effect.value) / unit;
  return { rate: Math.min(1, Math.max(0, moved)), ...(amount && { amount }) };
}

function harmed({ rate, amount }: Rate, { metric, times }: { metric: MetricPlan; times: number }): Rate {
  const factor = metric.goodDirection === 'down' ? times : 1 / times;
  if (metric.kind !== 'ratio') return { rate: Math.min(1, rate * factor), ...(amount && { amount }) };
  const { mean, deviation } = amount ?? { mean: 1, deviation: 0 };
  return { rate, amount: { mean: mean * factor, deviation: deviation * factor } };
}
