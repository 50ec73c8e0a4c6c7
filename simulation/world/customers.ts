/** What customers do of their own accord: who does what when, and what it says. Pure chance at the scenario's rates. */
import type { Milliseconds } from '../../definition/resolved';
import type { EventValue, ScenarioEvent } from '../scenario/events';
import { amountChance, chance, exponentialChance } from './chance';

export interface CustomerEvent {
  /** Tells it from all others, and orders those of one moment. */
  id: string;
  /** `{n}` of its texts. */
  no: number;
  type: string;
  source: string;
  /** Since the first day began; whole minutes. */
  at: Milliseconds;
  /** From 1 to as many as there are. */
  person: number;
  data: Record<string, unknown>;
  counts?: ScenarioEvent['counts'];
}

export interface Habits {
  events: Record<string, ScenarioEvent>;
  people: number;
  days: number;
  seed: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;
/** What one event leads to, and that to the next, ends somewhere. */
const mostInARow = 20;
/** A simulation of more would not end. */
const mostEvents = 1_000_000;

/** Everything that happens without a message, in the order of its moments. */
export function customerEvents(habits: Habits): CustomerEvent[] {
  const events = Object.keys(habits.events)
    .sort()
    .flatMap((type) => arrivals(type, habits));
  return events.flatMap((event) => [event, ...consequencesOf(event, habits)]).sort(byMoment);
}

export function byMoment(a: CustomerEvent, b: CustomerEvent): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function arrivals(type: string, { events, people, days, seed }: Habits): CustomerEvent[] {
  const event = events[type];
  const count = Math.min(mostEvents, Math.round((event?.perDay ?? 0) * days));
  if (!event || count === 0) return [];
  return Array.from({ length: count }, (_, index) => {
    const purpose = [type, index];
    const at = ((index + chance(seed, 'comes', ...purpose)) / count) * days * day;
    return {
      id: `${type}#${String(index + 1).padStart(7, '0')}`,
      no: index + 1,
      type,
      source: event.source ?? 'simulation',
      at: wholeMinute(at),
      person: 1 + Math.floor(chance(seed, 'who', ...purpose) * people),
      data: dataOf(event, { no: index + 1, seed, purpose }),
      ...(event.counts && { counts: event.counts }),
    };
  });
}

/** What one event leads to, and what that leads to. */
export function consequencesOf(event: CustomerEvent, habits: Habits, depth = 1): CustomerEvent[] {
  if (depth > mostInARow) return [];
  return Object.keys(habits.events)
    .sort()
    .flatMap((type) =>
      (habits.events[type]?.follows ?? []).flatMap(({ after, share, delay }, index) => {
        const purpose = ['follows', type, index, event.id];
        if (after !== event.type || chance(habits.seed, ...purpose) >= share) return [];
        const later = exponentialChance(delay, habits.seed, ...purpose, 'delay');
        const next = nextEvent(event, type, { habits, at: event.at + later, id: `${event.id}>${type}.${index}` });
        return next ? [next, ...consequencesOf(next, habits, depth + 1)] : [];
      }),
    );
}

/** What the same person does next: it says what the event before said, and of its own what that did not. */
export function nextEvent(
  before: Pick<CustomerEvent, 'no' | 'person' | 'data' | 'at'>,
  type: string,
  { habits, at, id }: { habits: Habits; at: Milliseconds; id: string },
): CustomerEvent | undefined {
  const event = habits.events[type];
  if (!event) return undefined;
  const { seed } = habits;
  return {
    id,
    no: before.no,
    type,
    source: event.source ?? 'simulation',
    at: Math.max(wholeMinute(at), wholeMinute(before.at) + minute),
    person: before.person,
    data: { ...dataOf(event, { no: before.no, seed, purpose: [id] }), ...before.data },
    ...(event.counts && { counts: event.counts }),
  };
}

function wholeMinute(at: Milliseconds): Milliseconds {
  return Math.ceil(at / minute) * minute;
}

interface Telling {
  no: number;
  seed: number;
  purpose: readonly (string | number)[];
}

function dataOf({ data }: ScenarioEvent, telling: Telling): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(data)) put(said, path.split('.'), oneOf(value, path, telling));
  return said;
}

function oneOf(value: EventValue, path: string, { no, seed, purpose }: Telling): unknown {
  if (Array.isArray(value))
    return oneOf(picked(value, chance(seed, 'data', path, ...purpose)), path, { no, seed, purpose });
  if (typeof value === 'string') return value.replaceAll('{n}', String(no));
  if (typeof value !== 'object') return value;
  const drawn = amountChance({ mean: value.mean, deviation: value.spread }, seed, 'data', path, ...purpose);
  return Math.max(1, Math.round(drawn * 100)) / 100;
}

function picked<T>(values: readonly T[], at: number): T {
  return values[Math.floor(at * values.length)] as T;
}

function put(said: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    said[name] = value;
    return;
  }
  const inner = typeof said[name] === 'object' && said[name] !== null ? (said[name] as Record<string, unknown>) : {};
  said[name] = inner;
  put(inner, rest, value);
}
