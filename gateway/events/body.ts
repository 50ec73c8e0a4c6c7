/** What a source may post: one event or a list of them, each with its own fields and no others. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import {
  amountFault,
  eventKinds,
  isTooLate,
  type Read,
  readAmount,
  readName,
  readSubject,
} from '../../ledger/event-fields';
import type { NewEvent } from '../../ledger/events';

/** Most events of one request. */
export const mostEvents = 1_000;

const name = z.string().min(1).max(400);

const eventSchema = z.strictObject({
  id: name,
  kind: z.enum(eventKinds),
  email: z.string().max(400).optional(),
  contactId: z.string().max(20).optional(),
  externalId: name.optional(),
  unit: name.optional(),
  flag: name.optional(),
  arm: name.optional(),
  occurredAt: z.iso.datetime({ offset: true }),
  amount: z.string().max(20).optional(),
  currency: z.string().max(3).optional(),
});

type PostedEvent = z.infer<typeof eventSchema>;

export interface ReadEvents {
  usable: { index: number; event: NewEvent }[];
  rejected: { index: number; reason: string }[];
}

/** @returns undefined when the body is no JSON in UTF-8 with an event or at most `mostEvents` of them */
export function readBody(
  body: Buffer,
  given: { source: string; secretKey: string; now: Date },
): ReadEvents | { fault: string } {
  const parsed = parseJson(body);
  if ('reason' in parsed) return { fault: parsed.reason };
  const list: unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (list.length > mostEvents) return { fault: `${list.length} events; at most ${mostEvents} are taken at once` };
  const read: ReadEvents = { usable: [], rejected: [] };
  for (const [index, item] of list.entries()) {
    const event = readEvent(item, given);
    if ('reason' in event) read.rejected.push({ index, reason: event.reason });
    else read.usable.push({ index, event: event.value });
  }
  return read;
}

function parseJson(body: Buffer): Read<unknown> {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown };
  } catch {
    return { reason: 'the body is no JSON in UTF-8' };
  }
}

function readEvent(item: unknown, given: { source: string; secretKey: string; now: Date }): Read<NewEvent> {
  const shaped = eventSchema.safeParse(item);
  if (!shaped.success) return { reason: shapeFault(shaped.error) };
  const posted = shaped.data;
  const id = readName(posted.id, 'id');
  if ('reason' in id) return id;
  const about = readSubject(
    { ...posted, unit: posted.unit === undefined ? undefined : unitHash(posted.unit, given.secretKey) },
    given.secretKey,
  );
  if ('reason' in about) return about;
  const occurredAt = new Date(posted.occurredAt);
  if (Number.isNaN(occurredAt.getTime())) return { reason: 'occurredAt: is no date' };
  if (isTooLate(occurredAt, given.now)) return { reason: 'occurredAt: is in the future' };
  const amount = amountOf(posted);
  if (amount && 'reason' in amount) return amount;
  const exposure = exposureOf(posted);
  if (exposure && 'reason' in exposure) return exposure;
  return {
    value: {
      source: given.source,
      id: id.value,
      kind: posted.kind,
      about: about.value,
      occurredAt,
      ...(amount && { amount: amount.value }),
      ...(exposure && { exposure: exposure.value }),
    },
  };
}

function amountOf({ kind, amount, currency }: PostedEvent): ReturnType<typeof readAmount> | undefined {
  const fault = amountFault(kind, amount !== undefined);
  if (fault !== undefined) return { reason: fault };
  if (amount === undefined) return currency === undefined ? undefined : { reason: 'currency: there is no amount' };
  return readAmount(amount, currency ?? '');
}

function exposureOf({ kind, unit, flag, arm }: PostedEvent): Read<NonNullable<NewEvent['exposure']>> | undefined {
  if (kind !== 'exposed')
    return flag === undefined && arm === undefined ? undefined : { reason: 'flag and arm: only of kind exposed' };
  if (unit === undefined) return { reason: 'unit: an exposure needs one' };
  const names = [readName(flag ?? '', 'flag'), readName(arm ?? '', 'arm')] as const;
  const fault = names.find((each) => 'reason' in each);
  if (fault && 'reason' in fault) return fault;
  return { value: { flag: (flag ?? '').trim(), arm: (arm ?? '').trim() } };
}

/** What stands for a visitor in the book; the number that the shop gave them does not get there. */
export function unitHash(unit: string, secretKey: string): string {
  return createHmac('sha256', Buffer.from(secretKey, 'hex')).update(`unit:${unit}`).digest('base64url').slice(0, 22);
}

/** The first fault, by field; never the value, which may be personal. */
function shapeFault(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'is no event';
  if (issue.code === 'unrecognized_keys')
    return `there is no field ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
  const field = issue.path.join('.');
  const said =
    field === 'kind'
      ? `is none of ${eventKinds.join(', ')}`
      : field === 'occurredAt'
        ? 'is no ISO 8601 date and time with its offset'
        : issue.code === 'too_big'
          ? 'is too long'
          : issue.code === 'too_small'
            ? 'is empty'
            : 'is missing, or no text';
  return field === '' ? 'is no event' : `${field}: ${said}`;
}
