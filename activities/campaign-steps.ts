/** Steps as the ledger keeps them with their revision: activities never trust a definition from elsewhere. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import type { ResolvedCheckpoint } from '../definition/resolved-measuring';
import type { Database } from '../ledger/database';
import { readRevision, type StoredRevision } from '../ledger/revisions';

/** A step that releases an audience. */
export type ReleasingStep = ResolvedStepOf<'email'> | ResolvedStepOf<'experiment'>;

/** @throws ApplicationFailure PlanInvalid, when the ledger does not know the revision */
export async function storedRevision(database: Database, revision: string): Promise<StoredRevision> {
  const stored = await readRevision(database, revision);
  if (stored) return stored;
  throw ApplicationFailure.nonRetryable(
    `the ledger has no revision ${revision.slice(0, 12)}`,
    failureTypes.planInvalid,
  );
}

/** @throws ApplicationFailure PlanInvalid */
export function releasingStep(campaign: ResolvedCampaign, id: string): ReleasingStep {
  const step = campaign.steps.find((candidate) => candidate.id === id);
  if (step?.kind === 'email' || step?.kind === 'experiment') return step;
  throw ApplicationFailure.nonRetryable(
    `no step ${id} of this revision releases an audience`,
    failureTypes.planInvalid,
  );
}

/** @throws ApplicationFailure PlanInvalid */
export function checkpointOf(step: ReleasingStep, id: string): ResolvedCheckpoint {
  for (const entry of step.rollout ?? [])
    if (entry.kind === 'checkpoint' && entry.checkpoint.id === id) return entry.checkpoint;
  throw ApplicationFailure.nonRetryable(`step ${step.id} has no checkpoint ${id}`, failureTypes.planInvalid);
}
