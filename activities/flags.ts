/** Flags of web experiments: who gets which variant, set on a flag platform and read back from it. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import { recordFact } from '../ledger/audit';
import { isFlagPlatformError } from '../platforms/flag-platform-error';
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
    async exposeFlag({ run, step: stepId, wave, exposure, weights, gates, planHash, now }) {
      await requireApproval(database, { runId: run.runId, step: stepId, gates, planHash });
      const { campaign, step, owned, platform } = await open(run, stepId);
      const arms = step.experiment.arms.map(({ name }) => ({ name, share: weights[name] ?? 0 }));
      const description = `${campaign.name}, step ${step.id}`;
      // The first wave is always a start: one whose answer was lost may have left the flag half made.
      const state = await asked(() =>
        wave === 1
          ? platform.startExperiment({ ...owned, description, salt: step.experiment.salt, arms, exposure })
          : platform.setExposure({ ...owned, exposure, weights }),
      );
      await record(run, stepId, 'flag.exposed', state, now);
    },

    async promoteFlag({ run, step: stepId, arm, now }) {
      const { owned, platform } = await open(run, stepId);
      await record(run, stepId, 'flag.promoted', await asked(() => platform.promote({ ...owned, arm })), now);
    },

    async switchOffFlag({ run, step: stepId, now }) {
      const { owned, platform } = await open(run, stepId);
      await record(run, stepId, 'flag.switched-off', await asked(() => platform.switchOff(owned)), now);
    },
  };
}

/** What will not get better is not tried again; what will, when the platform says so. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isFlagPlatformError(error)) throw error;
    const details = { type: 'FlagPlatform', cause: error, nextRetryDelay: error.retryAfterMs };
    if (error.retryable) throw ApplicationFailure.create({ ...details, message: error.message, nonRetryable: false });
    throw ApplicationFailure.create({ type: details.type, message: error.message, cause: error, nonRetryable: true });
  }
}

function experimentStep(campaign: ResolvedCampaign, id: string): ResolvedStepOf<'experiment'> {
  const step = releasingStep(campaign, id);
  if (step.kind === 'experiment') return step;
  throw ApplicationFailure.nonRetryable(`step ${id} is no web experiment`, failureTypes.planInvalid);
}
