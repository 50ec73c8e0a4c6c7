/**
 * Every campaign on two axes: whether what runs is what git says (sync), and how its run is doing (health). One statement
 * for all of them.
 */

import type { RunPhase } from '../../definition/run-status';
import type { Workspace } from '../../definition/workspace-types';
import type { Queryable } from '../database';
import type { SyncState } from './campaigns';

/**
 * synced: what runs is what the file says. drifted: it is not, because the run could not take the change, a person put it above
 * git, or its time is over. orphaned: the file is gone. invalid: the file has errors. stale: git was not read, or its newest
 * commit not applied, for too long. by-hand: no repository has it.
 */
export type SyncAxis = 'synced' | 'drifted' | 'orphaned' | 'invalid' | 'stale' | 'by-hand';
export type HealthAxis = 'none' | 'scheduled' | 'waiting' | 'running' | 'paused' | 'degraded' | 'done' | 'aborted';

export interface CampaignState {
  campaignId: string;
  /** Absent: no repository has it. */
  repository?: string;
  file?: string;
  sync: SyncAxis;
  health: HealthAxis;
  runId?: string;
  detail?: string;
}

interface StateRow {
  campaignId: string;
  repository: string | null;
  file: string | null;
  syncState: SyncState | null;
  detail: string | null;
  isBehind: boolean | null;
  runId: string | null;
  phase: RunPhase | null;
  finishedAt: Date | null;
  starts: Date | null;
  isCron: boolean | null;
  asked: string | null;
  revision: string | null;
  inDoubt: boolean | null;
}

const statement = `
  with newest as (
    select distinct on (r.campaign_id) r.no, r.campaign_id, r.run_id, r.phase, r.finished_at,
           (v.definition -> 'schedule' ->> 'start')::timestamptz as starts,
           jsonb_array_length(coalesce(v.definition -> 'schedule' -> 'cron', '[]')) > 0 as is_cron,
           coalesce((select asked_revision from amendments a where a.run_no = r.no order by no desc limit 1), r.revision) as asked
      from runs r join revisions v using (revision)
     order by r.campaign_id, r.finished_at is null desc, r.no desc)
  select coalesce(n.campaign_id, c.campaign_id, c.folder) as "campaignId", c.repository, c.file, c.state as "syncState", c.detail,
         p.state <> 'synced' or p.checked_at < $1::timestamptz - $2::interval as "isBehind",
         n.run_id as "runId", n.phase, n.finished_at as "finishedAt", n.starts, n.is_cron as "isCron", n.asked, c.revision,
         exists (select from deliveries d where d.run_no = n.no and d.status = 'in_doubt') as "inDoubt"
    from newest n
    full join sync_campaigns c on c.campaign_id = n.campaign_id
    left join sync_repositories p on p.repository = c.repository
   order by n.finished_at is not null, 1`;

/** Three looks missed: whoever follows a branch is behind. */
export function behindMs({ repositories = {} }: Workspace): number {
  return 3 * Math.max(0, ...Object.values(repositories).map(({ every }) => every)) + 60_000;
}

/** @param behindMs a repository that was not looked at for this long is behind */
export async function campaignStates(
  queryable: Queryable,
  { now, behindMs }: { now: Date; behindMs: number },
): Promise<CampaignState[]> {
  const { rows } = await queryable.query<StateRow>(statement, [now, `${behindMs} milliseconds`]);
  return rows.map((row) => ({
    campaignId: row.campaignId,
    ...(row.repository !== null && { repository: row.repository }),
    ...(row.file !== null && { file: row.file }),
    sync: syncOf(row),
    health: healthOf(row, now),
    ...(row.runId !== null && { runId: row.runId }),
    ...(row.detail !== null && { detail: row.detail }),
  }));
}

function syncOf({ syncState, isBehind, asked, revision, finishedAt, runId, isCron }: StateRow): SyncAxis {
  if (syncState === null) return 'by-hand';
  if (syncState === 'orphaned' || syncState === 'invalid') return syncState;
  if (isBehind || syncState === 'pending') return 'stale';
  if (syncState !== 'applied') return 'drifted';
  const isLive = runId !== null && finishedAt === null && !isCron;
  return isLive && asked !== revision ? 'drifted' : 'synced';
}

const healthOfPhase: Record<RunPhase, HealthAxis> = {
  preparing: 'running',
  waiting: 'waiting',
  gate: 'waiting',
  checkpoint: 'waiting',
  sending: 'running',
  held: 'degraded',
  paused: 'paused',
  aborting: 'aborted',
  done: 'done',
  rejected: 'aborted',
  aborted: 'aborted',
  failed: 'degraded',
};

function healthOf({ phase, starts, isCron, runId, inDoubt, finishedAt }: StateRow, now: Date): HealthAxis {
  if (runId === null || phase === null) return isCron ? 'scheduled' : 'none';
  if (finishedAt === null && inDoubt) return 'degraded';
  if (phase === 'waiting' && starts !== null && starts > now) return 'scheduled';
  return isCron && phase === 'done' ? 'scheduled' : healthOfPhase[phase];
}
