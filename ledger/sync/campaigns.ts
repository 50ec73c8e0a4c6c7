/** What each campaign file of a repository came to. */
import type { PersonId, Sha256 } from '../../definition/resolved';
import type { Problem } from '../../errors/problem';
import { one, type Queryable } from '../database';

export type SyncState = 'pending' | 'applied' | 'invalid' | 'refused' | 'over' | 'suspended' | 'orphaned';

export interface SyncCampaignRow {
  repository: string;
  folder: string;
  file: string;
  campaignId: string | null;
  treeHash: string;
  commit: string;
  revision: Sha256 | null;
  actor: PersonId;
  committer: PersonId | null;
  state: SyncState;
  detail: string | null;
  problems: Problem[];
  runId: string | null;
  updatedAt: Date;
}

const columns = `repository, folder, file, campaign_id as "campaignId", tree_hash as "treeHash", commit, revision, actor, committer,
  state, detail, problems, run_id as "runId", updated_at as "updatedAt"`;

export async function readSyncCampaigns(queryable: Queryable, repository: string): Promise<SyncCampaignRow[]> {
  const { rows } = await queryable.query<SyncCampaignRow>(
    `select ${columns} from sync_campaigns where repository = $1 order by folder`,
    [repository],
  );
  return rows;
}

export interface ReadCampaign
  extends Pick<
    SyncCampaignRow,
    'repository' | 'folder' | 'file' | 'campaignId' | 'treeHash' | 'commit' | 'actor' | 'committer' | 'problems'
  > {
  /** Absent: it is not valid. */
  revision?: Sha256;
}

/** What a commit says of a campaign: to be applied, or invalid. A run that is known stays known. */
export async function recordRead(queryable: Queryable, read: ReadCampaign, now: Date): Promise<void> {
  await queryable.query(
    `insert into sync_campaigns as c
       (repository, folder, file, campaign_id, tree_hash, commit, revision, actor, committer, state, problems, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $7::text is null then 'invalid' else 'pending' end, $10, $11)
         on conflict (repository, folder) do update
        set file = excluded.file, campaign_id = coalesce(excluded.campaign_id, c.campaign_id), tree_hash = excluded.tree_hash,
            commit = excluded.commit, revision = excluded.revision, actor = excluded.actor, committer = excluded.committer,
            state = excluded.state, detail = null, problems = excluded.problems, updated_at = excluded.updated_at`,
    [
      read.repository,
      read.folder,
      read.file,
      read.campaignId,
      read.treeHash,
      read.commit,
      read.revision ?? null,
      read.actor,
      read.committer,
      JSON.stringify(read.problems),
      now,
    ],
  );
}

/** Campaigns that wait to be applied, in the order of their folders. */
export async function pendingCampaigns(
  queryable: Queryable,
  { repository, after, limit }: { repository: string; after: string; limit: number },
): Promise<SyncCampaignRow[]> {
  const { rows } = await queryable.query<SyncCampaignRow>(
    `select ${columns} from sync_campaigns
      where repository = $1 and state = 'pending' and folder > $2 order by folder limit $3`,
    [repository, after, limit],
  );
  return rows;
}

/** What became of a campaign. */
export async function settleSync(
  queryable: Queryable,
  settled: {
    repository: string;
    folder: string;
    state: SyncState;
    detail?: string;
    runId?: string;
    now: Date;
  },
): Promise<void> {
  await queryable.query(
    `update sync_campaigns set state = $3, detail = $4, run_id = coalesce($5, run_id), updated_at = $6
      where repository = $1 and folder = $2`,
    [settled.repository, settled.folder, settled.state, settled.detail ?? null, settled.runId ?? null, settled.now],
  );
}

/** A file that is gone, and whose campaign nobody runs any more, is forgotten. */
export async function forgetCampaign(
  queryable: Queryable,
  { repository, folder }: { repository: string; folder: string },
): Promise<void> {
  await queryable.query('delete from sync_campaigns where repository = $1 and folder = $2', [repository, folder]);
}

/** Whether something is to be done although no commit has come: applied in part, or put above git no longer. */
export async function hasWork(queryable: Queryable, repository: string, now: Date): Promise<boolean> {
  const { due } = await one<{ due: boolean }>(
    queryable,
    `select exists (
       select from sync_campaigns c
        where c.repository = $1
          and (c.state = 'pending'
               or (c.state = 'suspended'
                   and not exists (select from suspensions s where s.campaign_id = c.campaign_id and s.until > $2)))) as due`,
    [repository, now],
  );
  return due;
}

/** Campaigns that were put above git and are no longer wait to be applied again. */
export async function resumeSuspended(queryable: Queryable, repository: string, now: Date): Promise<void> {
  await queryable.query(
    `update sync_campaigns c set state = 'pending', detail = null, updated_at = $2
      where repository = $1 and state = 'suspended'
        and not exists (select from suspensions s where s.campaign_id = c.campaign_id and s.until > $2)`,
    [repository, now],
  );
}

/** Another repository that has a campaign of the same id. */
export async function otherRepositoryOf(
  queryable: Queryable,
  { repository, campaignId }: { repository: string; campaignId: string },
): Promise<string | undefined> {
  const { rows } = await queryable.query<{ repository: string }>(
    `select repository from sync_campaigns
      where campaign_id = $2 and repository <> $1 and state <> 'orphaned' order by repository limit 1`,
    [repository, campaignId],
  );
  return rows[0]?.repository;
}
