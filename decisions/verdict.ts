/**
 * The table of metric verdicts and the order of a checkpoint's states. Bounds are oriented: up is good; `lower` and `upper`
 * bound arm − control.
 *
 * | role          | pass                          | fail                            | otherwise    |
 * | success       | lower > effect asked (or 0)   | upper < effect that would pay   | inconclusive |
 * | guardrail     | lower > −margin               | upper < −margin                 | inconclusive |
 * | absolute limit| the whole interval inside     | the whole interval outside      | inconclusive |
 * | deterioration | measured and not failed       | upper < 0                       |              |
 * | observe       | recorded, acts never          |                                 |              |
 */
import type { MetricRole } from './evidence';
import type { CheckpointState, MetricVerdictWord } from './judgement';

/** Oriented bounds, each at the level of its own test; one that the data or the method cannot give is absent. */
export interface OrientedBounds {
  lower?: number;
  upper?: number;
}

/** The table above for a difference. `passAbove` and `failBelow` are oriented. */
export function verdictOfDifference(
  role: MetricRole,
  { bounds, passAbove, failBelow }: { bounds: OrientedBounds; passAbove: number; failBelow: number },
): MetricVerdictWord {
  const { lower, upper } = bounds;
  if (upper !== undefined && upper < failBelow) return 'fail';
  if (role === 'deterioration') return upper === undefined ? 'inconclusive' : 'pass';
  return lower !== undefined && lower > passAbove ? 'pass' : 'inconclusive';
}

/** An absolute limit: pass when the whole interval is on the allowed side, fail when it is on the other. */
export function verdictOfLimit(
  bounds: { lower?: number; upper?: number },
  { min, max }: { min?: number; max?: number },
): MetricVerdictWord {
  const { lower, upper } = bounds;
  if (max !== undefined && lower !== undefined && lower > max) return 'fail';
  if (min !== undefined && upper !== undefined && upper < min) return 'fail';
  const below = max === undefined || (upper !== undefined && upper < max);
  const above = min === undefined || (lower !== undefined && lower > min);
  return below && above && (max !== undefined || min !== undefined) ? 'pass' : 'inconclusive';
}

/** What a checkpoint's state depends on. */
export interface CheckpointFacts {
  /** A rate-limit, or a limit marked `onFail: abort`, failed in an arm. */
  limitFailed: boolean;
  /** A check of data quality failed: shares, freshness, exposures, amount. */
  qualityFailed: boolean;
  /** A guardrail, a deterioration metric, another limit or an objective failed. */
  guardrailFailed: boolean;
  /** A measurement could not be taken, after all tries. */
  measurementError: boolean;
  /** At least one metric that acts was measured. */
  measured: boolean;
  /** Guardrails hold as far as the file asks, in an arm (or the one group) that passes on success. */
  passes: boolean;
}

/**
 * State of a checkpoint; the first line that applies decides. Safety acts even on doubtful data; doubtful data never promote
 * and never abort; an error is never success; nothing measured is inconclusive.
 */
export function checkpointState(facts: CheckpointFacts): CheckpointState {
  if (facts.limitFailed) return 'fail';
  if (facts.qualityFailed) return 'invalid';
  if (facts.guardrailFailed) return 'fail';
  if (facts.measurementError) return 'error';
  if (facts.measured && facts.passes) return 'pass';
  return 'inconclusive';
}
