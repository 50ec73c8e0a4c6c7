/** Were people drawn in the declared shares? A mismatch means that something lost them, and that no comparison is fair. */
import type { WaveCounts } from './evidence';
import { type Inconclusive, inconclusive } from './inconclusive';
import { DecisionInputError, requireCount, requireNonNegative } from './input-error';
import { chiSquareSf, logGamma } from './special/gamma';

export interface SampleRatio {
  status: 'tested';
  pValue: number;
  n: number;
}

/** Weight of the prior at the declared shares, in recipients. */
const CONCENTRATION = 10_000;
const LEAST_EXPECTED = 5;

interface Cell {
  share: number;
  count: number;
}

/** Cells with a share; undefined where somebody is in an arm that had none. */
function cellsOf({ wave, weights, counts }: WaveCounts): Cell[] | undefined {
  let sum = 0;
  for (const [arm, weight] of Object.entries(weights)) {
    requireNonNegative(`${wave}.weights.${arm}`, weight);
    sum += weight;
  }
  for (const [arm, count] of Object.entries(counts)) requireCount(`${wave}.counts.${arm}`, count);
  if (!(sum > 0)) throw new DecisionInputError(`${wave}.weights`, 'has at least one above 0');
  if (Object.entries(counts).some(([arm, count]) => count > 0 && !((weights[arm] ?? 0) > 0))) return undefined;
  return Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([arm, weight]) => ({ share: weight / sum, count: counts[arm] ?? 0 }));
}

const sizeOf = (cells: readonly Cell[]): number => cells.reduce((sum, { count }) => sum + count, 0);

/**
 * χ² = Σ(O−E)²/E, summed over waves. Degrees of freedom: arms with a share above 0, less one, of each wave. For one look;
 * repeated at 20 looks it fires in 25 % at 0.05 and in 0.8 % at 0.001. Inconclusive where a cell expects fewer than 5.
 */
export function chiSquareSampleRatio(waves: readonly WaveCounts[]): SampleRatio | Inconclusive {
  let statistic = 0;
  let degrees = 0;
  let n = 0;
  for (const wave of waves) {
    const cells = cellsOf(wave);
    if (!cells) return { status: 'tested', pValue: 0, n };
    const size = sizeOf(cells);
    if (size === 0 || cells.length < 2) continue;
    if (cells.some(({ share }) => share * size < LEAST_EXPECTED)) continue;
    statistic += cells.reduce((sum, { share, count }) => sum + (count - share * size) ** 2 / (share * size), 0);
    degrees += cells.length - 1;
    n += size;
  }
  return degrees === 0
    ? inconclusive('too few recipients to compare the shares')
    : { status: 'tested', pValue: chiSquareSf(statistic, degrees), n };
}

/**
 * Sequential test, valid at every look: Dirichlet–multinomial Bayes factor with prior kθ₀,
 * ln BF = lnΓ(k) − lnΓ(k+n) + Σ[lnΓ(kθ_i+n_i) − lnΓ(kθ_i)] − Σ n_i ln θ_i, p = min(1, 1/BF). Shares that change from wave
 * to wave multiply the factors of the waves, since each has mean 1 given the past. Lindon, Malek (arXiv 2011.03567), eq. 7.
 */
export function sequentialSampleRatio(waves: readonly WaveCounts[]): SampleRatio | Inconclusive {
  let logFactor = 0;
  let n = 0;
  for (const wave of waves) {
    const cells = cellsOf(wave);
    if (!cells) return { status: 'tested', pValue: 0, n };
    const size = sizeOf(cells);
    if (size === 0 || cells.length < 2) continue;
    n += size;
    logFactor += logGamma(CONCENTRATION) - logGamma(CONCENTRATION + size);
    for (const { share, count } of cells)
      logFactor += logGamma(CONCENTRATION * share + count) - logGamma(CONCENTRATION * share) - count * Math.log(share);
  }
  return n === 0
    ? inconclusive('nobody has been assigned yet')
    : { status: 'tested', pValue: Math.min(1, Math.exp(-logFactor)), n };
}
