/** What every comparison of an arm with the control shares: its input, thresholds, levels and counts. */
import type {
  Amount,
  CheckpointEvidence,
  ExperimentPlan,
  LookOfComparison,
  MetricMeasurement,
  MetricPlan,
} from './evidence';
import type { BareVerdict } from './judgement';
import type { Levels } from './levels';
import { isShare } from './statistics';
import type { OrientedBounds } from './verdict';

/** Fewer expected conversions (or misses) an arm than this, and no normal approximation is used. */
export const LEAST_EVENTS = 20;
/** Fewer recipients an arm than this, and none is used either. */
export const LEAST_UNITS = 100;

export interface ComparisonInput {
  evidence: CheckpointEvidence;
  experiment: ExperimentPlan;
  levels: Levels;
  metric: MetricPlan;
  measurement: MetricMeasurement;
  arm: string;
}

export interface Comparison {
  verdict: BareVerdict;
  /** What the look used up; absent where no bound of the ledger was used. */
  look?: LookOfComparison;
  spent: number;
  exhausted: boolean;
}

/** Thresholds of a role as multiples of the control (relative) or distances (absolute), oriented: up is good. */
export interface Thresholds {
  pass: Amount;
  fail: Amount;
  passSign: 1 | -1;
  failSign: 1 | -1;
}

const NONE: Amount = { kind: 'absolute', value: 0 };

/** Thresholds by role. */
export function thresholdsOf({ role, margin = NONE }: MetricPlan, { minEffect = NONE }: ExperimentPlan): Thresholds {
  if (role === 'guardrail') return { pass: margin, fail: margin, passSign: -1, failSign: -1 };
  if (role === 'deterioration') return { pass: NONE, fail: NONE, passSign: 1, failSign: 1 };
  return { pass: margin, fail: minEffect, passSign: 1, failSign: 1 };
}

type Described = Pick<BareVerdict, 'metric' | 'role' | 'kind' | 'goodDirection' | 'arm' | 'against'>;

/** The question a verdict answers. */
export function describe({ metric, arm, experiment }: ComparisonInput): Described {
  const { name, role, kind, goodDirection } = metric;
  return { metric: name, role, kind, goodDirection, arm, against: experiment.control };
}

/** No answer, and why. */
export function undecided(input: ComparisonInput, reason: string): Comparison {
  const own = input.measurement.arms[input.arm];
  const control = input.measurement.arms[input.experiment.control];
  const sizes = { ...(own && { n: own.n }), ...(control && { nControl: control.n }) };
  return {
    verdict: { ...describe(input), verdict: 'inconclusive', method: 'none', ...sizes, why: reason },
    spent: 0,
    exhausted: false,
  };
}

/** Level and sides of the passing and of the failing test. */
export function levelsFor({ metric, levels }: ComparisonInput): {
  pass: number;
  sides: 1 | 2;
  fail: number;
  failSides: 1 | 2;
} {
  if (metric.role === 'success') return { pass: levels.success, sides: 2, fail: levels.success, failSides: 2 };
  return { pass: levels.guardrail, sides: 1, fail: levels.failing(metric), failSides: 1 };
}

/** Bounds turned back from "up is good". */
export function unoriented({ lower, upper }: OrientedBounds, good: 1 | -1): OrientedBounds {
  if (good === 1) return { lower, upper };
  return { lower: upper === undefined ? undefined : -upper, upper: lower === undefined ? undefined : -lower };
}

/** How many recipients and conversions stand behind a verdict. */
export function countsOf({ metric, measurement, arm, experiment }: ComparisonInput): Partial<BareVerdict> {
  const own = measurement.arms[arm];
  const control = measurement.arms[experiment.control];
  const share = isShare(metric.kind);
  return {
    n: own?.n,
    nControl: control?.n,
    events: share ? own?.sum : undefined,
    eventsControl: share ? control?.sum : undefined,
  };
}
