/**
 * Events from a CSV file: columns `id`, `email` or `externalId`, `at`, and, if need be, `kind`, `amount`, `currency`. Streams: memory
 * does not grow with the file. What cannot be used is reported with line and reason, never dropped silently.
 */
import type { Readable } from 'node:stream';
import type { EventKind } from '../definition/resolved-measuring';
import { isVolanteError, VolanteError } from '../errors/volante-error';
import { csvRecords } from './csv-records';
import { amountFault, eventKinds, isTooLate, longestId, readAmount, readName, readSubject } from './event-fields';
import type { NewEvent } from './events';
import { type Reject, readMoment } from './people-csv';

export type EventRow = { line: number; record: string[]; event: NewEvent } | { reject: Reject };

export interface EventsFile {
  source: Readable;
  /** Its name, for messages. */
  file: string;
  /** Source that the events are of. */
  from: string;
  secretKey: string;
  now: Date;
}

const limits = { columns: 100, recordLength: 64 * 1024, valueLength: 1_000 };

const wellKnown = new Map(
  Object.entries({
    id: 'id',
    email: 'email',
    externalid: 'externalId',
    at: 'at',
    occurredat: 'at',
    kind: 'kind',
    amount: 'amount',
    currency: 'currency',
  }),
);

/** What a web experiment sees has no file: visitors are told of by the pages themselves. */
const kindsOfFiles: readonly EventKind[] = eventKinds.filter((kind) => kind !== 'exposed');

/**
 * Reads events from CSV; every record after the header is one event or one reject. Other columns are passed over.
 * @throws VolanteError VOL-104 when the header lacks a column that is needed, or names one twice
 */
export async function* readEvents(input: EventsFile): AsyncGenerator<EventRow> {
  let columns: string[] | undefined;
  try {
    for await (const records of csvRecords(input.source, limits)) {
      for (const { line, fields, fault } of records) {
        if (!columns) columns = readHeader(fields, { file: input.file, fault });
        else if (fault !== undefined) yield { reject: { line, reason: fault, record: fields } };
        else yield readRow({ columns, record: fields, line, input });
      }
    }
  } catch (error) {
    if (isVolanteError(error)) throw error;
    throw new VolanteError('VOL-104', {
      message: `${input.file} cannot be read: ${(error as Error).message}`,
      cause: error,
    });
  }
  if (!columns)
    throw new VolanteError('VOL-104', {
      message: `${input.file} is empty: it needs a header line with an \`id\` column.`,
    });
}

function readHeader(record: string[], { file, fault }: { file: string; fault?: string }): string[] {
  const columns = record.map(
    (name) =>
      wellKnown.get(
        name
          .trim()
          .toLowerCase()
          .replace(/[_\s-]/g, ''),
      ) ?? '',
  );
  const problem = fault === undefined ? headerProblem(columns) : `has a first line that cannot be read: ${fault}`;
  if (problem) throw new VolanteError('VOL-104', { message: `${file} ${problem}.` });
  return columns;
}

function headerProblem(columns: string[]): string | undefined {
  if (columns.length > limits.columns) return `has ${columns.length} columns; at most ${limits.columns} are read`;
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twice !== undefined) return `names the column \`${twice}\` twice`;
  const missing = ['id', 'at'].find((name) => !columns.includes(name));
  if (missing !== undefined) return `has no \`${missing}\` column in its first line`;
  if (columns.includes('email') === columns.includes('externalId'))
    return 'needs either an `email` or an `externalId` column in its first line';
  return undefined;
}

function readRow(given: { columns: string[]; record: string[]; line: number; input: EventsFile }): EventRow {
  const { columns, record, line, input } = given;
  const reject = (reason: string) => ({ reject: { line, reason, record } });
  if (record.length !== columns.length) return reject(`${record.length} fields where the header has ${columns.length}`);
  const fields = new Map(columns.map((name, index) => [name, (record[index] ?? '').trim()]));
  const field = (name: string) => fields.get(name) || undefined;
  const tooLong = columns.find((name) => name !== '' && (fields.get(name) ?? '').length > limits.valueLength);
  if (tooLong !== undefined) return reject(`${tooLong}: longer than ${limits.valueLength} characters`);

  const id = readName(field('id') ?? '', 'id');
  if ('reason' in id) return reject(id.reason);
  const kind = kindsOfFiles.find((each) => each === (field('kind') ?? 'converted'));
  if (kind === undefined) return reject(`kind: ${JSON.stringify(field('kind'))} is none of ${kindsOfFiles.join(', ')}`);
  const about = readSubject({ email: field('email'), externalId: field('externalId') }, input.secretKey);
  if ('reason' in about) return reject(about.reason);
  const at = field('at') ?? '';
  const occurredAt = readMoment(at);
  if (!occurredAt) return reject(`at: ${JSON.stringify(at.slice(0, longestId))} is no ISO 8601 date`);
  if (isTooLate(occurredAt, input.now)) return reject(`at: ${JSON.stringify(at)} is in the future`);
  const fault = amountFault(kind, field('amount') !== undefined);
  if (fault !== undefined) return reject(fault);
  const amount = readMoney(field('amount'), field('currency'));
  if (amount && 'reason' in amount) return reject(amount.reason);
  const event = { source: input.from, id: id.value, kind, about: about.value, occurredAt };
  return { line, record, event: amount ? { ...event, amount: amount.value } : event };
}

/** A currency without an amount says nothing. */
function readMoney(
  amount: string | undefined,
  currency: string | undefined,
): ReturnType<typeof readAmount> | undefined {
  return amount === undefined ? undefined : readAmount(amount, currency ?? '');
}
