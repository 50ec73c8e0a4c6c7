/** What the workflow of a git sync may ask of the outside world. Types only. */
import type { Instant } from '../definition/resolved';

export interface SyncInput {
  /** Key of the repository in `volante.yaml`. */
  repository: string;
}

export type BranchLook =
  /** Nothing has happened since the last look. */
  | { outcome: 'unchanged'; commit: string }
  | { outcome: 'new'; commit: string }
  /** Somebody must say a word first; the reason is in the ledger and in `volante sync`. */
  | { outcome: 'blocked'; commit: string; reason: string }
  /** The repository is not configured here any more. */
  | { outcome: 'gone' };

export interface CommitRead {
  pending: number;
  invalid: number;
  orphaned: number;
  /** Nothing of this commit is applied before somebody says a word. */
  blocked?: string;
}

export interface SyncActivities {
  /** Asks the server for the branch's commit, brings it here, and checks its signature and its descent. */
  lookAtBranch(input: SyncInput & { now: Instant }): Promise<BranchLook>;
  /** Reads and checks every campaign that has changed since it was last read; stores what is valid. */
  readCommit(input: SyncInput & { commit: string; now: Instant }): Promise<CommitRead>;
  /** Applies the next campaigns that wait. Each is applied once, however often this is repeated. */
  applyCampaigns(
    input: SyncInput & { commit: string; after: string; now: Instant },
  ): Promise<{ last?: string; applied: number }>;
  /** Writes down that a commit is applied, and what could not be. */
  concludeSync(input: SyncInput & { commit: string; now: Instant }): Promise<{ synced: number; notSynced: number }>;
}
