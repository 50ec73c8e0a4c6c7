/**
 * People from a CSV file: an `email` column, optional columns this file names, and any others as attributes.
 * Streams: memory does not grow with the file. What cannot be used is reported with line and reason, never dropped silently.
 */
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { parseAddress } from '../email/address';
import { VolanteError } from '../errors/volante-error';
import { addressHash } from './address-hash';
import type { ConsentRecord, IncomingContact } from './contacts';

export interface Reject {
  /** Line of the file on which the record ends, from 1. */
  line: number;
  reason: string;
  record: string[];
}

const limits = { columns: 200, recordBytes: 64 * 1024, valueLength: 2_000 };

const wellKnown: Record<string, string> = {
  email: 'email',
  externalid: 'externalId',
  timezone: 'timeZone',
  locale: 'locale',
  consent: 'consent',
  consentbasis: 'consentBasis',
  consentsource: 'consentSource',
  consentwording: 'consentWording',
  consentmethod: 'consentMethod',
  consentat: 'consentAt',
};

/**
 * Reads people from CSV.
 * @throws VolanteError VOL-104 when the header has no `email` column, repeats a column or has too many
 */
export async function* readPeople(
  source: Readable,
  options: { file: string; secretKey: string },
): AsyncGenerator<{ contact: IncomingContact } | { reject: Reject }> {
  const skipped: Reject[] = [];
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: false,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: limits.recordBytes,
    on_skip: (error) => {
      skipped.push({ line: Number(error?.lines ?? 0), reason: error?.message ?? 'unreadable record', record: [] });
      return undefined;
    },
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let columns: string[] | undefined;
  try {
    for await (const item of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      while (skipped.length > 0) yield { reject: skipped.shift() as Reject };
      const { record, info } = item;
      if (!columns) columns = readHeader(record, options.file);
      else yield readPerson({ columns, record, line: info.lines, secretKey: options.secretKey });
    }
  } catch (error) {
    if (error instanceof VolanteError) throw error;
    throw new VolanteError('VOL-104', {
      message: `${options.file} cannot be read as CSV: ${(error as Error).message}`,
      cause: error,
    });
  }
  for (const reject of skipped) yield { reject };
  if (!columns)
    throw new VolanteError('VOL-104', {
      message: `${options.file} is empty: it needs a header line with an \`email\` column.`,
    });
}

function readHeader(record: string[], file: string): string[] {
  const columns = record.map(
    (name) =>
      wellKnown[
        name
          .trim()
          .toLowerCase()
          .replace(/[_\s-]/g, '')
      ] ?? name.trim(),
  );
  const problem =
    columns.length > limits.columns
      ? `has ${columns.length} columns; at most ${limits.columns} are read`
      : !columns.includes('email')
        ? 'has no `email` column in its first line'
        : new Set(columns).size !== columns.length
          ? `names the column \`${columns.find((name, index) => columns.indexOf(name) !== index)}\` twice`
          : columns.some((name) => !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name) || forbiddenNames.has(name))
            ? `has a column name that is no plain word: ${JSON.stringify(columns.find((name) => !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name) || forbiddenNames.has(name)))}`
            : undefined;
  if (problem) throw new VolanteError('VOL-104', { message: `${file} ${problem}.` });
  return columns;
}

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']);

function readPerson(input: {
  columns: string[];
  record: string[];
  line: number;
  secretKey: string;
}): { contact: IncomingContact } | { reject: Reject } {
  const { columns, record, line, secretKey } = input;
  const reject = (reason: string) => ({ reject: { line, reason, record } });
  if (record.length !== columns.length) return reject(`${record.length} fields where the header has ${columns.length}`);
  const fields = new Map(columns.map((name, index) => [name, (record[index] ?? '').trim()]));
  const tooLong = columns.find((name) => (fields.get(name) ?? '').length > limits.valueLength);
  if (tooLong) return reject(`${tooLong}: longer than ${limits.valueLength} characters`);
  const broken = columns.find((name) => /[\0\uFFFD]/.test(fields.get(name) ?? ''));
  if (broken) return reject(`${broken}: not valid UTF-8 text`);

  const address = parseAddress(fields.get('email') ?? '');
  if (!address.ok) return reject(`email: ${address.reason}`);
  const timeZone = fields.get('timeZone') || undefined;
  if (timeZone && !isTimeZone(timeZone)) return reject(`timeZone: ${JSON.stringify(timeZone)} is no IANA time zone`);
  const locale = fields.get('locale') || undefined;
  if (locale && !isLocale(locale)) return reject(`locale: ${JSON.stringify(locale)} is no BCP 47 language tag`);
  const consent = readConsent(fields);
  if (typeof consent === 'string') return reject(consent);

  return {
    contact: {
      address: address.address,
      addressKey: address.key,
      addressHash: addressHash(address.key, secretKey),
      domain: address.domain.toLowerCase(),
      externalId: fields.get('externalId') || undefined,
      timeZone,
      locale,
      attributes: readAttributes(fields),
      consent,
    },
  };
}

/** A record of who agreed when, or the reason why the columns are none. */
function readConsent(fields: Map<string, string>): ConsentRecord | string | undefined {
  const state = fields.get('consent') ?? '';
  if (state === '') return undefined;
  if (state !== 'granted' && state !== 'withdrawn')
    return `consent: ${JSON.stringify(state)} is neither granted nor withdrawn`;
  const basis = fields.get('consentBasis') || 'consent';
  if (basis !== 'consent' && basis !== 'soft-opt-in')
    return `consentBasis: ${JSON.stringify(basis)} is neither consent nor soft-opt-in`;
  const at = fields.get('consentAt') ?? '';
  const recordedAt = new Date(at);
  if (!/^\d{4}-\d{2}-\d{2}/.test(at) || Number.isNaN(recordedAt.getTime()))
    return `consentAt: ${JSON.stringify(at)} is no ISO 8601 date`;
  const source = fields.get('consentSource') ?? '';
  if (source === '') return 'consentSource: missing; a consent needs to say where it comes from';
  return {
    state,
    basis,
    source,
    wording: fields.get('consentWording') || undefined,
    method: fields.get('consentMethod') || undefined,
    recordedAt,
  };
}

const notAttributes = new Set(Object.values(wellKnown));

/** Numbers and booleans as such, everything else as text, empty cells not at all. */
function readAttributes(fields: Map<string, string>): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [name, text] of fields) {
    if (notAttributes.has(name) || text === '') continue;
    attributes[name] = /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text)
      ? Number(text)
      : text === 'true' || text === 'false'
        ? text === 'true'
        : text;
  }
  return attributes;
}

const knownZones = new Map<string, boolean>();

function isTimeZone(zone: string): boolean {
  const known = knownZones.get(zone);
  if (known !== undefined) return known;
  let valid = /^[A-Za-z]/.test(zone);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    valid = false;
  }
  if (knownZones.size < 5_000) knownZones.set(zone, valid);
  return valid;
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
