/** The difference of an arm from the control by whatever estimate stays honest with the way people were assigned. */
import { type Batch, propensityCorrected, stratifiedDifference } from './batched';
import type { ArmStatistics, MetricKind, MetricMeasurement } from './evidence';
import { type Inconclusive, inconclusive } from './inconclusive';
import { compareArms } from './statistics';

export interface Contrast {
  status: 'estimated';
  how: 'pooled' | 'stratified' | 'propensity-corrected';
  /** Arm − control. */
  estimate: number;
  armValue: number;
  controlValue: number;
  /** Variances of both values; absent where only the difference has one. */
  variances?: { arm: number; control: number };
  /** Standard error of arm − scale · control. */
  errorAt: (scale: number) => number;
  adjusted: boolean;
  nArm: number;
  nControl: number;
  /** n_A·n_B/(n_A+n_B), over waves where they count apart. */
  information: number;
}

interface Pair {
  kind: MetricKind;
  measurement: MetricMeasurement;
  control: string;
  arm: string;
}

/** Waves in which both arms had a chance, as batches. */
export function batchesOf({ measurement, control, arm }: Omit<Pair, 'kind'>): Batch[] {
  return (measurement.waves ?? []).flatMap(({ arms, propensity }) => {
    const [one, two] = [arms[control], arms[arm]];
    const chances = { control: propensity[control] ?? 0, arm: propensity[arm] ?? 0 };
    if (!(chances.control > 0 && chances.arm > 0)) return [];
    if ((one?.n ?? 0) + (two?.n ?? 0) === 0) return [];
    return [{ control: one ?? nobody, arm: two ?? nobody, propensity: chances }];
  });
}

const nobody: ArmStatistics = {
  n: 0,
  sum: 0,
  sumSquares: 0,
  denominator: { sum: 0, sumSquares: 0, cross: 0 },
};

/** Whether the arm's share beside the control's changed from wave to wave, which makes pooled means lie. */
export function sharesChanged(batches: readonly Batch[]): boolean {
  const shares = batches.map(({ propensity }) => propensity.arm / (propensity.arm + propensity.control));
  return shares.some((share) => Math.abs(share - (shares[0] ?? share)) > 1e-9);
}

/**
 * With shares that never changed: the pooled difference. With declared changes (a ramp): by waves. With shares that follow the
 * results (`adaptive`): corrected by the logged propensities.
 */
export function contrastOf(pair: Pair & { adaptive: boolean }): Contrast | Inconclusive {
  const { kind, measurement, adaptive } = pair;
  const control = measurement.arms[pair.control];
  const arm = measurement.arms[pair.arm];
  if (!control || control.n === 0) return inconclusive(`nobody has been measured in ${pair.control} yet`);
  if (!arm || arm.n === 0) return inconclusive(`nobody has been measured in ${pair.arm} yet`);
  const batches = batchesOf(pair);
  const changed = sharesChanged(batches);
  if (changed && adaptive) return corrected(kind, batches);
  const difference = changed ? stratifiedDifference(kind, { batches }) : compareArms(kind, { control, arm });
  if (difference.status === 'inconclusive') return difference;
  const [vArm, vControl] = [difference.arm.variance, difference.control.variance];
  return {
    status: 'estimated',
    how: changed ? 'stratified' : 'pooled',
    estimate: difference.estimate,
    armValue: difference.arm.value,
    controlValue: difference.control.value,
    variances: { arm: vArm, control: vControl },
    errorAt: (scale) => Math.sqrt(vArm + scale * scale * vControl),
    adjusted: difference.adjusted,
    ...(changed ? sizesOf(batches) : { nArm: arm.n, nControl: control.n, information: harmonic(arm.n, control.n) }),
  };
}

const harmonic = (one: number, two: number): number => (one * two) / (one + two);

function sizesOf(batches: readonly Batch[]): Pick<Contrast, 'nArm' | 'nControl' | 'information'> {
  const both = batches.filter(({ control, arm }) => control.n > 0 && arm.n > 0);
  const sum = (of: (batch: Batch) => number): number => both.reduce((total, batch) => total + of(batch), 0);
  const n = sum(({ control, arm }) => control.n + arm.n);
  const variance = sum(({ control, arm }) => ((control.n + arm.n) / n) ** 2 / harmonic(control.n, arm.n));
  return { nArm: sum(({ arm }) => arm.n), nControl: sum(({ control }) => control.n), information: 1 / variance };
}

function corrected(kind: MetricKind, batches: readonly Batch[]): Contrast | Inconclusive {
  const at = (scale: number) => propensityCorrected(kind, { batches, scale, alpha: 0.05, nStar: 1 });
  const [plain, doubled] = [at(1), at(2)];
  if (plain.status === 'inconclusive') return plain;
  if (doubled.status === 'inconclusive') return doubled;
  const controlValue = plain.estimate - doubled.estimate;
  return {
    status: 'estimated',
    how: 'propensity-corrected',
    estimate: plain.estimate,
    armValue: plain.estimate + controlValue,
    controlValue,
    errorAt: (scale) => {
      const result = at(scale);
      return result.status === 'estimated' ? result.standardError : plain.standardError;
    },
    adjusted: false,
    ...sizesOf(batches),
  };
}
