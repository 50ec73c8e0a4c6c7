import { canonicalJson } from './canonical-json';
import type { EmailStep, ExperimentStep, Sha256 } from './resolved';
import type { ResolvedExperiment, ResolvedMetric } from './resolved-measuring';
import { sha256 } from './sha256';

/** The experiment of a step, with the names of its arms; undefined for a step without arms. */
export function experimentOf(
  step: EmailStep | ExperimentStep,
): { rules: ResolvedExperiment; arms: { name: string; share: number }[] } | undefined {
  if (step.kind === 'experiment') return { rules: step.experiment, arms: step.experiment.arms };
  const { experiment, arms } = step.email;
  return experiment && arms ? { rules: experiment, arms } : undefined;
}

/** Metrics that measure a step. */
export function metricsOf(metrics: readonly ResolvedMetric[] | undefined, stepId: string): ResolvedMetric[] {
  return (metrics ?? []).filter(({ steps }) => steps === undefined || steps.includes(stepId));
}

/**
 * Stands for the plan of an experiment. Another metric, margin, method, error, maximum, or arm with other content, begins a
 * new epoch: what was measured before backs no claim after it.
 */
export function epochOf(
  metrics: readonly ResolvedMetric[] | undefined,
  step: { id: string } & (EmailStep | ExperimentStep),
): Sha256 {
  const experiment = experimentOf(step);
  return sha256(
    canonicalJson({
      metrics: metricsOf(metrics, step.id).map(({ usual: _, ...judged }) => judged),
      rules: experiment?.rules ?? null,
      arms: experiment?.arms ?? [],
      ...(experiment && step.kind === 'email' && { message: contentOf(step) }),
    }),
  );
}

/** What an arm says that leaves it out. */
function contentOf({ email }: EmailStep): object {
  const { subject, preheader, template, text, sender } = email;
  return { subject, preheader: preheader ?? null, template, text: text ?? null, sender };
}
