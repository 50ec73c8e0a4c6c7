/** Seeded randomness for simulated worlds: the same seed gives the same world on every machine. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { requireCount, requireShare } from './input-error';
import { logGamma } from './special/gamma';

export interface Random {
  /** In (0,1), with 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with the given mean. */
  exponential(mean: number): number;
  /** Successes among n tries of chance p, exactly distributed. */
  binomial(n: number, p: number): number;
}

const WARM_UP = 32;

/** A generator of its own for each seed (a whole number). */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0);
  for (let round = 0; round < WARM_UP; round += 1) generator.next();
  const uniform = (): number => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 67_108_864 + low + 0.5) / 9_007_199_254_740_992;
  };
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return {
    uniform,
    normal,
    exponential: (mean) => -mean * Math.log(uniform()),
    binomial: (n, p) => {
      requireCount('n', n);
      requireShare('p', p);
      return p > 0.5 ? n - fewer(uniform, n, 1 - p) : fewer(uniform, n, p);
    },
  };
}

/** Binomial for p ≤ ½: by the gaps between successes where few are expected, by rejection where many are. */
function fewer(uniform: () => number, n: number, p: number): number {
  if (n === 0 || p === 0) return 0;
  if (n * p >= 10) return rejected(uniform, n, p);
  const miss = Math.log1p(-p);
  let successes = 0;
  for (let place = gap(uniform, miss); place <= n; place += gap(uniform, miss)) successes += 1;
  return successes;
}

const gap = (uniform: () => number, miss: number): number => Math.floor(Math.log(uniform()) / miss) + 1;

/** W. Hörmann, "The generation of binomial random variates", Journal of Statistical Computation 46 (1993), algorithm BTRS. */
function rejected(uniform: () => number, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const quick = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const odds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const top = logGamma(mode + 1) + logGamma(n - mode + 1);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || k > n) continue;
    const density = top - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * odds;
    if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= density) return k;
  }
}
