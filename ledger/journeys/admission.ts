/**
 * Who begins a journey: decided for a batch of events in one transaction, in the order of the events, under locks of their
 * contacts. What was decided for an event stays decided, however often it is handed out.
 */
import type { DeclineReason } from '../../definition/journey-counts';
import type { Milliseconds } from '../../definition/resolved';
import type { Reentry } from '../../definition/resolved-journey';
import type { Queryable } from '../database';
import { type Database, transaction } from '../database';
import { type HeardEvent, keepHeard } from './heard';

/** An event that matches a trigger. */
export interface Candidate {
  eventNo: string;
  contactId: string;
  runNo: number;
  campaignId: string;
  key: string;
  /** Of the first journey of this contact and key; those after it are numbered. */
  workflowId: string;
  timeZone: string;
  reentry: Reentry;
  cooldown?: Milliseconds;
  exclusive?: string;
  priority: number;
  listens: string[];
}

export interface Refusal {
  eventNo: string;
  campaignId: string;
  runNo: number;
  contactId?: string;
  reason: DeclineReason;
  detail: string;
}

/** A journey whose workflow has to be started, unless it has begun already. */
export interface AdmittedJourney {
  runNo: number;
  seq: number;
  workflowId: string;
  eventNo: string;
}

export type Admission =
  | { admitted: AdmittedJourney[]; started: number; declined: number }
  /** A trigger has closed since the candidates were matched: match again. */
  | 'triggers-changed';

export interface AdmissionRequest {
  candidates: readonly Candidate[];
  /** Known before the books were asked. */
  refusals: readonly Refusal[];
  heard: readonly HeardEvent[];
  now: Date;
}

export async function admitJourneys(database: Database, request: AdmissionRequest): Promise<Admission> {
  const { candidates, refusals, heard, now } = request;
  if (candidates.length + refusals.length + heard.length === 0) return { admitted: [], started: 0, declined: 0 };
  return transaction(database, async (client) => {
    await lockContacts(client, [...candidates, ...heard]);
    await keepHeard(client, heard, now);
    const wanted = [...candidates, ...refusals];
    if (!(await areOpen(client, wanted))) return 'triggers-changed';
    const before = await readHistory(client, wanted);
    const decided = decide(request, before);
    await writeRefusals(client, decided.refusals, now);
    const written = await writeJourneys(client, decided.beginning, now);
    return {
      admitted: [...before.starting, ...written],
      started: written.length,
      declined: decided.refusals.length,
    };
  });
}

/** In one order, so that batches side by side wait for each other and never in a circle. */
async function lockContacts(client: Queryable, people: readonly { contactId: string }[]): Promise<void> {
  await client.query(
    `select pg_advisory_xact_lock(hashtext('volante journeys'), lock)
       from (select distinct hashint8(contact) as lock from unnest($1::bigint[]) contact order by 1) locks`,
    [people.map(({ contactId }) => contactId)],
  );
}

/** Locks the triggers: a run's numbers are given out one batch at a time, and none after it has closed. */
async function areOpen(client: Queryable, wanted: readonly { runNo: number }[]): Promise<boolean> {
  const runs = [...new Set(wanted.map(({ runNo }) => runNo))];
  if (runs.length === 0) return true;
  const { rows } = await client.query(
    `select run_no from triggers where run_no = any($1::int[]) and state = 'open' order by run_no for update`,
    [runs],
  );
  return rows.length === runs.length;
}

interface PastJourney {
  campaignId: string;
  contactId: string;
  key: string;
  exclusive: string | null;
  admittedAt: Date;
  isLive: boolean;
}

interface History {
  /** `campaign event` of events that were decided before. */
  decided: Set<string>;
  starting: AdmittedJourney[];
  past: PastJourney[];
}

const pair = (campaignId: string, eventNo: string) => `${campaignId} ${eventNo}`;

async function readHistory(
  client: Queryable,
  wanted: readonly { campaignId: string; eventNo: string; contactId?: string }[],
): Promise<History> {
  if (wanted.length === 0) return { decided: new Set(), starting: [], past: [] };
  const keys = [wanted.map(({ campaignId }) => campaignId), wanted.map(({ eventNo }) => eventNo)];
  const { rows: decided } = await client.query<{
    campaign_id: string;
    event_no: string;
    state: string | null;
    run_no: number;
    seq: number;
    workflow_id: string;
  }>(
    `with asked as (select distinct campaign_id, event_no from unnest($1::text[], $2::bigint[]) as a(campaign_id, event_no))
     select campaign_id, event_no, state, run_no, seq, workflow_id from journeys join asked using (campaign_id, event_no)
      union all
     select campaign_id, event_no, null, null, null, null from journey_refusals join asked using (campaign_id, event_no)`,
    keys,
  );
  const { rows: past } = await client.query<PastJourney>(
    `select campaign_id as "campaignId", contact_id as "contactId", key, exclusive, admitted_at as "admittedAt",
            state <> 'ended' as "isLive"
       from journeys where contact_id = any($1::bigint[])
        and (state <> 'ended' or campaign_id = any($2::text[]))`,
    [wanted.flatMap(({ contactId }) => contactId ?? []), keys[0]],
  );
  return {
    decided: new Set(decided.map(({ campaign_id, event_no }) => pair(campaign_id, event_no))),
    starting: decided
      .filter(({ state }) => state === 'starting')
      .map(({ run_no: runNo, seq, workflow_id: workflowId, event_no: eventNo }) => ({
        runNo,
        seq,
        workflowId,
        eventNo,
      })),
    past,
  };
}

interface Decided {
  beginning: Candidate[];
  refusals: Refusal[];
}

/** One event after the other; of the campaigns that an event would start, the one of the highest priority first. */
function decide({ candidates, refusals, now }: AdmissionRequest, { decided, past }: History): Decided {
  const isNew = ({ campaignId, eventNo }: { campaignId: string; eventNo: string }) =>
    !decided.has(pair(campaignId, eventNo));
  const outcome: Decided = { beginning: [], refusals: refusals.filter(isNew) };
  const journeys = [...past];
  for (const candidate of [...candidates].filter(isNew).sort(byEventThenPriority)) {
    const { eventNo, campaignId, runNo, contactId, key, exclusive } = candidate;
    const own = journeys.filter((journey) => journey.contactId === contactId);
    const hindrance = hindranceOf(candidate, own, now);
    if (hindrance) {
      outcome.refusals.push({ eventNo, campaignId, runNo, contactId, ...hindrance });
    } else {
      const before = own.filter((journey) => journey.campaignId === campaignId && journey.key === key).length;
      outcome.beginning.push({ ...candidate, workflowId: nextId(candidate.workflowId, before) });
      journeys.push({ campaignId, contactId, key, exclusive: exclusive ?? null, admittedAt: now, isLive: true });
    }
  }
  return outcome;
}

/** The ledger may know that a journey has ended before its workflow has: the next one is a workflow of its own. */
function nextId(workflowId: string, before: number): string {
  return before === 0 ? workflowId : `${workflowId}~${before + 1}`;
}

function byEventThenPriority(a: Candidate, b: Candidate): number {
  const events = BigInt(a.eventNo) - BigInt(b.eventNo);
  if (events !== 0n) return events < 0n ? -1 : 1;
  return b.priority - a.priority || (a.campaignId < b.campaignId ? -1 : 1);
}

function hindranceOf(
  { campaignId, key, reentry, cooldown, exclusive }: Candidate,
  own: readonly PastJourney[],
  now: Date,
): Pick<Refusal, 'reason' | 'detail'> | undefined {
  const ofCampaign = own.filter((journey) => journey.campaignId === campaignId);
  const sameKey = ofCampaign.filter((journey) => journey.key === key);
  if (sameKey.some(({ isLive }) => isLive))
    return { reason: 'reentry', detail: 'a journey of this contact and key is on its way' };
  if (reentry === 'never' && sameKey.length > 0)
    return { reason: 'reentry', detail: 'this contact has made this journey; reentry is never' };
  const last = Math.max(...ofCampaign.map(({ admittedAt }) => admittedAt.getTime()));
  if (cooldown !== undefined && now.getTime() - last < cooldown)
    return { reason: 'cooldown', detail: `the last journey began ${new Date(last).toISOString()}` };
  const rival = exclusive === undefined ? undefined : own.find((each) => each.isLive && each.exclusive === exclusive);
  if (rival) return { reason: 'exclusive', detail: `in a journey of ${rival.campaignId}, of group ${exclusive}` };
  return undefined;
}

async function writeRefusals(client: Queryable, refusals: readonly Refusal[], now: Date): Promise<void> {
  if (refusals.length === 0) return;
  await client.query(
    `insert into journey_refusals (campaign_id, event_no, run_no, contact_id, reason, detail, at)
     select *, $7::timestamptz from unnest($1::text[], $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[])
         on conflict do nothing`,
    [
      refusals.map(({ campaignId }) => campaignId),
      refusals.map(({ eventNo }) => eventNo),
      refusals.map(({ runNo }) => runNo),
      refusals.map(({ contactId }) => contactId ?? null),
      refusals.map(({ reason }) => reason),
      refusals.map(({ detail }) => detail.slice(0, 300)),
      now,
    ],
  );
}

/** Each becomes a member of its run, under the next number, and a journey that is about to start. */
async function writeJourneys(
  client: Queryable,
  beginning: readonly Candidate[],
  now: Date,
): Promise<AdmittedJourney[]> {
  if (beginning.length === 0) return [];
  const { rows } = await client.query<{ run_no: number; seq: number; workflow_id: string; event_no: string }>(
    `with incoming as materialized (
       select i.*, t.next_seq + (row_number() over (partition by i.run_no order by i.ordinality))::int - 1 as seq,
              t.campaign_id, t.exclusive, t.listens
         from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
                with ordinality as i(run_no, event_no, contact_id, key, workflow_id, time_zone, ordinality)
         join triggers t using (run_no)
     ),
     numbered as (
       update triggers t set next_seq = t.next_seq + given.count
         from (select run_no, count(*)::int as count from incoming group by run_no) given where t.run_no = given.run_no
     ),
     joined as (
       insert into members (run_no, seq, contact_id, shard, arm, propensity, time_zone)
       select run_no, seq, contact_id, 0, 'all', 1, time_zone from incoming
     )
     insert into journeys (run_no, seq, campaign_id, contact_id, key, workflow_id, event_no, exclusive, listens, admitted_at)
     select run_no, seq, campaign_id, contact_id, key, workflow_id, event_no, exclusive, listens, $7 from incoming
     returning run_no, seq, workflow_id, event_no`,
    [
      beginning.map(({ runNo }) => runNo),
      beginning.map(({ eventNo }) => eventNo),
      beginning.map(({ contactId }) => contactId),
      beginning.map(({ key }) => key),
      beginning.map(({ workflowId }) => workflowId),
      beginning.map(({ timeZone }) => timeZone),
      now,
    ],
  );
  return rows.map(({ run_no: runNo, seq, workflow_id: workflowId, event_no: eventNo }) => ({
    runNo,
    seq,
    workflowId,
    eventNo,
  }));
}
