/** The activities of a git sync. */
import { createApplyCampaigns } from './apply-campaigns';
import { createConcludeSync } from './conclude';
import type { SyncActivities } from './contract';
import type { SyncDependencies } from './dependencies';
import { createLookAtBranch } from './look-at-branch';
import { createReadCommit } from './read-commit';

export type { SyncDependencies } from './dependencies';

export function createSyncActivities(deps: SyncDependencies): SyncActivities {
  return {
    lookAtBranch: createLookAtBranch(deps),
    readCommit: createReadCommit(deps),
    applyCampaigns: createApplyCampaigns(deps),
    concludeSync: createConcludeSync(deps),
  };
}
