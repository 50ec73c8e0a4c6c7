/** Is there a commit to apply, and may it be? */
import { rm } from 'node:fs/promises';
import { canonicalJson } from '../definition/canonical-json';
import type { Sha256 } from '../definition/resolved';
import { sha256 } from '../definition/sha256';
import type { Repository, Workspace } from '../definition/workspace-types';
import { hasWork } from '../ledger/sync/campaigns';
import { findSyncRepository, recordLook, type SyncRepositoryRow } from '../ledger/sync/repositories';
import { showBlocked, showConcluded } from './commit-status';
import type { BranchLook, SyncActivities } from './contract';
import { openMirror, repositoryHere, type SyncDependencies } from './dependencies';
import type { Mirror } from './git/mirror';
import { GitError } from './git/run-git';
import { signatureProblem } from './git/signatures';

/** Campaigns are checked anew when what they are checked with has changed. */
export function workspaceHash(workspace: Workspace): Sha256 {
  return sha256(canonicalJson(workspace));
}

export function createLookAtBranch(deps: SyncDependencies): SyncActivities['lookAtBranch'] {
  const { database, workspace } = deps;
  return async ({ repository: id, now }) => {
    const repository = repositoryHere(deps, id);
    if (!repository) return { outcome: 'gone' };
    const mirror = await openMirror(deps, repository);
    try {
      const known = await findSyncRepository(database, id);
      const commit = await mirror.head();
      if (commit === undefined) throw new GitError(`there is no branch ${repository.branch}`);
      const isSame = known?.appliedCommit === commit && known.workspaceHash === workspaceHash(workspace);
      if (isSame && !(await hasWork(database, id, new Date(now)))) {
        await recordLook(database, { repository: id, state: 'synced', now: new Date(now) });
        if (known.statusTrouble !== null) await showConcluded(deps, repository, commit);
        return { outcome: 'unchanged', commit };
      }
      const look = await judge(mirror, { repository, known, commit });
      if (look.outcome === 'new' && waitsForWord(known, commit)) return look;
      await recordLook(database, {
        repository: id,
        state: look.outcome === 'blocked' ? 'blocked' : 'syncing',
        reason: look.outcome === 'blocked' ? look.reason : undefined,
        seenCommit: commit,
        now: new Date(now),
      });
      if (look.outcome === 'blocked') await showBlocked(deps, repository, { commit, reason: look.reason });
      return look;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // What a killed process left behind: the copy can be had again.
      if (/\.lock|corrupt|bad object/i.test(error.message)) await rm(mirror.gitDir, { recursive: true, force: true });
      await recordLook(database, { repository: id, state: 'unreachable', reason: error.message, now: new Date(now) });
      throw error;
    }
  };
}

/** A commit that waits for somebody's word is shown as blocked all the while, also while it is looked at again. */
function waitsForWord(known: SyncRepositoryRow | undefined, commit: string): boolean {
  return known?.state === 'blocked' && known.seenCommit === commit && known.acceptedCommit !== commit;
}

async function judge(
  mirror: Mirror,
  { repository, known, commit }: { repository: Repository; known: SyncRepositoryRow | undefined; commit: string },
): Promise<BranchLook> {
  await mirror.fetch(commit);
  const unsigned = await signatureProblem(mirror, commit, repository.signatures);
  if (unsigned !== undefined) return { outcome: 'blocked', commit, reason: unsigned };
  const before = known?.appliedCommit ?? undefined;
  if (known?.acceptedCommit !== commit && (await mirror.descent(before, commit)) === 'rewritten') {
    const reason = `the branch was rewritten: ${before?.slice(0, 12)}, which was applied, is not before ${commit.slice(0, 12)}`;
    return { outcome: 'blocked', commit, reason };
  }
  return { outcome: 'new', commit };
}
