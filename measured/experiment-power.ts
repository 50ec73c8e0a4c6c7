/** What an experiment can find with the people it has: said before anything is sent. */
import { powerOf, recipientsNeeded } from '../decisions/power';
import { experimentOf, metricsOf } from '../definition/epoch';
import type { PlannedExperiment } from '../definition/plan-document';
import type { ResolvedCampaign } from '../definition/resolved';
import type { ResolvedExperiment, ResolvedMetric } from '../definition/resolved-measuring';

/** The experiments of a campaign, with their power where the file says what is usual and what would pay. */
export function plannedExperiments(
  campaign: ResolvedCampaign,
  { reachable }: { reachable: number },
): PlannedExperiment[] {
  return campaign.steps.flatMap((step): PlannedExperiment[] => {
    const experiment = step.kind === 'email' || step.kind === 'experiment' ? experimentOf(step) : undefined;
    if (!experiment) return [];
    const { rules, arms } = experiment;
    const recipients =
      step.kind === 'email' ? Math.min(reachable, rules.maxRecipients ?? reachable) : rules.maxRecipients;
    const success = metricsOf(campaign.metrics, step.id).filter(({ role }) => role === 'success');
    const alpha = rules.alpha / (success.length * (arms.length - 1));
    return [
      {
        step: step.id,
        goal: rules.goal,
        method: rules.method,
        arms: Object.fromEntries(arms.map(({ name, share }) => [name, share])),
        alpha: rules.alpha,
        power: success.flatMap((metric) =>
          powerLine(metric, { rules, alpha, perArm: (recipients ?? 0) / arms.length }),
        ),
      },
    ];
  });
}

function powerLine(
  { name, kind, usual }: ResolvedMetric,
  { rules, alpha, perArm }: { rules: ResolvedExperiment; alpha: number; perArm: number },
): PlannedExperiment['power'] {
  const { minEffect, power } = rules;
  if (kind !== 'proportion' || usual === undefined || usual <= 0 || !minEffect || perArm < 1) return [];
  const effect = minEffect.kind === 'relative' ? usual * minEffect.value : minEffect.value;
  if (effect <= 0 || usual + effect >= 1) return [];
  const variation = { kind: 'proportion', base: usual } as const;
  return [
    {
      metric: name,
      effect,
      power: powerOf({ variation, effect, alpha, n: perArm }),
      recipientsNeeded: recipientsNeeded({ variation, effect, alpha, power }),
    },
  ];
}
