/**
 * People from a CSV file: an `email` column, optional columns this file names, and any others as attributes.
 * Streams: memory does not grow with the file. What cannot be used is reported with line and reason, never dropped silently.
 */
import type { Readable } from 'node:stream';
import { parseAddress } from '../email/address';
import { isVolanteError, VolanteError } from '../errors/volante-error';
import { addressHash } from './address-hash';
import type { ConsentRecord, IncomingContact } from './contacts';
import { csvRecords } from './csv-records';

export interface Reject {
  /** Line of the file on which the record begins, from 1. */
  line: number;
  reason: string;
  record: string[];
}

export type Person = { contact: IncomingContact } | { reject: Reject };

const limits = { columns: 200, recordLength: 64 * 1024, valueLength: 2_000 };

const wellKnown = new Map(
  Object.entries({
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
  }),
);

/**
 * Reads people from CSV; every record after the header is one person or one reject.
 * @throws VolanteError VOL-104 when the header has no `email` column, repeats a column or has too many
 */
export async function* readPeople(
  source: Readable,
  options: { file: string; secretKey: string },
): AsyncGenerator<Person> {
  const { file, secretKey } = options;
  let columns: string[] | undefined;
  try {
    for await (const records of csvRecords(source, limits)) {
      for (const { line, fields, fault } of records) {
        if (!columns) columns = readHeader(fields, { file, fault });
        else if (fault !== undefined) yield { reject: { line, reason: fault, record: fields } };
        else yield readPerson({ columns, record: fields, line, secretKey });
      }
    }
  } catch (error) {
    if (isVolanteError(error)) throw error;
    throw new VolanteError('VOL-104', { message: `${file} cannot be read: ${(error as Error).message}`, cause: error });
  }
  if (!columns)
    throw new VolanteError('VOL-104', {
      message: `${file} is empty: it needs a header line with an \`email\` column.`,
    });
}

const columnName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

function readHeader(record: string[], { file, fault }: { file: string; fault?: string }): string[] {
  const columns = record.map(
    (name) =>
      wellKnown.get(
        name
          .trim()
          .toLowerCase()
          .replace(/[_\s-]/g, ''),
      ) ?? name.trim(),
  );
  const problem = fault === undefined ? headerProblem(columns) : `has a first line that cannot be read: ${fault}`;
  if (problem) throw new VolanteError('VOL-104', { message: `${file} ${problem}.` });
  return columns;
}

function headerProblem(columns: string[]): string | undefined {
  if (columns.length > limits.columns) return `has ${columns.length} columns; at most ${limits.columns} are read`;
  if (!columns.includes('email')) return 'has no `email` column in its first line';
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) return `names the column ${JSON.stringify(repeated.slice(0, 64))} twice`;
  const unusable = columns.find((name) => !columnName.test(name) || forbiddenNames.has(name));
  if (unusable !== undefined)
    return `has a column name that is no plain word: ${JSON.stringify(unusable.slice(0, 64))}`;
  return undefined;
}

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']);

function readPerson(input: { columns: string[]; record: string[]; line: number; secretKey: string }): Person {
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
  const recordedAt = readMoment(at);
  if (!recordedAt) return `consentAt: ${JSON.stringify(at)} is no ISO 8601 date`;
  if (recordedAt.getTime() > Date.now() + dayMs)
    return `consentAt: ${JSON.stringify(at)} is in the future; no later withdrawal could count`;
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

const dayMs = 24 * 3600_000;
const moment = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A date, or a date and time; without a zone it is UTC, whatever the zone of this machine. */
export function readMoment(text: string): Date | undefined {
  const [, date, time = '00:00', zone = 'Z'] = moment.exec(text) ?? [];
  if (date === undefined) return undefined;
  const read = new Date(`${date}T${time}${zone}`);
  return Number.isNaN(read.getTime()) ? undefined : read;
}

const notAttributes = new Set(wellKnown.values());

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
