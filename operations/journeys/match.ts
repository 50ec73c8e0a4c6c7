/** Which events would start which journeys: conditions and keys, without the books. */
import { createHmac } from 'node:crypto';
import type { ConditionEvent, JourneyFacts } from '../../definition/journey-condition';
import type { InboxEvent } from '../../ledger/inbox';
import type { Candidate, Refusal } from '../../ledger/journeys/admission';
import type { TriggerContact } from '../../ledger/journeys/contacts';
import type { OpenTrigger } from './trigger-book';

export interface Matches {
  candidates: Candidate[];
  refusals: Refusal[];
}

export interface MatchRequest {
  events: readonly InboxEvent[];
  triggers: readonly OpenTrigger[];
  contacts: ReadonlyMap<string, TriggerContact>;
  secretKey: string;
}

export function matchTriggers({ events, triggers, contacts, secretKey }: MatchRequest): Matches {
  const matches: Matches = { candidates: [], refusals: [] };
  for (const event of events)
    for (const trigger of triggers) {
      if (!trigger.starts.includes(event.type)) continue;
      const found = matchOne({ event, trigger, contact: contacts.get(event.contactId ?? ''), secretKey });
      if (!found) continue;
      if ('reason' in found) matches.refusals.push(found);
      else matches.candidates.push(found);
    }
  return matches;
}

interface Pair {
  event: InboxEvent;
  trigger: OpenTrigger;
  contact: TriggerContact | undefined;
  secretKey: string;
}

/** @returns undefined when the condition does not hold */
function matchOne({ event, trigger, contact, secretKey }: Pair): Candidate | Refusal | undefined {
  const { runNo, campaignId, compiled } = trigger;
  const about = { eventNo: event.no, runNo, campaignId };
  if (event.contactId === undefined || !contact)
    return { ...about, reason: 'nobody', detail: 'the event is about nobody in the contact book' };
  const { contactId } = event;
  const facts: JourneyFacts = {
    event: eventFacts(event),
    contact: {
      ...contact.attributes,
      timeZone: contact.timeZone ?? compiled.timeZone,
      locale: contact.locale ?? compiled.locale,
      createdAt: contact.createdAt,
    },
  };
  const undecidable = (why: string): Refusal => ({ ...about, contactId, reason: 'undecidable', detail: why });
  const holds = compiled.holds(facts);
  if (typeof holds !== 'boolean') return undecidable(holds.undecidable);
  if (!holds) return undefined;
  const said = compiled.keyOf(facts);
  if (typeof said !== 'string') return undecidable(`key: ${said.undecidable}`);
  const key = keyOf(compiled.reentry === 'always' ? `${said}.${event.no}` : said, secretKey);
  return {
    ...about,
    contactId,
    key,
    workflowId: `journey/${campaignId}/${contactId}/${key}`,
    timeZone: contact.timeZone ?? compiled.timeZone,
    reentry: compiled.reentry,
    ...(compiled.cooldown !== undefined && { cooldown: compiled.cooldown }),
    ...(trigger.exclusive !== null && { exclusive: trigger.exclusive }),
    priority: trigger.priority,
    listens: trigger.listens,
  };
}

export function eventFacts({ type, source, id, occurredAt, data }: InboxEvent): ConditionEvent {
  return { type, source, id, time: occurredAt, data };
}

const plainKey = /^[A-Za-z0-9._-]{1,64}$/;

/** What cannot stand in a workflow id, or might say too much there, is replaced by a hash that only we can make. */
function keyOf(said: string, secretKey: string): string {
  if (plainKey.test(said)) return said;
  return `h-${createHmac('sha256', secretKey).update(`journey key ${said}`).digest('hex').slice(0, 40)}`;
}
