/**
 * Bounds for declared looks at a known audience. The level is spent as information comes in; looks may be unequal, skipped
 * or extra, as long as when to look does not depend on the results (K. K. G. Lan, D. L. DeMets, Biometrika 70, 1983).
 * The chance of crossing is computed by the recursion of Armitage, McPherson and Rowe (JRSS A 132, 1969):
 * f_1 = N(0, I_1) on (−c_1√I_1, c_1√I_1); f_k(y) = ∫ f_{k−1}(x) φ((y−x)/√Δ)/√Δ dx.
 */
import type { LookOfComparison, Spending } from './evidence';
import { DecisionInputError, requirePositive, requireProbability } from './input-error';
import { normalDensity, normalSf, normalUpperQuantile } from './special/normal';
import { gaussLegendre } from './special/quadrature';
import { findRoot } from './special/root';

/** Beyond this many standard errors a bound is no bound: there is nothing there to spend. */
const FARTHEST = 9;
const LEAST_MASS = 1e-17;

/**
 * Cumulated level spent at share t of the planned information. O'Brien–Fleming like: 2(1 − Φ(z_{α/2}/√t)); power: α t^φ.
 * All of it from t = 1 on.
 */
export function spentAlpha({ spending, alpha, t }: { spending: Spending; alpha: number; t: number }): number {
  if (t <= 0) return 0;
  if (t >= 1) return alpha;
  if (spending.kind === 'power') return alpha * t ** spending.phi;
  return 2 * normalSf(normalUpperQuantile(alpha / 2) / Math.sqrt(t));
}

export interface BoundsInput {
  /** Two-sided level in (0,1). */
  alpha: number;
  spending: Spending;
  /** Spending time of each look, in (0,1], never falling. */
  fractions: readonly number[];
  /** Information of each look, strictly rising; default: the fractions. Only ratios matter. */
  information?: readonly number[];
}

const known = new Map<string, readonly number[]>();
const KEPT = 5_000;

/**
 * Critical values of |Z| at each look; Infinity where a look has nothing to spend. Remembered by the exact list of looks.
 * Errors are about 1e-9 of a bound (Gauss–Legendre on each look's continuation region).
 */
export function groupSequentialBounds(input: BoundsInput): readonly number[] {
  const { alpha, spending, fractions } = input;
  const information = input.information ?? fractions;
  const phi = spending.kind === 'power' ? spending.phi : 0;
  const key = `${alpha} ${spending.kind} ${phi} ${fractions.join()} ${input.information?.join() ?? ''}`;
  const before = known.get(key);
  if (before) return before;
  checkBoundsInput(input, information);
  const bounds: number[] = [];
  let density: Density | undefined;
  let spent = 0;
  fractions.forEach((t, look) => {
    const total = spentAlpha({ spending, alpha, t });
    const info = information[look] ?? 0;
    const last = information[look - 1] ?? 0;
    const step = Math.sqrt(info - last);
    const bound = solveBound({ density, step, scale: Math.sqrt(info), mass: total - spent });
    bounds.push(bound);
    spent = Math.max(spent, total);
    const next = information[look + 1];
    if (next !== undefined)
      density = advance({
        density,
        step,
        edge: Math.min(bound, FARTHEST) * Math.sqrt(info),
        finest: Math.min(step, Math.sqrt(next - info)),
      });
  });
  if (known.size >= KEPT) known.clear();
  known.set(key, bounds);
  return bounds;
}

function checkBoundsInput({ alpha, spending, fractions }: BoundsInput, information: readonly number[]): void {
  requireProbability('alpha', alpha);
  if (spending.kind === 'power') requirePositive('spending.phi', spending.phi);
  if (information.length !== fractions.length)
    throw new DecisionInputError('information', 'has one entry for each look');
  fractions.forEach((t, look) => {
    if (!(t > 0 && t <= 1 && t >= (fractions[look - 1] ?? 0)))
      throw new DecisionInputError(`fractions[${look}]`, 'is in (0,1] and not below the one before', t);
    const info = information[look] ?? 0;
    if (!(Number.isFinite(info) && info > (information[look - 1] ?? 0)))
      throw new DecisionInputError(`information[${look}]`, 'is above the one before', info);
  });
}

/** Density of the score on (0, edge), symmetric about 0: nodes with their weights times the density. */
interface Density {
  nodes: Float64Array;
  mass: Float64Array;
}

/** The c at which just `mass` leaves (−c·scale, c·scale) by this step. */
function solveBound({
  density,
  step,
  scale,
  mass,
}: {
  density?: Density;
  step: number;
  scale: number;
  mass: number;
}): number {
  if (!(mass > LEAST_MASS)) return Number.POSITIVE_INFINITY;
  if (!density) return normalUpperQuantile(mass / 2);
  const leaving = (c: number): number => {
    const edge = c * scale;
    let sum = 0;
    for (let index = 0; index < density.nodes.length; index += 1) {
      const x = density.nodes[index] ?? 0;
      sum += (density.mass[index] ?? 0) * (normalSf((edge - x) / step) + normalSf((edge + x) / step));
    }
    return 2 * sum;
  };
  if (leaving(FARTHEST) >= mass) return Number.POSITIVE_INFINITY;
  if (leaving(0) <= mass) return 0;
  return findRoot((c) => Math.log(leaving(c) / mass), { low: 0, high: FARTHEST, tolerance: 1e-11 });
}

/** Density after this step, kept to (−edge, edge), on panels as fine as the steps beside it. */
function advance({
  density,
  step,
  edge,
  finest,
}: {
  density?: Density;
  step: number;
  edge: number;
  finest: number;
}): Density {
  const { nodes: points, weights } = gaussLegendre(16);
  const panels = Math.max(2, Math.ceil(edge / (3 * finest)));
  const half = edge / panels / 2;
  const nodes = new Float64Array(panels * points.length);
  const mass = new Float64Array(nodes.length);
  for (let panel = 0; panel < panels; panel += 1)
    points.forEach((point, index) => {
      const at = panel * points.length + index;
      const y = (2 * panel + 1 + point) * half;
      nodes[at] = y;
      mass[at] = (weights[index] ?? 0) * half * densityAt({ density, step, y });
    });
  return { nodes, mass };
}

function densityAt({ density, step, y }: { density?: Density; step: number; y: number }): number {
  if (!density) return normalDensity(y / step) / step;
  let sum = 0;
  for (let index = 0; index < density.nodes.length; index += 1) {
    const x = density.nodes[index] ?? 0;
    const from = (y - x) / step;
    const mirrored = (y + x) / step;
    sum += (density.mass[index] ?? 0) * (Math.exp(-0.5 * from * from) + Math.exp(-0.5 * mirrored * mirrored));
  }
  return sum / (step * Math.sqrt(2 * Math.PI));
}

/** What one look of a comparison may use, given the looks before it. */
export interface SequentialLook extends LookOfComparison {
  /** Critical value of |Z|; absent where there is nothing to spend. */
  bound?: number;
  /** Share of alpha spent up to and with this look, in [0,1]. */
  spent: number;
  /** All alpha was spent at an earlier look with less information: this look may claim nothing. */
  exhausted: boolean;
}

/**
 * The bound at a look. `fraction` is matured recipients over the planned maximum and is clamped to 1: a look past the
 * maximum spends what is left (that is exact), every later one is `exhausted`. A look with no more information than the
 * last is that same look again, with the same bound and nothing newly spent.
 */
export function sequentialLook(input: {
  alpha: number;
  spending: Spending;
  earlier: readonly LookOfComparison[];
  fraction: number;
  information: number;
}): SequentialLook {
  const { alpha, spending, earlier } = input;
  requirePositive('fraction', input.fraction);
  requirePositive('information', input.information);
  const looks = risingOnly(earlier);
  const last = looks.at(-1);
  const again = last !== undefined && input.information <= last.information * (1 + 1e-9);
  if (again) looks.pop();
  const before = looks.at(-1);
  const now =
    again && last
      ? last
      : { fraction: Math.min(1, Math.max(input.fraction, before?.fraction ?? 0)), information: input.information };
  const { fraction, information } = now;
  if (before !== undefined && before.fraction >= 1) return { fraction, information, spent: 1, exhausted: true };
  looks.push(now);
  const bounds = groupSequentialBounds({
    alpha,
    spending,
    fractions: looks.map((look) => look.fraction),
    information: looks.map((look) => look.information / information),
  });
  const bound = bounds.at(-1);
  return {
    fraction,
    information,
    bound: bound !== undefined && Number.isFinite(bound) ? bound : undefined,
    spent: spentAlpha({ spending, alpha, t: fraction }) / alpha,
    exhausted: false,
  };
}

/** Earlier looks with strictly rising information; one that repeats another counts once. */
function risingOnly(earlier: readonly LookOfComparison[]): LookOfComparison[] {
  const looks: LookOfComparison[] = [];
  for (const { fraction, information } of earlier) {
    const last = looks.at(-1);
    if (last && information <= last.information * (1 + 1e-9)) continue;
    looks.push({ fraction: Math.min(1, Math.max(fraction, last?.fraction ?? 0)), information });
  }
  return looks;
}
