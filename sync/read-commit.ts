/** Reads the campaigns of a commit: what has changed is checked, and what is valid is stored to be applied. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadOutcome, loadCampaign } from '../definition/load-campaign';
import { personWriting } from '../definition/people';
import type { Repository } from '../definition/workspace-types';
import type { Problem } from '../errors/problem';
import { storeRevision } from '../ledger/revisions';
import {
  forgetCampaign,
  readSyncCampaigns,
  recordRead,
  resumeSuspended,
  type SyncCampaignRow,
  settleSync,
} from '../ledger/sync/campaigns';
import { findSyncRepository, recordLook } from '../ledger/sync/repositories';
import { checkEmail } from '../operations/check-email';
import { showBlocked } from './commit-status';
import type { CommitRead, SyncActivities } from './contract';
import { openMirror, repositoryHere, type SyncDependencies } from './dependencies';
import { type CampaignFolderInGit, campaignFolders, writeCampaign } from './git/campaign-tree';
import type { Mirror } from './git/mirror';
import { workspaceHash } from './look-at-branch';

/** A commit that takes away a larger share of the campaigns than this, or all, waits for a person's word. */
const mostRemoved = 0.2;

export function createReadCommit(deps: SyncDependencies): SyncActivities['readCommit'] {
  const { database, workspace } = deps;
  return async ({ repository: id, commit, now }) => {
    const repository = repositoryHere(deps, id);
    if (!repository) return { pending: 0, invalid: 0, orphaned: 0, blocked: 'the repository is not configured here' };
    const mirror = await openMirror(deps, repository);
    await mirror.fetch(commit);
    const at = new Date(now);
    const [folders, rows, known] = await Promise.all([
      campaignFolders(mirror, { commit, path: repository.path }),
      readSyncCampaigns(database, id),
      findSyncRepository(database, id),
    ]);
    const removed = removedCampaigns(rows, folders);
    const blocked = removalProblem(rows, removed);
    if (blocked !== undefined && known?.acceptedCommit !== commit) {
      await recordLook(database, { repository: id, state: 'blocked', reason: blocked, seenCommit: commit, now: at });
      await showBlocked(deps, repository, { commit, reason: blocked });
      return { pending: 0, invalid: 0, orphaned: removed.length, blocked };
    }
    const isNewWorkspace = known?.workspaceHash !== workspaceHash(workspace);
    const changed = folders.filter((folder) => isNewWorkspace || hasChanged(folder, rows));
    const counts: CommitRead = { pending: 0, invalid: 0, orphaned: removed.length };
    const owners = ownersOf(rows, folders, changed);
    for (const folder of changed) {
      const outcome = withTwins(await load(deps, mirror, folder), folder, owners);
      await record(deps, { repository, mirror, commit, folder, outcome, at });
      if (outcome.campaign) counts.pending += 1;
      else counts.invalid += 1;
    }
    for (const { folder, campaignId } of removed)
      if (campaignId !== null && owners.has(campaignId)) await forgetCampaign(database, { repository: id, folder });
      else
        await settleSync(database, {
          repository: id,
          folder,
          state: 'orphaned',
          detail: `its file is gone since ${commit.slice(0, 12)}`,
          now: at,
        });
    await resumeSuspended(database, id, at);
    return counts;
  };
}

function hasChanged({ folder, file, hash }: CampaignFolderInGit, rows: readonly SyncCampaignRow[]): boolean {
  const row = rows.find((candidate) => candidate.folder === folder);
  return row === undefined || row.treeHash !== hash || row.file !== file || row.state === 'orphaned';
}

function removedCampaigns(
  rows: readonly SyncCampaignRow[],
  folders: readonly CampaignFolderInGit[],
): SyncCampaignRow[] {
  const present = new Set(folders.map(({ folder }) => folder));
  return rows.filter(({ folder, state }) => state !== 'orphaned' && !present.has(folder));
}

/** A folder that was only moved is not taken away. */
function removalProblem(rows: readonly SyncCampaignRow[], removed: readonly SyncCampaignRow[]): string | undefined {
  const known = rows.filter(({ state }) => state !== 'orphaned').length;
  if (removed.length === 0 || removed.length <= known * mostRemoved) return undefined;
  return `the commit takes away ${removed.length} of ${known} campaigns`;
}

/** Which folder has the id of a campaign already: the first in the order of folders, and what ran before comes first. */
function ownersOf(
  rows: readonly SyncCampaignRow[],
  folders: readonly CampaignFolderInGit[],
  changed: readonly CampaignFolderInGit[],
): Map<string, string> {
  const present = new Set(folders.map(({ folder }) => folder));
  const isRead = new Set(changed.map(({ folder }) => folder));
  const owners = new Map<string, string>();
  for (const { folder, campaignId } of rows)
    if (campaignId !== null && present.has(folder) && !isRead.has(folder)) owners.set(campaignId, folder);
  return owners;
}

async function load(
  { workspace }: SyncDependencies,
  mirror: Mirror,
  folder: CampaignFolderInGit,
): Promise<LoadOutcome> {
  const root = await mkdtemp(join(tmpdir(), 'volante-sync-'));
  try {
    await writeCampaign(mirror, folder, join(root, folder.folder));
    return await loadCampaign({ file: join(root, folder.file), workspace, root, checkEmail });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Of two files with one id, the one that had it first has it. */
function withTwins(outcome: LoadOutcome, { folder }: CampaignFolderInGit, owners: Map<string, string>): LoadOutcome {
  if (outcome.id === undefined) return outcome;
  const owner = owners.get(outcome.id);
  owners.set(outcome.id, owner ?? folder);
  if (owner === undefined || owner === folder) return outcome;
  const problem: Problem = {
    rule: 'DEF-012',
    severity: 'error',
    message: `"${outcome.id}" is also the id of ${owner}`,
    file: outcome.sourceFile,
    line: outcome.idPlace?.line ?? 1,
    column: outcome.idPlace?.column ?? 1,
    endColumn: outcome.idPlace?.column ?? 1,
    why: 'runs, books and approvals are found by the id of a campaign',
    fix: 'give one of them another id',
  };
  return { ...outcome, campaign: undefined, problems: [...outcome.problems, problem] };
}

async function record(
  { database, workspace }: SyncDependencies,
  read: {
    repository: Repository;
    mirror: Mirror;
    commit: string;
    folder: CampaignFolderInGit;
    outcome: LoadOutcome;
    at: Date;
  },
): Promise<void> {
  const { repository, mirror, commit, folder, outcome, at } = read;
  const { author, committer } = await mirror.lastHands(commit, folder.folder);
  if (outcome.campaign) {
    const { resolved, revision, files } = outcome.campaign;
    await storeRevision(database, { revision, campaign: resolved, files, gitCommit: commit });
  }
  await recordRead(
    database,
    {
      repository: repository.id,
      folder: folder.folder,
      file: folder.file,
      campaignId: outcome.id ?? null,
      treeHash: folder.hash,
      commit,
      actor: personWriting(workspace, author) ?? repository.actor,
      committer: personWriting(workspace, committer) ?? null,
      problems: outcome.problems,
      ...(outcome.campaign && { revision: outcome.campaign.revision }),
    },
    at,
  );
}
