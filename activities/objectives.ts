/** Objectives: what has come, how likely the target is, and what a checkpoint does about it. */
import type { ResolvedCampaign } from '../definition/resolved';
import type { ResolvedObjective } from '../definition/resolved-measuring';
import type { ObjectiveView } from '../definition/run-status';
import { takeLook } from '../ledger/decisions';
import { objectiveView } from '../measured/objective';
import { percent } from '../measured/percent';
import { storedRevision } from './campaign-steps';
import { decisionId, decisionView, recordJudged } from './checkpoint';
import type { ActivityDependencies } from './dependencies';
import type { MeasuringActivities } from './measuring-contract';

export function createObjectiveActivities(
  deps: ActivityDependencies,
): Pick<MeasuringActivities, 'judgeForecast' | 'forecastObjectives'> {
  const { database } = deps;
  const view = (campaign: ResolvedCampaign, runNo: number, objective: ResolvedObjective, now: Date) =>
    objectiveView(database, { campaign, runNo, objective, now });
  return {
    async forecastObjectives({ run, now }) {
      const { campaign } = await storedRevision(database, run.revision);
      const views: ObjectiveView[] = [];
      for (const objective of campaign.objectives ?? [])
        views.push(await view(campaign, run.runNo, objective, new Date(now)));
      return views;
    },

    async judgeForecast({ run, step: stepId, look, timedOut, now }) {
      const { campaign, gitCommit } = await storedRevision(database, run.revision);
      const step = campaign.steps.find(({ id }) => id === stepId);
      const terms = step?.kind === 'checkpoint' ? step.checkpoint : undefined;
      const objective = campaign.objectives?.find(({ id }) => id === terms?.when.forecast);
      const id = decisionId(run.runId, `${stepId}/forecast`, look);
      const row = await takeLook(database, { runNo: run.runNo, step: stepId, epoch: '', id }, async () => {
        const seen = objective && (await view(campaign, run.runNo, objective, new Date(now)));
        const met = terms !== undefined && isMet(terms.when, seen?.probability);
        const state = seen?.probability === undefined ? 'error' : met ? 'fail' : 'pass';
        return {
          id,
          runNo: run.runNo,
          step: stepId,
          checkpoint: 'forecast',
          look,
          epoch: '',
          at: new Date(now),
          state,
          declared: (state === 'error' ? terms?.error : met ? terms?.then : undefined) ?? {
            do: 'promote',
            what: 'wave',
          },
          evidence: {},
          judgement: {
            methodVersion: 'decisions/1',
            state,
            reason: `${seen?.detail ?? 'there is no such objective'}${timedOut ? ' (the wait ran out)' : ''}`,
            wouldChange: terms ? [wouldChange(terms.when)] : [],
          },
          method: 'decisions/1',
          revision: run.revision,
          gitCommit,
        };
      });
      await recordJudged(deps, run.runId, row);
      return { ...decisionView(row), met: row.state === 'fail' };
    },
  };
}

function isMet({ below, above }: { below?: number; above?: number }, probability: number | undefined): boolean {
  if (probability === undefined) return false;
  return (below !== undefined && probability < below) || (above !== undefined && probability > above);
}

function wouldChange({ below, above }: { below?: number; above?: number }): string {
  return below !== undefined
    ? `a probability of ${percent(below)} or more`
    : `a probability of ${percent(above ?? 1)} or less`;
}
