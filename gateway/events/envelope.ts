/**
 * The ways in which events are posted: our own JSON, CloudEvents 1.0 over HTTP (structured, batched, binary), and the
 * payload of Standard Webhooks. All of them end as the events that `body.ts` reads.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Read } from '../../ledger/event-fields';
import { parseJson } from '../sources/json-body';
import { isRecord } from './data';

/** Most events of one request. */
export const mostEvents = 1_000;

/** An event before its fields are read. `isTyped`: a standard envelope, whose fields are in its data. */
export interface Enveloped {
  isTyped: boolean;
  event?: unknown;
  /** Why it is no event of its standard. */
  fault?: string;
}

/** @returns the events of a request, or what is wrong with all of it */
export function openEnvelope(body: Buffer, headers: IncomingHttpHeaders): Read<Enveloped[]> {
  if (headers['webhook-id'] !== undefined) return webhookEvent(body, headers);
  if (isCloudEvents(headers)) return cloudEvents(body, headers);
  const parsed = parseJson(body);
  if ('reason' in parsed) return parsed;
  return tooMany(Array.isArray(parsed.value) ? parsed.value : [parsed.value], (event) => ({ isTyped: false, event }));
}

function isCloudEvents(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined || /^application\/cloudevents/i.test(headers['content-type'] ?? '');
}

/** Extensions are passed over. */
const cloudEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  time: z.string().optional(),
  data: z.unknown().optional(),
  data_base64: z.undefined().optional(),
});

/** CloudEvents 1.0 and its HTTP protocol binding 1.0: binary, structured, batched. */
function cloudEvents(body: Buffer, headers: IncomingHttpHeaders): Read<Enveloped[]> {
  const isBinary = headers['ce-specversion'] !== undefined;
  const parsed = isBinary && body.length === 0 ? { value: undefined } : parseJson(body);
  if ('reason' in parsed) return parsed;
  if (isBinary) return { value: [ofCloudEvent({ ...attributesIn(headers), data: parsed.value })] };
  const isBatch = /^application\/cloudevents-batch/i.test(headers['content-type'] ?? '');
  if (isBatch !== Array.isArray(parsed.value))
    return { reason: `a ${isBatch ? 'batch is a list' : 'single event is no list'}` };
  return tooMany(Array.isArray(parsed.value) ? parsed.value : [parsed.value], ofCloudEvent);
}

/** An event is known by its source and id together. */
function ofCloudEvent(value: unknown): Enveloped {
  const shaped = cloudEventSchema.safeParse(value);
  if (!shaped.success) {
    const [issue] = shaped.error.issues;
    return {
      isTyped: true,
      fault: `no CloudEvent 1.0: ${issue?.path.join('.') || 'it'} is missing, or not what it should be`,
    };
  }
  const { id, source, type, time, data } = shaped.data;
  return { isTyped: true, event: { id: `${id}@${source}`, type, occurredAt: time, data } };
}

/** Attributes of the binary mode stand in headers, percent-encoded. */
function attributesIn(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('ce-') && typeof value === 'string' ? [[name.slice(3), decoded(value)]] : [],
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Standard Webhooks: the id stands in a header, the same for every attempt; type, timestamp and data in the body. */
function webhookEvent(body: Buffer, headers: IncomingHttpHeaders): Read<Enveloped[]> {
  const parsed = parseJson(body);
  if ('reason' in parsed) return parsed;
  if (!isRecord(parsed.value)) return { reason: 'the body of a webhook is one JSON object' };
  const { type, timestamp, data } = parsed.value;
  const event = {
    id: headers['webhook-id'],
    type,
    ...(timestamp !== undefined && { occurredAt: timestamp }),
    ...(data !== undefined && { data }),
  };
  return { value: [{ isTyped: true, event }] };
}

function tooMany<T>(list: readonly T[], each: (event: T) => Enveloped): Read<Enveloped[]> {
  if (list.length > mostEvents) return { reason: `${list.length} events; at most ${mostEvents} are taken at once` };
  return { value: list.map(each) };
}
