/** What is known of repositories whose campaigns launch by commit. */
import { maybeOne, type Queryable } from '../database';

export type RepositoryState = 'synced' | 'syncing' | 'blocked' | 'unreachable';

export interface SyncRepositoryRow {
  repository: string;
  seenCommit: string | null;
  appliedCommit: string | null;
  workspaceHash: string | null;
  state: RepositoryState;
  reason: string | null;
  acceptedCommit: string | null;
  checkedAt: Date | null;
  syncedAt: Date | null;
  /** Why the forge does not show the newest commit status. */
  statusTrouble: string | null;
}

const columns = `repository, seen_commit as "seenCommit", applied_commit as "appliedCommit", workspace_hash as "workspaceHash",
  state, reason, accepted_commit as "acceptedCommit", checked_at as "checkedAt", synced_at as "syncedAt", status_trouble as "statusTrouble"`;

export async function findSyncRepository(
  queryable: Queryable,
  repository: string,
): Promise<SyncRepositoryRow | undefined> {
  return maybeOne<SyncRepositoryRow>(queryable, `select ${columns} from sync_repositories where repository = $1`, [
    repository,
  ]);
}

export async function listSyncRepositories(queryable: Queryable): Promise<SyncRepositoryRow[]> {
  const { rows } = await queryable.query<SyncRepositoryRow>(
    `select ${columns} from sync_repositories order by repository`,
  );
  return rows;
}

/** What the forge shows on our behalf; undefined before it was told anything. */
export async function shownStatus(queryable: Queryable, repository: string): Promise<string | undefined> {
  const row = await maybeOne<{ shown: string | null }>(
    queryable,
    'select shown_status as shown from sync_repositories where repository = $1',
    [repository],
  );
  return row?.shown ?? undefined;
}

/** The forge was told, or could not be. */
export async function recordStatus(
  queryable: Queryable,
  { repository, shown, trouble }: { repository: string; shown?: string; trouble?: string },
): Promise<void> {
  await queryable.query(
    'update sync_repositories set shown_status = coalesce($2, shown_status), status_trouble = $3 where repository = $1',
    [repository, shown ?? null, trouble ?? null],
  );
}

/** The newest look at a repository; what is left out stays as it is. */
export async function recordLook(
  queryable: Queryable,
  look: {
    repository: string;
    state: RepositoryState;
    reason?: string;
    seenCommit?: string;
    appliedCommit?: string;
    workspaceHash?: string;
    now: Date;
  },
): Promise<void> {
  await queryable.query(
    `insert into sync_repositories as r (repository, state, reason, seen_commit, applied_commit, workspace_hash, checked_at, synced_at)
     values ($1, $2, $3, $4, $5, $6, $7, case when $2 = 'synced' then $7::timestamptz end)
         on conflict (repository) do update
        set state = excluded.state, reason = excluded.reason, checked_at = excluded.checked_at,
            seen_commit = coalesce(excluded.seen_commit, r.seen_commit),
            applied_commit = coalesce(excluded.applied_commit, r.applied_commit),
            workspace_hash = coalesce(excluded.workspace_hash, r.workspace_hash),
            synced_at = coalesce(excluded.synced_at, r.synced_at)`,
    [
      look.repository,
      look.state,
      look.reason ?? null,
      look.seenCommit ?? null,
      look.appliedCommit ?? null,
      look.workspaceHash ?? null,
      look.now,
    ],
  );
}

/** A person's word that a commit may be applied although it is blocked. */
export async function acceptCommit(
  queryable: Queryable,
  { repository, commit }: { repository: string; commit: string },
): Promise<void> {
  await queryable.query('update sync_repositories set accepted_commit = $2 where repository = $1', [
    repository,
    commit,
  ]);
}
