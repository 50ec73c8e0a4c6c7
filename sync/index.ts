/** The activities of a git sync. */
import { whileAlive } from '../telemetry/alive';
import { createApplyCampaigns } from './apply-campaigns';
import { createConcludeSync } from './conclude';
import type { SyncActivities } from './contract';
import type { SyncDependencies } from './dependencies';
import { createLookAtBranch } from './look-at-branch';
import { createReadCommit } from './read-commit';

export type { SyncDependencies } from './dependencies';

export function createSyncActivities(deps: SyncDependencies): SyncActivities {
  return {
    lookAtBranch: beating(createLookAtBranch(deps)),
    readCommit: beating(createReadCommit(deps)),
    applyCampaigns: beating(createApplyCampaigns(deps)),
    concludeSync: beating(createConcludeSync(deps)),
  };
}

/** Git over a slow network says nothing for minutes: the worker that waits for it says that it lives. */
function beating<Input, Result>(work: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
  return (input) => whileAlive(() => work(input));
}
