/** One journey in the ledger: where it stands, what it knows, how it ends. */
import type { JourneyOutcomeName } from '../../definition/journey-counts';
import { type Database, maybeOne, type Queryable, transaction } from '../database';
import { markOrphansInDoubt } from '../deliveries';

/** A journey is a member of its standing run. */
export interface JourneyKey {
  runNo: number;
  seq: number;
}

/**
 * Begins a journey, for one workflow execution only: one that was started a second time finds the place taken.
 * @returns whether this execution carries the journey out
 */
export async function beginJourney(
  queryable: Queryable,
  { runNo, seq, eventNo, execution, now }: JourneyKey & { eventNo: string; execution: string; now: Date },
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `update journeys set state = case when state = 'starting' then 'running' else state end, execution = $4,
            began_at = coalesce(began_at, $5)
      where run_no = $1 and seq = $2 and event_no = $3 and state <> 'ended' and (execution is null or execution = $4)`,
    [runNo, seq, eventNo, execution, now],
  );
  return rowCount === 1;
}

export interface JourneyFactsRow {
  state: 'starting' | 'running' | 'held' | 'ended';
  dispatch: 'open' | 'paused' | 'closed';
  step: string | null;
  eventNo: string;
  contactId: string;
  key: string;
  admittedAt: Date;
  timeZone: string;
  /** Journeys of this campaign that the contact has begun. */
  count: number;
  /** Null once the contact is erased. */
  contact: { attributes: Record<string, unknown>; locale: string | null; createdAt: Date } | null;
  /** What became of the messages of its e-mail steps, by step. */
  outcomes: Record<string, string>;
}

/** All that a step of a journey is decided by, but the events. */
export async function readJourney(
  queryable: Queryable,
  { runNo, seq, emailSteps }: JourneyKey & { emailSteps: readonly string[] },
): Promise<JourneyFactsRow | undefined> {
  const row = await maybeOne<
    Omit<JourneyFactsRow, 'contact'> & {
      attributes: Record<string, unknown> | null;
      locale: string | null;
      createdAt: Date;
    }
  >(
    queryable,
    `select j.state, r.dispatch, j.step, j.event_no as "eventNo", j.contact_id as "contactId", j.key,
            j.admitted_at as "admittedAt", m.time_zone as "timeZone",
            (select count(*)::int from journeys o
              where o.campaign_id = j.campaign_id and o.contact_id = j.contact_id and o.admitted_at <= j.admitted_at) as count,
            c.attributes, c.locale, c.created_at as "createdAt",
            coalesce((select jsonb_object_agg(d.step, d.status) from deliveries d
                       where d.run_no = j.run_no and d.seq = j.seq and d.step = any($3::text[]) and d.channel = 'email'), '{}') as outcomes
       from journeys j join runs r on r.no = j.run_no
       join members m on m.run_no = j.run_no and m.seq = j.seq
       left join contacts c on c.id = j.contact_id
      where j.run_no = $1 and j.seq = $2`,
    [runNo, seq, emailSteps],
  );
  if (!row) return undefined;
  const { attributes, locale, createdAt, ...rest } = row;
  return { ...rest, contact: attributes && { attributes, locale, createdAt } };
}

export interface StoredEvent {
  no: string;
  type: string;
  source: string;
  id: string;
  occurredAt: Date;
  data: Record<string, unknown>;
  /** When it was handed out to journeys; undefined for the event that started this one. */
  at?: Date;
}

/** The event that started a journey, and those since then of the types named, in their order. */
export async function readJourneyEvents(
  queryable: Queryable,
  { eventNo, contactId, types }: { eventNo: string; contactId: string; types: readonly string[] },
): Promise<{ start: StoredEvent; since: StoredEvent[] }> {
  const { rows } = await queryable.query<StoredEvent>(
    `select i.no, i.type, i.source, i.id, i.occurred_at as "occurredAt", i.data, e.at
       from inbox i left join journey_events e on e.contact_id = $2 and e.event_no = i.no
      where i.no = $1
         or i.no in (select h.event_no from journey_events h
                      where h.contact_id = $2 and h.event_no > $1 and h.type = any($3::text[]))
      order by i.no`,
    [eventNo, contactId, types],
  );
  const start = rows.find(({ no }) => no === eventNo);
  if (!start) throw new Error(`event ${eventNo} is not in the inbox`);
  return { start, since: rows.filter(({ no }) => no !== eventNo) };
}

/** Where a journey stands now; `heldWhy` in words for people. */
export async function moveJourney(
  queryable: Queryable,
  { runNo, seq, step, heldWhy }: JourneyKey & { step: string; heldWhy?: string },
): Promise<void> {
  await queryable.query(
    `update journeys set step = $3, state = case when $4::text is null then 'running' else 'held' end, held_why = $4
      where run_no = $1 and seq = $2 and state <> 'ended'`,
    [runNo, seq, step, heldWhy?.slice(0, 300) ?? null],
  );
}

export interface JourneyEnd {
  outcome: JourneyOutcomeName;
  /** Name of the exit. */
  exit?: string;
  detail?: string;
}

/** What a journey did not send: an e-mail step and why it was not reached. */
export interface Unreached {
  step: string;
  why: string;
}

/**
 * Ends a journey. Messages that it did not reach are cancelled, each with the reason, so that the books of every step
 * balance over all members. Ending it again changes nothing.
 */
export async function endJourney(
  database: Database,
  { runNo, seq, end, unreached, now }: JourneyKey & { end: JourneyEnd; unreached: readonly Unreached[]; now: Date },
): Promise<void> {
  await transaction(database, async (client) => {
    for (const { step } of unreached)
      await markOrphansInDoubt(client, { runNo, step, claimToken: nobody, now }, { from: seq, to: seq });
    await client.query(
      `insert into deliveries as d (run_no, step, seq, channel, contact_id, status, settled_at, detail)
       select $1, u.step, $2, 'email', m.contact_id, 'cancelled', $5, u.why
         from unnest($3::text[], $4::text[]) as u(step, why) join members m on m.run_no = $1 and m.seq = $2
           on conflict (run_no, step, seq, channel) do update
          set status = excluded.status, settled_at = excluded.settled_at, detail = excluded.detail, due_at = null, claim_token = null
        where d.status in ('waiting', 'claimed', 'released')`,
      [runNo, seq, unreached.map(({ step }) => step), unreached.map(({ why }) => why.slice(0, 300)), now],
    );
    await client.query(
      `update journeys set state = 'ended', outcome = $3, exit = $4, detail = $5, ended_at = $6, held_why = null
        where run_no = $1 and seq = $2 and state <> 'ended'`,
      [runNo, seq, end.outcome, end.exit ?? null, end.detail?.slice(0, 300) ?? null, now],
    );
  });
}

const nobody = '00000000-0000-0000-0000-000000000000';

/** Journeys of a run that are still on their way, a page at a time. */
export async function liveJourneys(
  queryable: Queryable,
  { runNo, after, limit, heldOnly }: { runNo: number; after: number; limit: number; heldOnly: boolean },
): Promise<{ seq: number; workflowId: string }[]> {
  const { rows } = await queryable.query<{ seq: number; workflowId: string }>(
    `select seq, workflow_id as "workflowId" from journeys
      where run_no = $1 and seq > $2 and state <> 'ended' and (not $4 or state = 'held') order by seq limit $3`,
    [runNo, after, limit, heldOnly],
  );
  return rows;
}

export interface LiveJourney extends JourneyKey {
  runId: string;
  workflowId: string;
  /** E-mail steps of its campaign, and of the newer file that it follows. */
  emailSteps: string[];
}

/** Which of these workflows carry a journey that the ledger takes for being on its way. */
export async function liveByWorkflow(queryable: Queryable, workflowIds: readonly string[]): Promise<LiveJourney[]> {
  if (workflowIds.length === 0) return [];
  const { rows } = await queryable.query<LiveJourney>(
    `select j.run_no as "runNo", j.seq, r.run_id as "runId", j.workflow_id as "workflowId",
            array(select distinct jsonb_path_query(v.definition, '$.steps[*] ? (@.kind == "email").id') #>> '{}'
                    from runs b join revisions v using (revision) where b.no in (j.run_no, j.goes_by)) as "emailSteps"
       from journeys j join runs r on r.no = j.run_no
      where j.state <> 'ended' and j.workflow_id = any($1::text[]) order by j.run_no, j.seq`,
    [workflowIds],
  );
  return rows;
}

/** Ends in the ledger whatever journey of a run has not ended by itself. @returns how many */
export async function endLeftJourneys(
  queryable: Queryable,
  { runNo, detail, now }: { runNo: number; detail: string; now: Date },
): Promise<number> {
  const { rowCount } = await queryable.query(
    `update journeys set state = 'ended', outcome = 'aborted', detail = $2, ended_at = $3, held_why = null
      where run_no = $1 and state <> 'ended'`,
    [runNo, detail.slice(0, 300), now],
  );
  return rowCount ?? 0;
}

/** The events behind members of a triggered campaign, by number of member, as their messages show them. */
export async function eventsOfMembers(
  queryable: Queryable,
  { runNo, seqs }: { runNo: number; seqs: readonly number[] },
): Promise<Map<number, Readonly<Record<string, unknown>>>> {
  const { rows } = await queryable.query<StoredEvent & { seq: number }>(
    `select j.seq, i.no, i.type, i.source, i.id, i.occurred_at as "occurredAt", i.data
       from journeys j join inbox i on i.no = j.event_no where j.run_no = $1 and j.seq = any($2::int[])`,
    [runNo, seqs],
  );
  return new Map(
    rows.map(({ seq, type, source, id, occurredAt: time, data }) => [seq, { type, source, id, time, data }]),
  );
}
