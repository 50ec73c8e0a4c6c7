/**
 * Customers of a simulation: what they do comes into the real inbox at its moment of skipped time, and the real dispatcher
 * hands it to journeys and programs.
 */
import type { Client } from '@temporalio/client';
import type { Instant } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { storeInbox } from '../../ledger/inbox';
import { dispatchOnce } from '../../operations/dispatch-inbox';
import { journeyConsumer } from '../../operations/journeys/dispatch';
import { loyaltyConsumer } from '../../operations/loyalty/consume';
import type { Scenario } from '../../simulation/scenario/schema';
import {
  byMoment,
  type CustomerEvent,
  consequencesOf,
  customerEvents,
  type Habits,
  nextEvent,
} from '../../simulation/world/customers';
import type { ReactionEvent } from '../../simulation/world/reactions';
import { firstPersonOf } from './contacts';
import type { Members } from './members';
import { type Growth, lookAgain } from './readers';

export interface CustomerActivities {
  /** Everything until now happens. @returns when it goes on; absent: it is over */
  actAsCustomers(input: { now: Instant }): Promise<{ next?: Instant }>;
}

export interface CustomersWorld {
  client: Client;
  database: Database;
  taskQueue: string;
  secretKey: string;
  scenario: Pick<Scenario, 'events' | 'contacts' | 'days'>;
  seed: number;
  growth: Growth;
  /** Of a program. */
  members?: Members;
  /** Told once nothing is to come any more; time stands still until it resolves. */
  onLeave: () => Promise<void>;
}

type Delivery = NonNullable<NewEvent['delivery']>;

interface ComingEvent extends CustomerEvent {
  /** The message because of which it happens. */
  delivery?: Delivery;
}

export const customersWorkflowId = 'simulation/customers';
const day = 86_400_000;
/** After the last day, how often it is looked whether every journey is over. */
const looksApart = day / 4;
/** Once a day the run lets points become active and expire; by then that is done. */
const afterTending = 3600_000;
const atOnce = 200;

export class Customers {
  private began: number | undefined;
  private coming: ComingEvent[] = [];
  private clock = new Date(0);
  private readonly consumers;
  readonly raised = new Map<string, number>();

  constructor(private readonly world: CustomersWorld) {
    const { client, database, secretKey } = world;
    const clock = () => this.clock;
    this.consumers = [journeyConsumer({ client, database, secretKey, clock }), loyaltyConsumer({ database, clock })];
  }

  /** Days are counted from here. Told twice, they begin once. */
  async begin(now: Instant): Promise<void> {
    if (this.began !== undefined) return;
    this.began = Date.parse(now);
    this.coming = customerEvents(this.habits);
    const { client, taskQueue } = this.world;
    await client.workflow.start('simulatedCustomers', { taskQueue, workflowId: customersWorkflowId });
  }

  /** See `CustomerActivities.actAsCustomers`. */
  async act(now: Instant): Promise<{ next?: Instant }> {
    const began = this.began ?? Date.parse(now);
    const passed = Date.parse(now) - began;
    const due = this.coming.findIndex(({ at }) => at > passed);
    const happening = this.coming.splice(0, due === -1 ? this.coming.length : due);
    this.clock = new Date(now);
    for (let from = 0; from < happening.length; from += atOnce) await this.raise(happening.slice(from, from + atOnce));
    await this.dispatch();
    const { members, scenario } = this.world;
    const days = Math.floor(passed / day);
    if (members) await members.endOfDay(days, now);
    const end = began + scenario.days * day;
    const [first] = this.coming;
    // Points are a matter of days: what happens on one is told at its end.
    if (members && days < scenario.days)
      return { next: new Date(began + (days + 1) * day + afterTending).toISOString() };
    if (first && !members) return { next: new Date(began + first.at).toISOString() };
    if (Date.parse(now) < end) return { next: new Date(end).toISOString() };
    if (await this.isAnybodyOnTheWay()) return { next: new Date(Date.parse(now) + looksApart).toISOString() };
    await this.world.onLeave();
    return {};
  }

  /**
   * A reader does because of a message what the scenario's events know how to tell.
   * @returns false when no event of the scenario stands for it
   */
  async react(reaction: ReactionEvent, { contactId, data, delivery }: Reader): Promise<boolean> {
    const { kind, at, amount } = reaction;
    const type = Object.keys(this.world.scenario.events)
      .sort()
      .find((each) => this.world.scenario.events[each]?.counts?.as === kind);
    const { began } = this;
    if (type === undefined || began === undefined) return false;
    const person = Number(BigInt(contactId) - firstPersonOf(this.world.seed));
    const id = `${delivery.step}:${delivery.seq}>${type}`;
    const moment = at.getTime() - began;
    const event = nextEvent({ no: delivery.seq ?? 0, person, data, at: moment }, type, {
      habits: this.habits,
      at: moment,
      id,
    });
    if (!event) return false;
    const path = event.counts?.amount;
    const money = amount && path !== undefined && !path.includes('.') && { [path]: Number(amount.micros) / 1_000_000 };
    const told: ComingEvent = { ...event, data: { ...event.data, ...money }, delivery };
    this.coming = [...this.coming, told, ...consequencesOf(event, this.habits)].sort(byMoment);
    await this.world.client.workflow.getHandle(customersWorkflowId).signal('lookAgain');
    return true;
  }

  private get habits(): Habits {
    const { scenario, seed } = this.world;
    return { events: scenario.events, people: scenario.contacts, days: scenario.days, seed };
  }

  private async raise(events: readonly ComingEvent[]): Promise<void> {
    const { database, seed, growth } = this.world;
    const about = ({ person }: ComingEvent) => ({ contactId: String(firstPersonOf(seed) + BigInt(person)) });
    const occurredAt = ({ at }: ComingEvent) => new Date((this.began ?? 0) + at);
    await storeInbox(
      database,
      events.map((event) => ({ ...event, about: about(event), occurredAt: occurredAt(event) })),
    );
    const counted = events.flatMap((event): NewEvent[] => {
      const { id, source, counts, data, delivery } = event;
      if (!counts) return [];
      const amount = moneyOf(data, counts);
      return [
        {
          source,
          id,
          kind: counts.as,
          about: about(event),
          occurredAt: occurredAt(event),
          ...(amount && { amount }),
          ...(delivery && { delivery }),
        },
      ];
    });
    await recordEvents(database, counted);
    for (const { type } of events) this.raised.set(type, (this.raised.get(type) ?? 0) + 1);
    await lookAgain(this.world, events.length + counted.length);
    growth.rows += events.length;
  }

  /** Until nothing in the inbox is new, events that programs raise included. */
  private async dispatch(): Promise<void> {
    const { database } = this.world;
    const troubles: unknown[] = [];
    const onTrouble = ({ error }: { error: unknown }): void => void troubles.push(error);
    while ((await dispatchOnce({ database, consumers: this.consumers, onTrouble })) > 0);
    if (troubles.length > 0) throw troubles[0];
  }

  private async isAnybodyOnTheWay(): Promise<boolean> {
    const { rows } = await this.world.database.query(`select from journeys where state <> 'ended' limit 1`);
    return rows.length > 0;
  }
}

interface Reader {
  contactId: string;
  /** What the event said that began the journey. */
  data: Record<string, unknown>;
  delivery: Delivery;
}

function moneyOf(
  data: Record<string, unknown>,
  { amount = '', currency }: NonNullable<CustomerEvent['counts']>,
): NewEvent['amount'] {
  const value = amount
    .split('.')
    .reduce<unknown>(
      (inner, name) => (typeof inner === 'object' && inner !== null ? Object(inner)[name] : undefined),
      data,
    );
  return typeof value === 'number' ? { micros: BigInt(Math.round(value * 1_000_000)), currency } : undefined;
}

export function createCustomerActivities(customers: Customers): CustomerActivities {
  return { actAsCustomers: ({ now }) => customers.act(now) };
}
