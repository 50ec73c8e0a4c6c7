/** Events that journeys listen for, by contact: kept as they are handed out, told to whoever listens, and pruned. */
import type { Queryable } from '../database';

/** An event that some journey may be listening for. */
export interface HeardEvent {
  eventNo: string;
  contactId: string;
  type: string;
}

export async function keepHeard(client: Queryable, heard: readonly HeardEvent[], now: Date): Promise<void> {
  if (heard.length === 0) return;
  await client.query(
    `insert into journey_events (contact_id, event_no, type, at)
     select contact_id, event_no, type, $4 from unnest($1::bigint[], $2::bigint[], $3::text[]) as h(contact_id, event_no, type)
         on conflict do nothing`,
    [heard.map(({ contactId }) => contactId), heard.map(({ eventNo }) => eventNo), heard.map(({ type }) => type), now],
  );
}

/** A journey on its way that listens for an event. */
export interface Listener {
  workflowId: string;
  eventNo: string;
  type: string;
}

/** Journeys on their way that listen for these events; not for the events that started them, nor earlier ones. */
export async function listenersOf(queryable: Queryable, heard: readonly HeardEvent[]): Promise<Listener[]> {
  if (heard.length === 0) return [];
  const { rows } = await queryable.query<Listener>(
    `select j.workflow_id as "workflowId", h.event_no as "eventNo", h.type
       from unnest($1::bigint[], $2::bigint[], $3::text[]) as h(contact_id, event_no, type)
       join journeys j on j.contact_id = h.contact_id and h.type = any(j.listens) and h.event_no > j.event_no
      where j.state <> 'ended' order by h.event_no`,
    [heard.map(({ contactId }) => contactId), heard.map(({ eventNo }) => eventNo), heard.map(({ type }) => type)],
  );
  return rows;
}

/** For so long an event is kept in case one that came before it, and was held up, still starts a journey. */
const heldUpMs = 30 * 24 * 3600_000;
const pruneAtOnce = 10_000;

/**
 * Forgets what no journey can look at any more: events of contacts who are in no journey that began before them. The events
 * themselves stay in the inbox.
 * @returns how many
 */
export async function pruneHeard(queryable: Queryable, now: Date): Promise<number> {
  const before = new Date(now.getTime() - heldUpMs);
  for (let pruned = 0; ; ) {
    const { rowCount } = await queryable.query(
      `delete from journey_events where ctid = any(array(
         select h.ctid from journey_events h
          where h.at < $1
            and not exists (select from journeys j
                             where j.contact_id = h.contact_id and j.state <> 'ended' and j.event_no < h.event_no)
          limit $2))`,
      [before, pruneAtOnce],
    );
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < pruneAtOnce) return pruned;
  }
}
