/** The frozen audience of a run. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Sha256 } from '../definition/resolved';
import { AudienceChecksum, type AudienceRequest, targetPages } from './audience';
import { importContacts } from './contacts-import';
import { type Database, maybeOne, type Queryable, transaction } from './database';

export interface FrozenAudience {
  members: number;
  heldOut: number;
  undecidable: number;
  checksum: Sha256;
}

/**
 * Freezes the audience of a run: everybody the condition holds for now, numbered in the order of a salted hash, with
 * holdout and shard. A run that is frozen answers what it froze, whatever has changed since: deliveries name members by
 * their numbers. A half-done attempt leaves nothing; of two at once the later one waits and answers the same.
 */
export async function freezeAudience(
  database: Database,
  request: AudienceRequest & { runNo: number; shardSize: number; onProgress?: (targeted: number) => void },
): Promise<FrozenAudience> {
  const { csv, runNo, secretKey } = request;
  const earlier = await readFrozen(database, runNo);
  if (earlier) return earlier;
  if (csv) await importContacts(database, { source: Readable.from([csv]), file: 'audience', secretKey });
  const frozen = await transaction(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('volante members'), $1)`, [runNo]);
    return (await readFrozen(client, runNo)) ?? writeMembers(client, { database, request });
  });
  await database.query('analyze members');
  return frozen;
}

async function readFrozen(queryable: Queryable, runNo: number): Promise<FrozenAudience | undefined> {
  return maybeOne<FrozenAudience>(
    queryable,
    `select members, undecidable, audience_checksum as checksum,
            (select count(*)::int from members m where m.run_no = r.no and m.arm = 'holdout') as "heldOut"
       from runs r where no = $1 and audience_checksum is not null`,
    [runNo],
  );
}

async function writeMembers(
  client: PoolClient,
  { database, request }: { database: Database; request: Parameters<typeof freezeAudience>[1] },
): Promise<FrozenAudience> {
  const { runNo, shardSize, campaign } = request;
  await client.query(
    'create temporary table target (contact_id bigint, holdout boolean, ordinal float8, time_zone text) on commit drop',
  );
  const checksum = new AudienceChecksum();
  const counts = { members: 0, heldOut: 0, undecidable: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const { targets, undecidable } of targetPages(database, request)) {
      checksum.add(targets);
      counts.members += targets.length;
      counts.undecidable += undecidable;
      counts.heldOut += targets.filter(({ holdout }) => holdout).length;
      yield targets.map((t) => `${t.contactId}\t${t.holdout ? 't' : 'f'}\t${t.order}\t${t.timeZone}\n`).join('');
      request.onProgress?.(counts.members);
    }
  }
  await pipeline(lines, client.query(copyFrom('copy target from stdin')));
  await client.query(
    `insert into members (run_no, seq, contact_id, shard, arm, propensity, time_zone)
     select $1, seq, contact_id, (seq - 1) / $2, case when holdout then 'holdout' else 'all' end,
            case when holdout then $3::float8 else 1 - $3::float8 end, time_zone
       from (select *, row_number() over (order by ordinal, contact_id) as seq from target) numbered
      order by seq`,
    [runNo, shardSize, campaign.audience.holdout],
  );
  const frozen = { ...counts, checksum: checksum.value() };
  await client.query('update runs set audience_checksum = $2, members = $3, undecidable = $4 where no = $1', [
    runNo,
    frozen.checksum,
    frozen.members,
    frozen.undecidable,
  ]);
  return frozen;
}

/** The time zones that members of a run live in: all of them, or those of a range. */
export async function memberTimeZones(
  database: Database,
  { runNo, range }: { runNo: number; range?: { from: number; to: number } },
): Promise<string[]> {
  const { rows } = await database.query<{ time_zone: string }>(
    `select distinct time_zone from members
      where run_no = $1 and ($2::int is null or seq between $2 and $3) order by 1`,
    [runNo, range?.from ?? null, range?.to ?? null],
  );
  return rows.map(({ time_zone }) => time_zone);
}
