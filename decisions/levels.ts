/** How alpha is shared out. Success: α/(S·(K−1)) (Bonferroni over success metrics and variants). */
import type { CheckpointEvidence, MetricPlan } from './evidence';

export interface Levels {
  /** Two-sided level of each success comparison. */
  success: number;
  /** One-sided level at which a guardrail is proven; not adjusted: all of them have to pass (Schultzberg et al., arXiv 2402.11609). */
  guardrail: number;
  /** One-sided level at which this metric fails in one comparison with the control. */
  failing(metric: MetricPlan): number;
  /** Level of one arm against an absolute limit. */
  limit(metric: MetricPlan): number;
}

/** Level of limits where there is no experiment. */
const STANDARD_ABORT = 0.05;

/** Whether the metric looks at each arm alone. */
export function hasLimit({ kind, max, min }: Pick<MetricPlan, 'kind' | 'max' | 'min'>): boolean {
  return kind === 'rate-limit' || max !== undefined || min !== undefined;
}

/** Whether the metric compares arms with the control: a guardrail with a limit does so only if it has a margin as well. */
export function hasComparison(metric: Pick<MetricPlan, 'kind' | 'max' | 'min' | 'margin'>): boolean {
  return metric.kind !== 'rate-limit' && metric.kind !== 'count' && (!hasLimit(metric) || metric.margin !== undefined);
}

/** Levels of a checkpoint, by the arms that were declared, dropped ones included. */
export function levelsOf({ experiment, metrics, alphaAbort }: CheckpointEvidence): Levels {
  const arms = experiment?.arms.length ?? 1;
  const variants = Math.max(1, arms - 1);
  const alpha = experiment?.alpha ?? STANDARD_ABORT;
  const abort = experiment?.alphaAbort ?? alphaAbort ?? STANDARD_ABORT;
  const success = metrics.filter((metric) => metric.role === 'success' && hasComparison(metric)).length;
  const canFail = metrics.filter(({ role }) => role === 'guardrail' || role === 'deterioration').length;
  const share = abort / Math.max(1, canFail);
  return {
    success: alpha / (Math.max(1, success) * variants),
    guardrail: alpha,
    failing: (metric) => metric.alpha ?? share / variants,
    limit: (metric) => metric.alpha ?? share / arms,
  };
}
