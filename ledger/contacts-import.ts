import type { Readable } from 'node:stream';
import { type IncomingContact, upsertContacts } from './contacts';
import type { Database } from './database';
import { type Reject, readPeople } from './people-csv';

export interface ImportCounts {
  read: number;
  added: number;
  updated: number;
  repeated: number;
  rejected: number;
}

const batchSize = 5_000;

/**
 * Imports people from a CSV stream, a transaction every 5,000 rows. Running it again after an interruption is safe:
 * rows are upserted by normalised address.
 */
export async function importContacts(
  database: Database,
  input: {
    source: Readable;
    file: string;
    secretKey: string;
    /** The import waits for what it returns. */
    onReject?: (reject: Reject) => void | Promise<void>;
    onProgress?: (counts: ImportCounts) => void;
  },
): Promise<ImportCounts> {
  const counts: ImportCounts = { read: 0, added: 0, updated: 0, repeated: 0, rejected: 0 };
  let batch: IncomingContact[] = [];
  let writing: Promise<void> = Promise.resolve();
  const write = async (contacts: IncomingContact[]) => {
    const upserted = await upsertContacts(database, contacts);
    counts.added += upserted.added;
    counts.updated += upserted.updated;
    counts.repeated += upserted.repeated;
    input.onProgress?.({ ...counts });
  };
  /** The next batch is read while this one is written. */
  const flush = async () => {
    await writing;
    writing = write(batch);
    writing.catch(() => undefined);
    batch = [];
  };
  for await (const person of readPeople(input.source, input)) {
    counts.read += 1;
    if ('reject' in person) {
      counts.rejected += 1;
      await input.onReject?.(person.reject);
    } else {
      batch.push(person.contact);
      if (batch.length === batchSize) await flush();
    }
  }
  await flush();
  await writing;
  return counts;
}
