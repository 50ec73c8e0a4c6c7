/** What a plan says of a trigger: how many of the events of late it would have met, and which campaigns it competes with. */
import { compileJourneyCondition } from '../../definition/journey-condition';
import type { TriggerFacts, UnderWayFacts } from '../../definition/plan-facts';
import type { ResolvedCampaign } from '../../definition/resolved';
import type { Database } from '../database';

const lookBackDays = 30;
/** The newest events of these days are looked at; more would make a plan slow and say little else. */
const mostEvents = 10_000;

interface PastEvent {
  type: string;
  source: string;
  id: string;
  time: Date;
  data: Record<string, unknown>;
  contactId: string | null;
  attributes: Record<string, unknown> | null;
  timeZone: string | null;
  locale: string | null;
  createdAt: Date | null;
}

export async function gatherTriggerFacts(
  database: Database,
  { campaign, now }: { campaign: ResolvedCampaign; now: Date },
): Promise<TriggerFacts | undefined> {
  const { trigger, schedule } = campaign;
  if (!trigger) return undefined;
  const holds = compileJourneyCondition(trigger.where, 'trigger');
  const events = await pastEvents(database, trigger.events, now);
  const contacts = new Set<string>();
  const facts = { days: lookBackDays, seen: events.length, matched: 0, undecidable: 0 };
  for (const { contactId, attributes, timeZone, locale, createdAt, ...event } of events) {
    if (contactId === null) continue;
    const contact = {
      ...attributes,
      timeZone: timeZone ?? schedule.timezone,
      locale: locale ?? campaign.locale,
      ...(createdAt && { createdAt }),
    };
    const verdict = holds({ event, contact });
    if (verdict === true) {
      facts.matched += 1;
      contacts.add(contactId);
    } else if (verdict !== false) facts.undecidable += 1;
  }
  return {
    ...facts,
    contacts: contacts.size,
    isCut: events.length === mostEvents,
    rivals: campaign.exclusive === undefined ? [] : await rivalsOf(database, campaign.id, campaign.exclusive),
  };
}

/** Who is inside journeys of a campaign: how many go by which file, and where they stand. */
export async function gatherUnderWay(database: Database, campaignId: string): Promise<UnderWayFacts[]> {
  const { rows } = await database.query<Omit<UnderWayFacts, 'step'> & { step: string | null }>(
    `select v.definition as campaign, inside.step, inside."isHeld", inside.count
       from (select coalesce(goes_by, run_no) as run_no, step, state = 'held' as "isHeld", count(*)::int as count
               from journeys where campaign_id = $1 and state <> 'ended' group by 1, 2, 3) inside
       join runs r on r.no = inside.run_no join revisions v using (revision)
      order by r.no, inside.step, inside."isHeld"`,
    [campaignId],
  );
  return rows.map(({ step, ...group }) => ({ ...group, ...(step !== null && { step }) }));
}

async function pastEvents(database: Database, types: readonly string[], now: Date): Promise<PastEvent[]> {
  const { rows } = await database.query<PastEvent>(
    `select i.type, i.source, i.id, i.occurred_at as time, i.data, c.id as "contactId", c.attributes,
            c.time_zone as "timeZone", c.locale, c.created_at as "createdAt"
       from (select * from inbox where type = any($1::text[]) and received_at > $2::timestamptz - $3 * interval '1 day'
              order by received_at desc limit $4) i
       left join lateral (
         select * from contacts where id = i.contact_id or address_hash = i.address_hash or external_id = i.external_id limit 1) c on true`,
    [types, now, lookBackDays, mostEvents],
  );
  return rows;
}

async function rivalsOf(database: Database, campaignId: string, exclusive: string): Promise<TriggerFacts['rivals']> {
  const { rows } = await database.query<TriggerFacts['rivals'][number]>(
    `select t.campaign_id as campaign, t.priority,
            (select count(*)::int from journeys j where j.run_no = t.run_no and j.state <> 'ended') as live
       from triggers t where t.state = 'open' and t.exclusive = $1 and t.campaign_id <> $2
      order by t.priority desc, t.campaign_id`,
    [exclusive, campaignId],
  );
  return rows;
}
