/** How many recipients a question needs, and what a given number of them can answer; for plans, at a fixed horizon. */
import { requirePositive, requireProbability, requireShare } from './input-error';
import { normalSf, normalUpperQuantile } from './special/normal';

/** What varies: conversions at a base rate, or a number a recipient with a standard deviation. */
export type Variation = { kind: 'proportion'; base: number } | { kind: 'mean'; deviation: number };

export interface PowerInput {
  variation: Variation;
  /** True difference from the control, in the metric's unit; its sign does not matter. */
  effect: number;
  alpha: number;
  /** Default two-sided. */
  sides?: 1 | 2;
  /** Recipients of the arm over those of the control; default 1. */
  ratio?: number;
}

/** Variance of one recipient in the control and in the arm, given the true difference between them. */
function variances(variation: Variation, difference: number): { control: number; arm: number } {
  if (variation.kind === 'mean') {
    requirePositive('variation.deviation', variation.deviation);
    return { control: variation.deviation ** 2, arm: variation.deviation ** 2 };
  }
  requireProbability('variation.base', variation.base);
  const arm = variation.base + difference;
  requireShare('variation.base + effect', arm);
  return { control: variation.base * (1 - variation.base), arm: arm * (1 - arm) };
}

function check({ alpha, effect, ratio = 1 }: { alpha: number; effect: number; ratio?: number }): void {
  requireProbability('alpha', alpha);
  requirePositive('|effect|', Math.abs(effect));
  requirePositive('ratio', ratio);
}

/**
 * Recipients of the control for a chance of `power` to see the effect: (z_α + z_β)² (v_A + v_B/ratio) / effect². The arm
 * has `ratio` times as many. Cohen, "Statistical power analysis for the behavioral sciences" (1988); normal approximation.
 */
export function recipientsNeeded(input: PowerInput & { power: number }): number {
  const { variation, effect, alpha, power, sides = 2, ratio = 1 } = input;
  check(input);
  requireProbability('power', power);
  const { control, arm } = variances(variation, effect);
  const z = normalUpperQuantile(alpha / sides) + normalUpperQuantile(1 - power);
  return Math.ceil((z * z * (control + arm / ratio)) / (effect * effect));
}

/** Chance of seeing the effect with `n` recipients in the control: Φ(|effect|/SE − z_α). */
export function powerOf(input: PowerInput & { n: number }): number {
  const { variation, effect, alpha, n, sides = 2, ratio = 1 } = input;
  check(input);
  requirePositive('n', n);
  const { control, arm } = variances(variation, effect);
  const error = Math.sqrt((control + arm / ratio) / n);
  return normalSf(normalUpperQuantile(alpha / sides) - Math.abs(effect) / error);
}

/**
 * Recipients of the control for a chance of `power` to prove that the arm is no worse than the margin when in truth it is
 * like the control; one-sided at alpha. `margin` is in the metric's unit, above 0.
 */
export function recipientsForNonInferiority(input: {
  variation: Variation;
  margin: number;
  alpha: number;
  power: number;
  ratio?: number;
}): number {
  const { variation, margin, alpha, power, ratio = 1 } = input;
  check({ alpha, effect: margin, ratio });
  requirePositive('margin', margin);
  requireProbability('power', power);
  const { control, arm } = variances(variation, 0);
  const z = normalUpperQuantile(alpha) + normalUpperQuantile(1 - power);
  return Math.ceil((z * z * (control + arm / ratio)) / (margin * margin));
}
