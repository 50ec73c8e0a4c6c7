/** The part of an experiment that workflow code needs. Depends on nothing at run time. */
import type { CheckpointStep, EmailStep, ExperimentStep } from './resolved';

export interface ExperimentRules {
  goal: 'learn' | 'earn';
  control: string;
  /** As the file declares them. */
  shares: Record<string, number>;
}

export function experimentRulesOf(step: EmailStep | ExperimentStep | CheckpointStep): ExperimentRules | undefined {
  if (step.kind === 'checkpoint') return undefined;
  const rules = step.kind === 'email' ? step.email.experiment : step.experiment;
  const arms = step.kind === 'email' ? step.email.arms : step.experiment.arms;
  if (!rules || !arms) return undefined;
  return {
    goal: rules.goal,
    control: rules.control,
    shares: Object.fromEntries(arms.map(({ name, share }) => [name, share])),
  };
}
