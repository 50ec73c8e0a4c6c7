import type { Database } from './database';
import { moveWatermark } from './event-sources';
import { recordEvents } from './events';
import { type EventRow, type EventsFile, readEvents } from './events-csv';
import type { Reject } from './people-csv';

export interface EventCounts {
  read: number;
  added: number;
  /** In the book already. */
  repeated: number;
  /** Of those, rows that say something else than the book; the book stays as it is. */
  differing: number;
  rejected: number;
}

const batchSize = 5_000;

type Usable = Extract<EventRow, { event: unknown }>;

/**
 * Imports events from a CSV stream, a transaction every 5,000 rows. Running it again is safe: what is in the book is
 * there once. At the end the source's watermark moves to `completeUntil`, else to the newest event of the file.
 */
export async function importEvents(
  database: Database,
  input: EventsFile & {
    /** The file holds everything up to here, also where nothing happened. */
    completeUntil?: Date;
    /** The import waits for what it returns. */
    onReject?: (reject: Reject) => void | Promise<void>;
    onProgress?: (counts: EventCounts) => void;
  },
): Promise<EventCounts> {
  const counts: EventCounts = { read: 0, added: 0, repeated: 0, differing: 0, rejected: 0 };
  let newest: Date | undefined;
  const refuse = async (reject: Reject) => {
    counts.rejected += 1;
    await input.onReject?.(reject);
  };
  const write = async (rows: Usable[]) => {
    const recorded = await recordEvents(
      database,
      rows.map(({ event }) => event),
    );
    counts.added += recorded.added;
    counts.repeated += recorded.repeated;
    counts.differing += recorded.differing;
    for (const { index, reason } of recorded.unknown) {
      const row = rows[index];
      if (row) await refuse({ line: row.line, reason, record: row.record });
    }
    for (const { event } of rows) if (!newest || event.occurredAt > newest) newest = event.occurredAt;
    input.onProgress?.({ ...counts });
  };
  let batch: Usable[] = [];
  let writing: Promise<void> = Promise.resolve();
  /** The next batch is read while this one is written. */
  const flush = async () => {
    await writing;
    writing = write(batch);
    writing.catch(() => undefined);
    batch = [];
  };
  for await (const row of readEvents(input)) {
    counts.read += 1;
    if ('reject' in row) await refuse(row.reject);
    else if (batch.push(row) === batchSize) await flush();
  }
  await flush();
  await writing;
  const until = input.completeUntil ?? newest;
  if (until) await moveWatermark(database, { source: input.from, until, now: input.now });
  return counts;
}
