/** Writes down that a commit is applied; what has lost its file is told of, never stopped by itself. */
import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { recordFact } from '../ledger/audit';
import { findLiveRun } from '../ledger/live-runs';
import { forgetCampaign, readSyncCampaigns, type SyncCampaignRow, settleSync } from '../ledger/sync/campaigns';
import { recordLook } from '../ledger/sync/repositories';
import { askToPrune } from '../operations/prune';
import { orphanNote } from './apply-campaigns';
import { showConcluded } from './commit-status';
import type { SyncActivities } from './contract';
import { repositoryHere, type SyncDependencies } from './dependencies';
import { workspaceHash } from './look-at-branch';

export function createConcludeSync(deps: SyncDependencies): SyncActivities['concludeSync'] {
  const { database, workspace } = deps;
  return async ({ repository: id, commit, now }) => {
    const at = new Date(now);
    const rows = await readSyncCampaigns(database, id);
    for (const row of rows) if (row.state === 'orphaned') await tendOrphan(deps, row, at);
    const notSynced = rows.filter(({ state }) => state !== 'applied' && state !== 'orphaned');
    const counts = countBy(rows);
    await recordFact(database, {
      at,
      actor: 'volante',
      action: 'sync.concluded',
      subject: id,
      detail: { commit, ...counts },
      factKey: `sync:${id}:${commit}:${workspaceHash(workspace).slice(0, 12)}:${JSON.stringify(counts)}`,
    });
    await recordLook(database, {
      repository: id,
      state: 'synced',
      appliedCommit: commit,
      seenCommit: commit,
      workspaceHash: workspaceHash(workspace),
      now: at,
    });
    const repository = repositoryHere(deps, id);
    if (repository) await showConcluded(deps, repository, commit);
    return { synced: rows.length - notSynced.length, notSynced: notSynced.length };
  };
}

/** Its schedule starts nothing more; its run goes on until people say otherwise. */
async function tendOrphan(deps: SyncDependencies, row: SyncCampaignRow, at: Date): Promise<void> {
  const { database, client, workspace } = deps;
  const { repository, folder, campaignId } = row;
  const live =
    campaignId === null ? undefined : await findLiveRun(database, { campaignId, environment: workspace.environment });
  const isScheduled = campaignId !== null && (await pauseSchedule(client, campaignId));
  if (!live && !isScheduled) return forgetCampaign(database, { repository, folder });
  const asks = live && repositoryHere(deps, repository)?.onRemoval === 'ask';
  if (asks)
    await askToPrune(client, { runId: live.runId, by: row.actor, reason: `its file is gone from ${repository}` });
  await settleSync(database, {
    repository,
    folder,
    state: 'orphaned',
    detail: [
      'its file is gone',
      ...(isScheduled ? ['its schedule is paused'] : []),
      ...(live
        ? [asks ? 'its approvers are asked whether to stop it' : `${live.runId} goes on: volante prune ${campaignId}`]
        : []),
    ].join('; '),
    ...(live && { runId: live.runId }),
    now: at,
  });
}

async function pauseSchedule(client: Client, campaignId: string): Promise<boolean> {
  const handle = client.schedule.getHandle(`schedule/${campaignId}`);
  try {
    const { state } = await handle.describe();
    if (!state.paused) await handle.pause(orphanNote);
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function countBy(rows: readonly SyncCampaignRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
