/** Revisions: the definitions that were ever applied, with the bytes of every file they refer to. */
import { createHash } from 'node:crypto';
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

export interface StoredFile {
  path: string;
  content: Buffer;
}

export interface StoredRevision {
  revision: Sha256;
  campaign: ResolvedCampaign;
  files: StoredFile[];
  gitCommit?: string;
}

/** Stores a revision; storing it again changes nothing. */
export async function storeRevision(queryable: Queryable, stored: StoredRevision): Promise<void> {
  await queryable.query(
    'insert into revisions (revision, campaign_id, definition, git_commit) values ($1, $2, $3, $4) on conflict do nothing',
    [stored.revision, stored.campaign.id, JSON.stringify(stored.campaign), stored.gitCommit ?? null],
  );
  await queryable.query(
    `insert into revision_files (revision, path, sha256, content)
     select $1, * from unnest($2::text[], $3::text[], $4::bytea[]) on conflict do nothing`,
    [
      stored.revision,
      stored.files.map(({ path }) => path),
      stored.files.map(({ content }) => createHash('sha256').update(content).digest('hex')),
      stored.files.map(({ content }) => content),
    ],
  );
}

export async function readRevision(queryable: Queryable, revision: Sha256): Promise<StoredRevision | undefined> {
  const row = await maybeOne<{ definition: ResolvedCampaign; git_commit: string | null }>(
    queryable,
    'select definition, git_commit from revisions where revision = $1',
    [revision],
  );
  if (!row) return undefined;
  const { rows: files } = await queryable.query<StoredFile>(
    'select path, content from revision_files where revision = $1 order by path',
    [revision],
  );
  return { revision, campaign: row.definition, files, gitCommit: row.git_commit ?? undefined };
}
