/** Waves: stretches of a run's members released together, with the shares their arms are drawn with. */
import type { WaveSize } from '../definition/resolved-measuring';
import { type Database, one, transaction } from './database';
import type { SeqRange, StepRef } from './deliveries';

export interface Wave extends SeqRange {
  wave: number;
  /** Share of each arm; empty for a step without arms. */
  weights: Record<string, number>;
  epoch: string;
  releasedAt: Date;
}

export interface WaveRelease extends StepRef {
  /** From 1. A wave that was released answers what it released, whatever is asked now. */
  wave: number;
  size: WaveSize;
  salt: string;
  weights: Record<string, number>;
  epoch: string;
  now: Date;
}

const columns = `wave, from_seq as "from", to_seq as "to", weights, epoch, released_at as "releasedAt"`;

/**
 * Releases the next stretch of members. Two at once release it once.
 * @returns the wave; `to` is before `from` when nobody was left
 */
export async function releaseWave(database: Database, release: WaveRelease): Promise<Wave> {
  const { runNo, step, wave, size, salt, weights, epoch, now } = release;
  return transaction(database, async (client) => {
    const { members } = await one<{ members: number }>(
      client,
      'select members from runs where no = $1 for no key update',
      [runNo],
    );
    const earlier = await readWaves(client, { runNo, step });
    const same = earlier.find((other) => other.wave === wave);
    if (same) return same;
    const from = Math.max(0, ...earlier.map(({ to }) => to)) + 1;
    const to = Math.min(members, from + countOf(size, members) - 1);
    await client.query(
      `insert into waves (run_no, step, wave, from_seq, to_seq, salt, weights, epoch, released_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [runNo, step, wave, from, to, salt, JSON.stringify(weights), epoch, now],
    );
    return { wave, from, to, weights, epoch, releasedAt: now };
  });
}

function countOf(size: WaveSize, members: number): number {
  if (size === 'rest') return members;
  return 'count' in size ? size.count : Math.round(size.share * members);
}

/** All waves of a step so far, in order. */
export async function readWaves(queryable: Pick<Database, 'query'>, { runNo, step }: StepRef): Promise<Wave[]> {
  const { rows } = await queryable.query<Wave>(
    `select ${columns} from waves where run_no = $1 and step = $2 order by wave`,
    [runNo, step],
  );
  return rows;
}

export interface WaveArmCounts {
  wave: number;
  arm: string;
  /** Members drawn into the arm. */
  assigned: number;
  /** Of those, members whom the message reached. */
  delivered: number;
}

/** Who was drawn into which arm, and whom a message reached, a wave at a time; the holdout under `holdout`. */
export async function countWaveArms(
  queryable: Pick<Database, 'query'>,
  { runNo, step, epoch }: StepRef & { epoch: string },
): Promise<WaveArmCounts[]> {
  const { rows } = await queryable.query<WaveArmCounts>(
    `select d.wave::int as wave, coalesce(d.arm, case when d.status = 'held_out' then 'holdout' else 'all' end) as arm,
            count(*)::int as assigned, count(*) filter (where d.status = 'sent')::int as delivered
       from deliveries d
      where d.run_no = $1 and d.step = $2
        and d.wave in (select wave from waves where run_no = $1 and step = $2 and epoch = $3)
      group by 1, 2 order by 1, 2`,
    [runNo, step, epoch],
  );
  return rows;
}
