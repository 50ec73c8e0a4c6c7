/** Applies what a commit says, campaign by campaign; one that cannot be applied does not keep the others back. */

import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { sha256 } from '../definition/sha256';
import { isTakenOver } from '../definition/taken-over';
import { isVolanteError } from '../errors/volante-error';
import { findLiveRun, findRunBy, newestRun } from '../ledger/live-runs';
import { readRevision, type StoredRevision } from '../ledger/revisions';
import {
  otherRepositoryOf,
  pendingCampaigns,
  type SyncCampaignRow,
  type SyncState,
  settleSync,
} from '../ledger/sync/campaigns';
import { activeSuspension } from '../ledger/sync/suspensions';
import { type Applied, applyCampaign } from '../operations/apply';
import { gatherPlan } from '../operations/gather-plan';
import { askStanding } from '../operations/standing';
import type { SyncActivities } from './contract';
import type { SyncDependencies } from './dependencies';

const pageSize = 20;

interface Settled {
  state: SyncState;
  detail?: string;
  runId?: string;
}

export function createApplyCampaigns(deps: SyncDependencies): SyncActivities['applyCampaigns'] {
  const { database } = deps;
  return async ({ repository, after, now }) => {
    const page = await pendingCampaigns(database, { repository, after, limit: pageSize });
    let applied = 0;
    for (const row of page) {
      const settled = await settle(deps, row, new Date(now)).catch(troubleOf);
      await settleSync(database, { repository, folder: row.folder, ...settled, now: new Date(now) });
      if (settled.state === 'applied') applied += 1;
    }
    return { last: page.at(-1)?.folder, applied };
  };
}

async function settle(deps: SyncDependencies, row: SyncCampaignRow, now: Date): Promise<Settled> {
  const { database, workspace } = deps;
  const stored = row.revision === null ? undefined : await readRevision(database, row.revision);
  if (!stored) return { state: 'invalid', detail: 'the ledger does not have this revision' };
  const campaignId = stored.campaign.id;
  const suspension = await activeSuspension(database, { campaignId, now });
  if (suspension)
    return {
      state: 'suspended',
      detail: `by ${suspension.by} until ${suspension.until.toISOString()}: ${suspension.reason}`,
    };
  const other = await otherRepositoryOf(database, { repository: row.repository, campaignId });
  if (other !== undefined)
    return { state: 'invalid', detail: `"${campaignId}" is also a campaign of repository ${other}` };
  const over = await overRun(deps, stored);
  if (over) return over;
  const applied = await applyCampaign(
    { client: deps.client, database },
    {
      campaign: stored.campaign,
      revision: stored.revision,
      files: stored.files,
      environment: workspace.environment,
      by: row.actor,
      ...(row.committer !== null && { lastCommitter: row.committer }),
      gitCommit: row.commit,
      taskQueue: Context.current().info.taskQueue,
      ...(await planned(deps, { row, stored, now })),
    },
  );
  if (stored.campaign.schedule.cron.length > 0) await unpause(deps.client, campaignId);
  return { state: 'applied', runId: applied.runId, detail: inWords(applied) };
}

/** Nobody gets a campaign twice because somebody mended a word in its file: what is over is started by a person. */
async function overRun(
  { database, workspace }: SyncDependencies,
  { campaign, revision }: StoredRevision,
): Promise<Settled | undefined> {
  if (isTakenOver(campaign)) return undefined;
  const { environment } = workspace;
  if (await findLiveRun(database, { campaignId: campaign.id, environment })) return undefined;
  const same = await findRunBy(database, revision);
  if (same) return { state: 'applied', runId: same.runId, detail: `ran as ${same.runId}` };
  const before = await newestRun(database, { campaignId: campaign.id, environment });
  if (!before) return undefined;
  return {
    state: 'over',
    runId: before.runId,
    detail: `${before.runId} is over, and a commit starts no second run: volante apply ${campaign.id}`,
  };
}

/** What the plan says of whom it reaches, for the audit and the one-line summary. */
async function planned(
  { database, workspace, secretKey, client }: SyncDependencies,
  { row, stored, now }: { row: SyncCampaignRow; stored: StoredRevision; now: Date },
): Promise<{ planHash: string; targeted: number }> {
  const { campaign: resolved, revision, files } = stored;
  const named = files.map((file) => ({ ...file, sha256: sha256(file.content) }));
  const campaign = { resolved, revision, files: named, sourceFile: row.file, folder: row.folder };
  const plan = await gatherPlan([{ campaign, id: resolved.id, sourceFile: row.file, problems: [] }], {
    database,
    workspace,
    secretKey,
    now,
    standingOf: (runId) => askStanding(client, runId),
  });
  const [own] = plan.campaigns;
  if (!own || own.action === 'invalid') throw new Error(`${row.file} cannot be planned`);
  return { planHash: own.planHash, targeted: own.audience.targeted };
}

function inWords(applied: Applied): string {
  switch (applied.outcome) {
    case 'started':
      return 'started';
    case 'scheduled':
      return 'scheduled';
    case 'already':
      return 'as applied';
    case 'amended': {
      const { voids } = applied.amendment;
      return voids.length === 0 ? 'amended' : `amended; to be approved again: ${voids.join(', ')}`;
    }
  }
}

/** What a run cannot take is refused for good; anything else may pass, and is tried again with the next look. */
function troubleOf(error: unknown): Settled {
  const detail = error instanceof Error ? error.message.slice(0, 500) : String(error);
  const isRefused = isVolanteError(error) && error.code === 'VOL-300' && !/^stale|try again/.test(detail);
  return { state: isRefused ? 'refused' : 'pending', detail };
}

export const orphanNote = 'paused because its file is gone';

/** A schedule that was paused because its file was gone goes on when the file is back. */
async function unpause(client: Client, campaignId: string): Promise<void> {
  const handle = client.schedule.getHandle(`schedule/${campaignId}`);
  const { state } = await handle.describe();
  if (state.paused && state.note === orphanNote) await handle.unpause('its file is back');
}
