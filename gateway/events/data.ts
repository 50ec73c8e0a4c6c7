/** What others put into their events: any JSON. It is kept as it is, without what could not be kept or should not be. */
import type { Read } from '../../ledger/event-fields';

export type EventData = Record<string, unknown>;

const deepest = 20;
/** Longest data of one event, as UTF-8. */
const mostBytes = 64 * 1024;

/** PostgreSQL's `jsonb` holds no NUL and no half of a surrogate pair, and no reader wants data without a floor. */
export function readData(value: unknown): Read<EventData> {
  if (value === undefined || value === null) return { value: {} };
  if (!isRecord(value)) return { reason: 'data: is no JSON object' };
  const fault = faultIn(value, 1);
  if (fault !== undefined) return { reason: `data: ${fault}` };
  if (Buffer.byteLength(JSON.stringify(value)) > mostBytes) return { reason: `data: more than ${mostBytes} bytes` };
  return { value };
}

function faultIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : 'holds a character that cannot be stored';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > deepest) return `is nested more than ${deepest} deep`;
  for (const [key, inner] of Object.entries(value)) {
    if (!isStorable(key) || key === '__proto__') return 'has a name that cannot be stored';
    const fault = faultIn(inner, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isStorable = (text: string): boolean => !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);

/** The text or number at a path such as `customer.email`; undefined where there is none. */
export function textAt(data: EventData, path: string): string | undefined {
  let found: unknown = data;
  for (const name of path.split('.')) found = isRecord(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  if (typeof found === 'number' && Number.isFinite(found)) return String(found);
  return typeof found === 'string' ? found : undefined;
}

/** The data without what stands at the path. */
export function without(data: EventData, path: string): EventData {
  const [name = '', ...rest] = path.split('.');
  if (!Object.hasOwn(data, name)) return data;
  const { [name]: found, ...others } = data;
  if (rest.length === 0) return others;
  return isRecord(found) ? { ...others, [name]: without(found, rest.join('.')) } : data;
}

export function isRecord(value: unknown): value is EventData {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
