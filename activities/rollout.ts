import { epochOf, experimentOf } from '../definition/epoch';
import { recordFact } from '../ledger/audit';
import { releaseWave } from '../ledger/waves';
import { releasingStep, storedRevision } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';
import type { MeasuringActivities } from './measuring-contract';

/** Releases the next wave of a step; what was released stays released, whatever is asked later. */
export function createReleaseWave({ database }: ActivityDependencies): MeasuringActivities['releaseWave'] {
  return async ({ run, step: stepId, wave, size, weights, now }) => {
    const { campaign } = await storedRevision(database, run.revision);
    const step = releasingStep(campaign, stepId);
    const experiment = experimentOf(step);
    const declared = Object.fromEntries(experiment?.arms.map(({ name, share }) => [name, share]) ?? []);
    const released = await releaseWave(database, {
      runNo: run.runNo,
      step: step.id,
      wave,
      size,
      salt: experiment?.rules.salt ?? '',
      weights: Object.keys(weights).length > 0 ? weights : declared,
      epoch: epochOf(campaign.metrics, step),
      now: new Date(now),
    });
    await recordFact(database, {
      at: released.releasedAt,
      runId: run.runId,
      actor: 'volante',
      action: 'wave.released',
      subject: `${step.id}/${wave}`,
      detail: { from: released.from, to: released.to, weights: released.weights },
      factKey: `${run.runId}:${step.id}:wave:${wave}`,
    });
    return { wave, from: released.from, to: released.to, weights: released.weights };
  };
}
