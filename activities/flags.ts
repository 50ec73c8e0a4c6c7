/** Flags of web experiments: who gets which variant, set on a flag platform and read back from it. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import { recordFact } from '../ledger/audit';
import type { FlagState, OwnedFlag } from '../platforms/flags';
import { releasingStep, storedRevision } from './campaign-steps';
import type { RunRef } from './contract';
import type { ActivityDependencies } from './dependencies';
import { requireApproval } from './dispatch';
import type { FlagActivities } from './measuring-contract';

export function createFlagActivities(deps: ActivityDependencies): FlagActivities {
  const { database } = deps;
  const open = async (run: RunRef, stepId: string) => {
    const { campaign } = await storedRevision(database, run.revision);
    const step = experimentStep(campaign, stepId);
    const owned: OwnedFlag = { flag: step.experiment.flag, owner: `${run.runId}/${step.id}` };
    return { campaign, step, owned, platform: deps.flagsOf(step.experiment.platform) };
  };
  const record = (run: RunRef, step: string, action: string, state: FlagState, now: string) =>
    recordFact(database, {
      at: new Date(now),
      runId: run.runId,
      actor: 'volante',
      action,
      subject: step,
      detail: { enabled: state.enabled, exposure: state.exposure, weights: state.weights },
      factKey: `${run.runId}:${step}:${action}:${now}`,
    });
  return {
    async exposeFlag({ run, step: stepId, exposure, weights, gates, planHash, now }) {
      await requireApproval(database, { runId: run.runId, step: stepId, gates, planHash });
      const { campaign, step, owned, platform } = await open(run, stepId);
      const { exists } = await platform.read({ flag: owned.flag });
      const arms = step.experiment.arms.map(({ name }) => ({ name, share: weights[name] ?? 0 }));
      const state = exists
        ? await platform.setExposure({ ...owned, exposure, weights })
        : await platform.startExperiment({
            ...owned,
            description: `${campaign.name}, step ${step.id}`,
            salt: step.experiment.salt,
            arms,
            exposure,
          });
      await record(run, stepId, 'flag.exposed', state, now);
    },

    async promoteFlag({ run, step: stepId, arm, now }) {
      const { owned, platform } = await open(run, stepId);
      await record(run, stepId, 'flag.promoted', await platform.promote({ ...owned, arm }), now);
    },

    async switchOffFlag({ run, step: stepId, now }) {
      const { owned, platform } = await open(run, stepId);
      await record(run, stepId, 'flag.switched-off', await platform.switchOff(owned), now);
    },
  };
}

function experimentStep(campaign: ResolvedCampaign, id: string): ResolvedStepOf<'experiment'> {
  const step = releasingStep(campaign, id);
  if (step.kind === 'experiment') return step;
  throw ApplicationFailure.nonRetryable(`step ${id} is no web experiment`, failureTypes.planInvalid);
}
