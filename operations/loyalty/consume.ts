/** What events mean for loyalty programs: a consumer of the inbox. Conditions are asked here, points are booked in batches. */
import { compileJourneyCondition, type JourneyCondition } from '../../definition/journey-condition';
import type { EarnRule } from '../../definition/resolved-loyalty';
import type { Database } from '../../ledger/database';
import type { InboxEvent } from '../../ledger/inbox';
import { type TriggerContact, triggerContacts } from '../../ledger/journeys/contacts';
import { applyEvents } from '../../ledger/loyalty/apply-events';
import type { Earning } from '../../ledger/loyalty/earn';
import { openPrograms, type Program } from '../../ledger/loyalty/programs';
import type { Refund } from '../../ledger/loyalty/refunds';
import { keepWaiting } from '../../ledger/loyalty/waiting';
import type { EventConsumer } from '../dispatch-inbox';
import { amountAt, otherCurrency, referenceAt } from './event-data';

export interface LoyaltyOptions {
  database: Database;
  /** Now, unless a simulation says otherwise. */
  clock?: () => Date;
}

export function loyaltyConsumer({ database, clock = () => new Date() }: LoyaltyOptions): EventConsumer {
  const conditions = new Conditions();
  return {
    name: 'loyalty',
    async consume(events) {
      const refused = new Map<string, string>();
      const programs = await openPrograms(database);
      const wanted = events.filter(({ type }) => programs.some((program) => concerns(program, type)));
      if (wanted.length === 0) return refused;
      const contacts = await triggerContacts(
        database,
        wanted.flatMap(({ contactId }) => contactId ?? []),
      );
      for (const program of programs) {
        const batch = { program, earnings: [] as Earning[], refunds: [] as Refund[], now: clock() };
        if (program.state === 'paused') {
          const eventNos = wanted.flatMap((event) => (concerns(program, event.type) ? [event.no] : []));
          const waiting = await keepWaiting(database, { program, eventNos });
          for (const no of eventNos)
            if (!waiting.has(no)) refused.set(no, `${program.id}: it was resumed in this moment`);
          continue;
        }
        for (const event of wanted) {
          const found = readEvent(event, { program, contact: contacts.get(event.contactId ?? ''), conditions });
          if ('reason' in found) refused.set(event.no, `${program.id}: ${found.reason}`);
          else {
            batch.earnings.push(...found.earnings);
            batch.refunds.push(...found.refunds);
          }
        }
        await applyEvents(database, batch);
      }
      return refused;
    },
  };
}

function concerns({ terms }: Program, type: string): boolean {
  return terms.earn.some(({ on }) => on.includes(type)) || terms.refund?.on.includes(type) === true;
}

interface Ground {
  program: Program;
  contact: TriggerContact | undefined;
  conditions: Conditions;
}

type Found = { earnings: Earning[]; refunds: Refund[] } | { reason: string };

/** Events about nobody earn nothing; what an event cannot mean, it is refused for, and a person finds it. */
function readEvent(event: InboxEvent, ground: Ground): Found {
  const { program, contact } = ground;
  const { contactId } = event;
  const nothing = { earnings: [], refunds: [] };
  if (contactId === undefined || !contact || !concerns(program, event.type)) return nothing;
  const { currency } = program.terms;
  const other = otherCurrency(event.data, currency);
  if (other) return { reason: `the event is in another currency than ${currency}` };
  const earnings: Earning[] = [];
  for (const rule of program.terms.earn) {
    if (!rule.on.includes(event.type) || !ground.conditions.hold(rule, event, contact)) continue;
    const earning = earningOf(event, { rule, contactId, order: program.terms.order });
    if ('reason' in earning) return earning;
    earnings.push(earning);
  }
  const refund = refundOf(event, { program, contactId });
  if (refund && 'reason' in refund) return refund;
  return { earnings, refunds: refund ? [refund] : [] };
}

function earningOf(
  event: InboxEvent,
  { rule, contactId, order }: { rule: EarnRule; contactId: string; order: string },
): Earning | { reason: string } {
  const { no: eventNo, occurredAt, data } = event;
  const orderRef = referenceAt(data, order);
  const about = { eventNo, contactId, rule: rule.id, occurredAt, ...(orderRef !== undefined && { orderRef }) };
  const multiplier = BigInt(rule.multiplierThousandths);
  if ('points' in rule.gives) return { ...about, thousandths: BigInt(rule.gives.points) * multiplier };
  const amount = amountAt(data, rule.gives.amount);
  if (typeof amount !== 'bigint') return { reason: `event.data.${rule.gives.amount} is no amount of money` };
  const thousandths = (amount * BigInt(rule.gives.perUnitThousandths) * multiplier) / 1_000_000_000n;
  return { ...about, thousandths, amountMicros: amount };
}

function refundOf(
  { no: eventNo, type, occurredAt, data }: InboxEvent,
  { program, contactId }: { program: Program; contactId: string },
): Refund | { reason: string } | undefined {
  const { refund, order } = program.terms;
  if (!refund?.on.includes(type)) return undefined;
  const orderRef = referenceAt(data, order);
  if (orderRef === undefined) return { reason: `event.data.${order} names no order` };
  const amount = amountAt(data, refund.amount);
  if (amount === 'none') return { reason: `event.data.${refund.amount} is no amount of money` };
  return { eventNo, contactId, orderRef, occurredAt, ...(amount !== undefined && { amountMicros: amount }) };
}

const mostKept = 1_000;

/** Conditions, each compiled once a process. One that cannot be decided for an event does not hold. */
class Conditions {
  private readonly kept = new Map<string, JourneyCondition>();

  hold({ where }: EarnRule, event: InboxEvent, contact: TriggerContact): boolean {
    if (where === undefined) return true;
    const { type, source, id, occurredAt, data } = event;
    const { attributes, timeZone, locale, createdAt } = contact;
    const about = { ...attributes, createdAt, timeZone: timeZone ?? undefined, locale: locale ?? undefined };
    return this.of(where)({ event: { type, source, id, time: occurredAt, data }, contact: about }) === true;
  }

  private of(where: string): JourneyCondition {
    const found = this.kept.get(where) ?? compileJourneyCondition(where, 'trigger');
    if (this.kept.size >= mostKept) this.kept.clear();
    this.kept.set(where, found);
    return found;
  }
}
