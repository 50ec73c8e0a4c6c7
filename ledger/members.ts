/** The frozen audience of a run. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Sha256 } from '../definition/resolved';
import { AudienceChecksum, type AudienceRequest, targetPages } from './audience';
import { importContacts } from './contacts-import';
import { type Database, transaction } from './database';

export interface FrozenAudience {
  members: number;
  heldOut: number;
  undecidable: number;
  checksum: Sha256;
}

/**
 * Freezes the audience of a run: everybody the condition holds for now, numbered in the order of a salted hash, with
 * holdout and shard. A run that is frozen already answers what it froze; a half-done attempt leaves nothing.
 */
export async function freezeAudience(
  database: Database,
  request: AudienceRequest & { runNo: number; shardSize: number; onProgress?: (targeted: number) => void },
): Promise<FrozenAudience> {
  const { campaign, csv } = request;
  if (csv)
    await importContacts(database, { source: Readable.from([csv]), file: 'audience', secretKey: request.secretKey });
  const frozen = await transaction(database, async (client) => {
    await client.query('delete from members where run_no = $1', [request.runNo]);
    await client.query(
      'create temporary table target (contact_id bigint, holdout boolean, ordinal float8, time_zone text) on commit drop',
    );
    const copy = client.query(copyFrom('copy target from stdin'));
    const checksum = new AudienceChecksum();
    const counts = { members: 0, heldOut: 0, undecidable: 0 };
    try {
      for await (const page of targetPages(database, request)) {
        checksum.add(page.targets);
        counts.members += page.targets.length;
        counts.undecidable += page.undecidable;
        counts.heldOut += page.targets.filter(({ holdout }) => holdout).length;
        const lines = page.targets.map((t) => `${t.contactId}\t${t.holdout ? 't' : 'f'}\t${t.order}\t${t.timeZone}\n`);
        if (lines.length > 0 && !copy.write(lines.join(''))) await once(copy, 'drain');
        request.onProgress?.(counts.members);
      }
    } catch (error) {
      copy.destroy(error as Error);
      throw error;
    }
    copy.end();
    await finished(copy);
    await client.query(
      `insert into members (run_no, seq, contact_id, shard, arm, propensity, time_zone)
       select $1, seq, contact_id, (seq - 1) / $2, case when holdout then 'holdout' else 'all' end,
              case when holdout then $3::float8 else 1 - $3::float8 end, time_zone
         from (select *, row_number() over (order by ordinal, contact_id) as seq from target) numbered
        order by seq`,
      [request.runNo, request.shardSize, campaign.audience.holdout],
    );
    return { ...counts, checksum: checksum.value() };
  });
  await database.query('analyze members');
  return frozen;
}

/** The time zones that members of a run live in. */
export async function memberTimeZones(database: Database, runNo: number): Promise<string[]> {
  const { rows } = await database.query<{ time_zone: string }>(
    'select distinct time_zone from members where run_no = $1 order by 1',
    [runNo],
  );
  return rows.map(({ time_zone }) => time_zone);
}
