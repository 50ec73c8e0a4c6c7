/** Which arm is probably best, what shares the next wave gets, and what is still to be gained by going on. No sampling: the
 * same data give the same shares to the last digit. */
import { type Inconclusive, inconclusive } from './inconclusive';
import { DecisionInputError, requirePositive } from './input-error';
import { betaCdf, betaDensity } from './special/beta';
import { normalDensity, normalSf } from './special/normal';
import { integrate } from './special/quadrature';
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
  below: (x: number) => number;
  above: (x: number) => number;
}

const REACH = 9;
const STEPS = [-REACH, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, REACH];

function believe(posterior: Posterior, at: string): Believed {
  if (posterior.kind === 'beta') {
    const { a, b } = posterior;
    requirePositive(`${at}.a`, a);
    requirePositive(`${at}.b`, b);
    return {
      mean: a / (a + b),
      deviation: Math.sqrt((a * b) / (a + b + 1)) / (a + b),
      least: 0,
      most: 1,
      density: (x) => betaDensity({ a, b, x }),
      below: (x) => betaCdf({ a, b, x }),
      above: (x) => betaCdf({ a: b, b: a, x: 1 - x }),
    };
  }
  const { mean, standardError } = posterior;
  requirePositive(`${at}.standardError`, standardError);
  if (!Number.isFinite(mean)) throw new DecisionInputError(`${at}.mean`, 'is a finite number', mean);
  return {
    mean,
    deviation: standardError,
    least: Number.NEGATIVE_INFINITY,
    most: Number.POSITIVE_INFINITY,
    density: (x) => normalDensity((x - mean) / standardError) / standardError,
    below: (x) => normalSf((mean - x) / standardError),
    above: (x) => normalSf((x - mean) / standardError),
  };
}

/** ∫ density of `one` · f, on pieces that end where any belief bends; a share never leaves [0, 1]. */
function expectation(one: Believed, all: readonly Believed[], f: (x: number) => number): number {
  const low = Math.max(one.least, one.mean - REACH * one.deviation);
  const high = Math.min(one.most, one.mean + REACH * one.deviation);
  const cuts = all
    .flatMap(({ mean, deviation }) => STEPS.map((step) => mean + step * deviation))
    .filter((x) => x > low && x < high)
    .concat(low, high)
    .sort((x, y) => x - y);
  return cuts.slice(1).reduce((sum, to, index) => {
    const from = cuts[index] ?? low;
    return to > from ? sum + integrate((x) => one.density(x) * f(x), { from, to, panels: 1 }) : sum;
  }, 0);
}

/**
 * P(arm i is best) = ∫ pdf_i ∏_{j≠i} P(j is not better), by quadrature; sums to 1. S. L. Scott, "A modern Bayesian look at
 * the multi-armed bandit", Applied Stochastic Models in Business and Industry 26 (2010), eq. 4.
 */
export function probabilityBest(posteriors: readonly Posterior[], goodDirection: 'up' | 'down' = 'up'): number[] {
  if (posteriors.length === 0) throw new DecisionInputError('posteriors', 'has at least one arm');
  const all = posteriors.map((posterior, index) => believe(posterior, `posteriors[${index}]`));
  const raw = all.map((one) =>
    expectation(one, all, (x) =>
      all.reduce((product, other) => {
        if (other === one) return product;
        return product * (goodDirection === 'up' ? other.below(x) : other.above(x));
      }, 1),
    ),
  );
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
  const others = all.filter((one) => one !== chosen);
  const atMost = (v: number): number =>
    expectation(chosen, all, (x) =>
      others.reduce(
        (product, other) => product * (goodDirection === 'up' ? other.below(x * (1 + v)) : other.above(x * (1 - v))),
        1,
      ),
    );
  if (atMost(0) >= level) return { status: 'estimated', value: 0 };
  let high = 0.01;
  const most = goodDirection === 'up' ? 1e6 : 1;
  while (high < most && atMost(high) < level) high *= 2;
  const value = findRoot((v) => atMost(v) - level, { low: 0, high: Math.min(high, most), tolerance: 1e-9 });
  return { status: 'estimated', value };
}
