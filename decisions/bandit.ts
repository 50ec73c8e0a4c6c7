/** Which arm is probably best, what shares the next wave gets, and what is still to be gained by going on. No sampling: the
 * same data give the same shares to the last digit. */
import { type Inconclusive, inconclusive } from './inconclusive';
import { DecisionInputError, requirePositive } from './input-error';
import { betaDensity } from './special/beta';
import { normalDensity } from './special/normal';
import { cumulativeWeights, gaussLegendre } from './special/quadrature';
import { findRoot } from './special/root';

/** What is believed of an arm's value. beta: a share, with c conversions of n Beta(1+c, 1+n−c). normal: mean and its error. */
export type Posterior =
  | { kind: 'beta'; a: number; b: number }
  | { kind: 'normal'; mean: number; standardError: number };

interface Believed {
  mean: number;
  deviation: number;
  least: number;
  most: number;
  density: (x: number) => number;
}

/** Deviations from its mean at which a belief is cut into pieces; a share near 0 has a long tail. */
const STEPS = [-30, -20, -14, -9, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 9, 14, 20, 30];
const FARTHEST = 30;
const CERTAIN = 9;
const NODES = 8;

function believe(posterior: Posterior, at: string): Believed {
  if (posterior.kind === 'beta') {
    const { a, b } = posterior;
    requirePositive(`${at}.a`, a);
    requirePositive(`${at}.b`, b);
    const mean = a / (a + b);
    const deviation = Math.sqrt((a * b) / (a + b + 1)) / (a + b);
    const least = Math.max(0, mean - FARTHEST * deviation);
    const most = Math.min(1, mean + FARTHEST * deviation);
    return { mean, deviation, least, most, density: (x) => betaDensity({ a, b, x }) };
  }
  const { mean, standardError: deviation } = posterior;
  requirePositive(`${at}.standardError`, deviation);
  if (!Number.isFinite(mean)) throw new DecisionInputError(`${at}.mean`, 'is a finite number', mean);
  const [least, most] = [mean - CERTAIN * deviation, mean + CERTAIN * deviation];
  return { mean, deviation, least, most, density: (x) => normalDensity((x - mean) / deviation) / deviation };
}

/** Belief in a value divided by `divisor`. */
function divided(one: Believed, divisor: number): Believed {
  return {
    mean: one.mean / divisor,
    deviation: one.deviation / divisor,
    least: one.least / divisor,
    most: one.most / divisor,
    density: (x) => divisor * one.density(x * divisor),
  };
}

/**
 * P(arm i is above, or below, all others) for every arm. Pieces end where any belief bends; on each, densities are integrated to
 * distribution functions and products of these to probabilities, at the same nodes.
 */
function chancesOf(all: readonly Believed[], goodDirection: 'up' | 'down'): number[] {
  const { nodes, weights } = gaussLegendre(NODES);
  const cumulative = cumulativeWeights(NODES);
  const cuts = all
    .flatMap(({ mean, deviation, least, most }) => [
      least,
      most,
      ...STEPS.map((step) => mean + step * deviation).filter((x) => x > least && x < most),
    ])
    .sort((one, two) => one - two);
  const below = all.map(() => 0);
  const chances = all.map(() => 0);
  cuts.slice(1).forEach((to, piece) => {
    const from = cuts[piece] ?? to;
    if (!(to > from)) return;
    const half = (to - from) / 2;
    const densities = all.map(({ least, most, density }) =>
      from >= most || to <= least ? undefined : nodes.map((node) => density(from + half * (1 + node))),
    );
    const inside = densities.map((own, arm) => distributionOn(own, { before: below[arm] ?? 0, half, cumulative }));
    densities.forEach((own, arm) => {
      if (!own) return;
      own.forEach((value, node) => {
        const weight = (weights[node] ?? 0) * half * value;
        let product = weight;
        inside.forEach((others, other) => {
          const share = others[node] ?? 0;
          if (other !== arm) product *= goodDirection === 'up' ? share : 1 - share;
        });
        chances[arm] = (chances[arm] ?? 0) + product;
        below[arm] = (below[arm] ?? 0) + weight;
      });
    });
  });
  return chances;
}

/** Distribution function at the nodes of a piece; constant where the belief has no density. */
function distributionOn(
  density: readonly number[] | undefined,
  { before, half, cumulative }: { before: number; half: number; cumulative: readonly (readonly number[])[] },
): number[] {
  return cumulative.map((row) => {
    if (!density) return before;
    let sum = 0;
    for (let index = 0; index < row.length; index += 1) sum += (row[index] ?? 0) * (density[index] ?? 0);
    return Math.min(1, Math.max(0, before + half * sum));
  });
}

/**
 * P(arm i is best) = ∫ pdf_i ∏_{j≠i} P(j is not better), by quadrature; sums to 1. S. L. Scott, "A modern Bayesian look at
 * the multi-armed bandit", Applied Stochastic Models in Business and Industry 26 (2010), eq. 4.
 */
export function probabilityBest(posteriors: readonly Posterior[], goodDirection: 'up' | 'down' = 'up'): number[] {
  if (posteriors.length === 0) throw new DecisionInputError('posteriors', 'has at least one arm');
  const all = posteriors.map((posterior, index) => believe(posterior, `posteriors[${index}]`));
  const raw = chancesOf(all, goodDirection);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

/** Shares of the next wave: f + (1 − k f)·P(best), f the floor of an arm; they sum to 1 and none is below f. */
export function banditWeights(probabilities: readonly number[], floor: number): number[] {
  const arms = probabilities.length;
  if (!(floor >= 0 && floor * arms < 1))
    throw new DecisionInputError('floor', `is 0 or more, and below 1/${arms}`, floor);
  return probabilities.map((probability) => floor + (1 - arms * floor) * probability);
}

/**
 * 95th percentile (`level`) of the value remaining V = (max_i θ_i − θ_best)/θ_best, as a share of the best arm's value:
 * what switching might still gain. Stop when it is below 1 %. S. L. Scott, Google Content Experiments (2012); 2010, §5.
 * Inconclusive while the best arm's value may be 0.
 */
export function valueRemaining(input: {
  posteriors: readonly Posterior[];
  best: number;
  goodDirection?: 'up' | 'down';
  level?: number;
}): { status: 'estimated'; value: number } | Inconclusive {
  const { posteriors, best, goodDirection = 'up', level = 0.95 } = input;
  const all = posteriors.map((posterior, index) => believe(posterior, `posteriors[${index}]`));
  const chosen = all[best];
  if (!chosen) throw new DecisionInputError('best', 'is one of the arms', best);
  if (!(chosen.mean > 3 * chosen.deviation)) return inconclusive('the value of the best arm is not yet clear of 0');
  const atMost = (v: number): number => {
    const divisor = goodDirection === 'up' ? 1 + v : 1 - v;
    const scaled = all.map((one) => (one === chosen ? one : divided(one, divisor)));
    return chancesOf(scaled, goodDirection)[best] ?? 0;
  };
  if (atMost(0) >= level) return { status: 'estimated', value: 0 };
  let high = 0.01;
  const most = goodDirection === 'up' ? 1e6 : 1 - 1e-9;
  while (high < most && atMost(high) < level) high *= 2;
  const value = findRoot((v) => atMost(v) - level, { low: 0, high: Math.min(high, most), tolerance: 1e-4 });
  return { status: 'estimated', value };
}
