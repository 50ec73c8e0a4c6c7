/** Readers of a simulation: as soon as messages have left, what people will do with them is written into the book of events. */
import type { MemberRange } from '../../activities/contract';
import type { Instant } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { eventsOfMembers } from '../../ledger/journeys/journey';
import type { Reaction, Scenario } from '../../simulation/scenario/schema';
import { type ReactionEvent, reactionsOf } from '../../simulation/world/reactions';
import type { Customers } from './customers';

export const simulatedSource = 'simulation';

interface World {
  database: Database;
  scenario: Pick<Scenario, 'rates'>;
  seed: number;
  began: Instant;
  growth: Growth;
  /** Of a triggered campaign: what readers buy, they tell as their events. */
  customers?: Customers;
}

/** Rows in the books, and how many there were when the server last looked. */
export interface Growth {
  rows: number;
  looked: number;
}

interface Reached {
  seq: number;
  contactId: string;
  arm: string | null;
  status: string;
}

/** Events at a time: the statement's arrays stay small. */
const atOnce = 5_000;

/**
 * Writes the future of those whom a stretch of a delivery has reached since `now`, or passed over as held out. Told twice,
 * the book has it once.
 */
export async function letReadersReact(
  world: World,
  { runNo, step, range, now }: { runNo: number; step: string; range: MemberRange; now: Instant },
): Promise<void> {
  const { rows } = await world.database.query<Reached>(
    `select seq, contact_id as "contactId", arm, status from deliveries
      where run_no = $1 and step = $2 and seq between $3 and $4 and status in ('sent', 'held_out') and settled_at >= $5
      order by seq`,
    [runNo, step, range.from, range.to, now],
  );
  const events: NewEvent[] = [];
  const { customers } = world;
  const causes = customers
    ? await eventsOfMembers(world.database, { runNo, seqs: rows.map(({ seq }) => seq) })
    : new Map<number, Readonly<Record<string, unknown>>>();
  for (const { seq, contactId, arm, status } of rows) {
    const isHeldOut = status === 'held_out';
    const who = [step, seq];
    const reactions = reactionsOf(
      world.scenario,
      { who, arm: isHeldOut ? 'holdout' : (arm ?? undefined), at: Date.parse(now) },
      world,
    );
    const delivery = isHeldOut ? {} : { delivery: { runNo, step, seq } };
    for (const reaction of reactions) {
      const data = causes.get(seq)?.data;
      const reader = { contactId, data: data as Record<string, unknown>, delivery: { runNo, step, seq } };
      if (data !== undefined && ownWill.has(reaction.kind) && (await customers?.react(reaction, reader))) continue;
      if (!isHeldOut || ownWill.has(reaction.kind))
        events.push({ ...eventOf(reaction, `${step}:${seq}`), about: { contactId }, ...delivery });
    }
  }
  await writeEvents(world.database, events);
  await lookAgain(world, rows.length + events.length);
}

/** The server looks by itself every minute, which here is a season; without, it would take full tables for empty ones. */
export async function lookAgain(
  { database, growth }: { database: Database; growth: Growth },
  added: number,
): Promise<void> {
  growth.rows += added;
  if (growth.rows < growth.looked * 1.5 || added === 0) return;
  growth.looked = growth.rows;
  await database.query('analyze events, deliveries');
}

/** What people do who got no message. */
const ownWill = new Set<Reaction>(['converted', 'refund']);

export function eventOf({ kind, at, amount }: ReactionEvent, who: string): Omit<NewEvent, 'about'> {
  return {
    source: simulatedSource,
    id: `${who}:${kind}`,
    kind,
    occurredAt: at,
    ...(amount && { amount }),
  };
}

export async function writeEvents(database: Database, events: readonly NewEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += atOnce) await recordEvents(database, events.slice(at, at + atOnce));
}

/** Those who have opted out or complained by now get nothing more, as the gateway's intake would see to. */
export async function obeyOptOuts(database: Database, now: Instant): Promise<void> {
  await database.query(
    `insert into suppressions (address_hash, reason, source)
     select distinct on (c.address_hash) c.address_hash, e.kind::text, $2
       from events e join contacts c on c.id = e.contact_id
      where e.kind in ('unsubscribed', 'complained') and e.occurred_at <= $1
      order by c.address_hash, e.occurred_at
         on conflict do nothing`,
    [now, simulatedSource],
  );
}
