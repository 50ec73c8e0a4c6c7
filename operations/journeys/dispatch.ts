/**
 * What events mean for journeys: they start them, and journeys on their way hear of them. A consumer of the inbox. The
 * ledger decides once for each event; starting and telling may be repeated without another effect.
 */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Database } from '../../ledger/database';
import type { InboxEvent } from '../../ledger/inbox';
import { type AdmittedJourney, admitJourneys } from '../../ledger/journeys/admission';
import { triggerContacts } from '../../ledger/journeys/contacts';
import { type HeardEvent, listenersOf } from '../../ledger/journeys/heard';
import type { TriggerRow } from '../../ledger/journeys/triggers';
import { customerEvent, type JourneyInput } from '../../workflows/journey-messages';
import { searchAttributes } from '../../workflows/search-attributes';
import type { EventConsumer } from '../dispatch-inbox';
import { matchTriggers } from './match';
import { TriggerBook } from './trigger-book';

export interface JourneyDispatchOptions {
  client: Client;
  database: Database;
  /** Key of hashes that stand for what workflow ids must not show. */
  secretKey: string;
  /** Calls to Temporal in flight. */
  atOnce?: number;
  /** Now, unless a simulation says otherwise. */
  clock?: () => Date | Promise<Date>;
}

/** A trigger that closes between matching and admitting is matched again; it cannot go on for ever. */
const mostMatchings = 5;

export function journeyConsumer(options: JourneyDispatchOptions): EventConsumer {
  const book = new TriggerBook(options.database);
  return {
    name: 'journeys',
    async consume(events) {
      const { triggers, admitted, heard } = await admit(options, book, events);
      const typeOf = new Map(events.map(({ no, type }) => [no, type]));
      const runs = new Map(triggers.map((trigger) => [trigger.runNo, trigger]));
      const { atOnce = 40 } = options;
      await eachOf(admitted, atOnce, (journey) =>
        start(options.client, { journey, trigger: runs.get(journey.runNo), type: typeOf.get(journey.eventNo) ?? '' }),
      );
      const listeners = await listenersOf(options.database, heard);
      await eachOf(listeners, atOnce, ({ workflowId, eventNo, type }) =>
        tell(options.client, workflowId, { no: eventNo, type }),
      );
      return new Map();
    },
  };
}

async function admit(
  { database, secretKey, clock = () => new Date() }: JourneyDispatchOptions,
  book: TriggerBook,
  events: readonly InboxEvent[],
): Promise<{ triggers: TriggerRow[]; admitted: AdmittedJourney[]; heard: HeardEvent[] }> {
  for (let matching = 0; matching < mostMatchings; matching += 1) {
    const { open, all, listens } = await book.read();
    const wanted = events.filter(({ type }) => open.some(({ starts }) => starts.includes(type)));
    const contacts = await triggerContacts(
      database,
      wanted.flatMap(({ contactId }) => contactId ?? []),
    );
    const matches = matchTriggers({ events: wanted, triggers: open, contacts, secretKey });
    const heard = events.flatMap(({ no, contactId, type }) =>
      contactId !== undefined && listens.has(type) ? [{ eventNo: no, contactId, type }] : [],
    );
    const admission = await admitJourneys(database, { ...matches, heard, now: await clock() });
    if (admission !== 'triggers-changed') return { triggers: all, admitted: admission.admitted, heard };
  }
  throw new Error('triggers kept changing while events were matched');
}

interface Start {
  journey: AdmittedJourney;
  trigger: TriggerRow | undefined;
  type: string;
}

/**
 * Starts the workflow, or finds it on its way or over. Should Temporal have forgotten it by then, one begins that finds its
 * place in the ledger taken and ends at once, without any effect.
 */
async function start(client: Client, { journey, trigger, type }: Start): Promise<void> {
  if (!trigger) return;
  const { runNo, seq, workflowId, eventNo } = journey;
  const { runId, revision, campaignId, taskQueue } = trigger;
  const input: JourneyInput = { run: { runId, runNo, revision }, seq, event: eventNo };
  try {
    await client.workflow.signalWithStart('journey', {
      workflowId,
      taskQueue,
      args: [input],
      signal: customerEvent,
      signalArgs: [{ no: eventNo, type }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `${campaignId}: one contact, upon event ${eventNo}`,
      typedSearchAttributes: [
        { key: searchAttributes.campaignId, value: campaignId },
        { key: searchAttributes.campaignRevision, value: revision.slice(0, 12) },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** One that has ended hears nothing any more; one that has not begun looks into the ledger when it does. */
async function tell(client: Client, workflowId: string, event: { no: string; type: string }): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(customerEvent, event);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Works on a list, so many at a time. The first failure ends it once those in flight are over. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  const failed = lanes.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
