/**
 * Hands the events of the inbox to whoever acts on them, in every worker process. An event is settled only after all of
 * them have taken it, so it is handed out again after any death in between: consumers act on an event's number once. While
 * Temporal or the ledger is away nothing is lost and nothing is blamed; what fails by itself is tried again, more and more
 * rarely, and then parked with its reason. One poisonous event keeps nobody from the others.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../ledger/database';
import { type InboxEvent, parkInbox, putOffInbox, settleInbox, strangerReason, takeInbox } from '../ledger/inbox';
import { isUnreachable } from './unreachable';

/**
 * Acts on events, each by its number once. It answers the events that it could not act on, each with its reason; when it
 * throws, none of them counts as acted on.
 */
export interface EventConsumer {
  name: string;
  consume(events: readonly InboxEvent[]): Promise<Map<string, string>>;
}

export interface DispatcherOptions {
  database: Database;
  consumers: readonly EventConsumer[];
  /** Told what went wrong; never the event itself. */
  onTrouble?: (trouble: { consumer?: string; events: number; error: unknown }) => void;
  batch?: number;
  /** How long a dispatcher may be silent about an event until another one takes it. */
  leaseMs?: number;
  pollMs?: number;
}

/** Tries after which an event is parked: 5, 10, 20, 40 s apart. */
export const mostTries = 5;
const firstRetryMs = 5_000;
/** While Temporal or the ledger is away. */
const outageMs = 2_000;

/** Runs until the signal is aborted; what is in hand is finished first. */
export async function dispatchInbox(options: DispatcherOptions, signal: AbortSignal): Promise<void> {
  const { batch = 200, pollMs = 100 } = options;
  while (!signal.aborted) {
    try {
      const taken = await dispatchOnce(options);
      if (taken < batch) await pause(pollMs, undefined, { signal }).catch(() => undefined);
    } catch (error) {
      options.onTrouble?.({ events: 0, error });
      await pause(outageMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Takes one batch and acts on it. @returns how many events it held */
export async function dispatchOnce(options: DispatcherOptions): Promise<number> {
  const { database, batch = 200, leaseMs = 60_000 } = options;
  const taken = await takeInbox(database, { limit: batch, leaseMs });
  const worn = taken.filter(({ attempts }) => attempts > mostTries);
  await parkInbox(
    database,
    worn.map(({ no, attempts }) => ({ no, reason: `given up after ${attempts - 1} tries that nobody finished` })),
  );
  const strangers = taken.filter((event) => event.isAboutStranger && !worn.includes(event));
  await parkInbox(
    database,
    strangers.map(({ no }) => ({ no, reason: strangerReason })),
  );
  const usable = taken.filter((event) => !worn.includes(event) && !strangers.includes(event));
  const failed = await actOn(options, usable);
  await settleInbox(
    database,
    usable.flatMap(({ no }) => (failed.has(no) ? [] : [no])),
  );
  await putOff(database, usable, failed);
  return taken.length;
}

interface Failure {
  reason: string;
  isOutage: boolean;
}

async function actOn(options: DispatcherOptions, events: readonly InboxEvent[]): Promise<Map<string, Failure>> {
  const failed = new Map<string, Failure>();
  for (const consumer of options.consumers) {
    const healthy = events.filter(({ no }) => !failed.has(no));
    for (const [no, failure] of await consumeAll(options, consumer, healthy)) failed.set(no, failure);
  }
  return failed;
}

/** A batch that fails as a whole is tried event by event, so that only those to blame are put off. */
async function consumeAll(
  options: DispatcherOptions,
  consumer: EventConsumer,
  events: readonly InboxEvent[],
): Promise<Map<string, Failure>> {
  if (events.length === 0) return new Map();
  try {
    const refused = await consumer.consume(events);
    return new Map([...refused].map(([no, reason]) => [no, { reason, isOutage: false }]));
  } catch (error) {
    options.onTrouble?.({ consumer: consumer.name, events: events.length, error });
    if (isUnreachable(error))
      return new Map(events.map(({ no }) => [no, { reason: `${consumer.name}: not reachable`, isOutage: true }]));
    if (events.length === 1)
      return new Map(events.map(({ no }) => [no, { reason: `${consumer.name}: ${inWords(error)}`, isOutage: false }]));
  }
  const failed = new Map<string, Failure>();
  for (const event of events)
    for (const [no, failure] of await consumeAll(options, consumer, [event])) failed.set(no, failure);
  return failed;
}

async function putOff(
  database: Database,
  events: readonly InboxEvent[],
  failed: ReadonlyMap<string, Failure>,
): Promise<void> {
  const failures = events.flatMap((event) => {
    const failure = failed.get(event.no);
    return failure ? [{ event, ...failure }] : [];
  });
  const isOver = ({ event, isOutage }: (typeof failures)[number]) => !isOutage && event.attempts >= mostTries;
  await parkInbox(
    database,
    failures.filter(isOver).map(({ event, reason }) => ({ no: event.no, reason })),
  );
  await putOffInbox(
    database,
    failures
      .filter((failure) => !isOver(failure))
      .map(({ event, reason, isOutage }) => ({
        no: event.no,
        reason,
        isToBlame: !isOutage,
        afterMs: isOutage ? outageMs : firstRetryMs * 2 ** (event.attempts - 1),
      })),
  );
}

/** The first line of what went wrong; longer ones may hold what somebody sent. */
function inWords(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 300) ?? '';
}
