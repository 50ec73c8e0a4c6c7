/** Fields of events as others write them, in a file or a request. Each reader answers the value or what is wrong with it. */
import type { EventKind } from '../definition/resolved-measuring';
import { parseAddress } from '../email/address';
import { addressHash } from './address-hash';
import type { EventSubject, NewEvent } from './events';

export const eventKinds = [
  'delivered',
  'bounced',
  'complained',
  'unsubscribed',
  'clicked',
  'opened',
  'exposed',
  'converted',
  'revenue',
  'refund',
] as const satisfies readonly EventKind[];

export type Read<T> = { value: T } | { reason: string };

/** Longest id within a source, and longest name of a person elsewhere. */
export const longestId = 200;
/** PostgreSQL's `bigint`. */
const contactId = /^[1-9]\d{0,17}$/;
const controls = /[\x00-\x1f\x7f-\x9f\ufffd]/;

/** A text that names something: trimmed, short, and nothing that a screen would not show. */
export function readName(text: string, field: string): Read<string> {
  const name = text.trim();
  if (name === '') return { reason: `${field}: missing` };
  if (name.length > longestId) return { reason: `${field}: longer than ${longestId} characters` };
  if (controls.test(name)) return { reason: `${field}: holds a control character` };
  return { value: name };
}

export interface SubjectFields {
  email?: string;
  contactId?: string;
  externalId?: string;
  /** Hashed already. */
  unit?: string;
}

/** Whom an event is about; addresses are hashed here and go no further. */
export function readSubject(fields: SubjectFields, secretKey: string): Read<EventSubject> {
  const named = [fields.email, fields.contactId, fields.externalId].filter((each) => each !== undefined);
  if (named.length > 1) return { reason: 'names the person in more than one way' };
  const unit = fields.unit === undefined ? {} : { unit: fields.unit };
  if (fields.email !== undefined) {
    const address = parseAddress(fields.email.trim());
    return address.ok
      ? { value: { addressHash: addressHash(address.key, secretKey), ...unit } }
      : { reason: `email: ${address.reason}` };
  }
  if (fields.contactId !== undefined) {
    return contactId.test(fields.contactId)
      ? { value: { contactId: fields.contactId, ...unit } }
      : { reason: 'contactId: is no number of a contact' };
  }
  if (fields.externalId !== undefined) {
    const name = readName(fields.externalId, 'externalId');
    return 'reason' in name ? name : { value: { externalId: name.value, ...unit } };
  }
  return fields.unit === undefined ? { reason: 'says nobody it is about' } : { value: { unit: fields.unit } };
}

const decimal = /^(\d{1,9})(?:\.(\d{1,6}))?$/;

/** `49.90` and `EUR`, exactly. */
export function readAmount(amount: string, currency: string): Read<NonNullable<NewEvent['amount']>> {
  const [, units, decimals = ''] = decimal.exec(amount) ?? [];
  if (units === undefined)
    return {
      reason: `amount: ${shown(amount)} is no amount such as 49.90 (at most six decimals, no thousands separators)`,
    };
  if (!/^[A-Z]{3}$/.test(currency)) return { reason: `currency: ${shown(currency)} is no ISO 4217 code such as EUR` };
  return { value: { micros: BigInt(units) * 1_000_000n + BigInt(decimals.padEnd(6, '0')), currency } };
}

const withMoney: readonly EventKind[] = ['converted', 'revenue', 'refund'];

/** Why a kind and its amount do not go together; undefined when they do. */
export function amountFault(kind: EventKind, hasAmount: boolean): string | undefined {
  if (hasAmount && !withMoney.includes(kind)) return `amount: an event of kind ${kind} has none`;
  if (!hasAmount && (kind === 'revenue' || kind === 'refund')) return `amount: an event of kind ${kind} needs one`;
  return undefined;
}

const dayMs = 24 * 3600_000;

/** Others speak of what has happened; clocks may differ by a day, because dates without a time are read as UTC. */
export function isTooLate(occurredAt: Date, receivedAt: Date): boolean {
  return occurredAt.getTime() > receivedAt.getTime() + dayMs;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
