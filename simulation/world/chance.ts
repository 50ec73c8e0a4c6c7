/**
 * Chance without a state: each number hangs on the seed and on what it is for, so that work may be done in any order, or
 * twice, and comes out the same.
 */
import { hash } from 'node:crypto';

/** Uniform in (0, 1). */
export function chance(seed: number, ...purpose: readonly (string | number)[]): number {
  const digest = hash('sha256', `${seed}:${purpose.join(':')}`, 'hex');
  return (Number.parseInt(digest.slice(0, 12), 16) + 0.5) / 2 ** 48;
}

/** Standard normal. */
export function normalChance(seed: number, ...purpose: readonly (string | number)[]): number {
  const radius = Math.sqrt(-2 * Math.log(chance(seed, ...purpose, 'radius')));
  return radius * Math.cos(2 * Math.PI * chance(seed, ...purpose, 'angle'));
}

/** Exponential with the given mean. */
export function exponentialChance(mean: number, seed: number, ...purpose: readonly (string | number)[]): number {
  return -mean * Math.log(chance(seed, ...purpose));
}

/** Log-normal with the given mean and standard deviation. */
export function amountChance(
  { mean, deviation }: { mean: number; deviation: number },
  seed: number,
  ...purpose: readonly (string | number)[]
): number {
  if (deviation === 0 || mean <= 0) return mean;
  const variance = Math.log1p((deviation / mean) ** 2);
  return Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * normalChance(seed, ...purpose));
}
