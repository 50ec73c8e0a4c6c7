/**
 * The book of deliveries: claim before a platform is called, settle after it, and account for every member.
 * A delivery's key is `run : step : member : channel`. Every statement here is set-based.
 */
import type { FrequencyCap } from '../definition/workspace-types';
import type { Database, Queryable } from './database';
import { transaction } from './database';

/** Where a delivery step stands in the ledger. */
export interface StepRef {
  runNo: number;
  step: string;
}

/** Members `from` to `to`, both included, by sequence number. */
export interface SeqRange {
  from: number;
  to: number;
}

export interface ClaimRequest extends StepRef {
  range: SeqRange;
  /** Sequence number after which to look; the cursor of the previous claim. */
  after: number;
  limit: number;
  /** Fences this worker's claims: rows claimed under another token belong to a dead worker and are taken over. */
  claimToken: string;
  /** The run's clock. */
  now: Date;
  /** From this moment on members are `late`. */
  deadline?: Date;
  platform: string;
  /** Zones in which it is quiet now, and until when. */
  quietZones: { zone: string; until: Date }[];
  frequencyCaps: FrequencyCap[];
  /** Arms that leave at a time of day: until when each waits in each zone. */
  armTimes?: { arm: string; zone: string; until: Date }[];
}

export interface ClaimedMember {
  seq: number;
  /** Undefined for a step without arms. */
  arm?: string;
  contactId: string;
  address: string;
  domain: string;
  attempts: number;
  contact: Record<string, unknown>;
}

export interface ClaimResult {
  /** `closed`: the run was paused or ended; nothing was claimed. */
  dispatch: 'open' | 'closed';
  /** Rows that this worker now owns and may begin. */
  claimed: ClaimedMember[];
  /** Members judged, whether claimed or settled otherwise. */
  judged: number;
  /** Highest sequence number judged; undefined when the range holds nothing more. */
  cursor?: number;
}

interface JudgedRow {
  seq: number;
  arm: string | null;
  status: string;
  contact_id: string;
  address: string;
  domain: string;
  attempts: number;
  time_zone: string;
  locale: string | null;
  attributes: Record<string, unknown>;
}

/**
 * Judges the next open members of a range and claims those that may be sent to at this very moment.
 * Suppression, consent, frequency caps across campaigns, quiet hours, back-off and the run's own switch are checked in
 * the transaction that claims. Contacts are locked first, because two campaigns could otherwise both see room under a cap.
 */
export async function claimDeliveries(database: Database, request: ClaimRequest): Promise<ClaimResult> {
  return transaction(database, async (client) => {
    const locked = request.frequencyCaps.length > 0 ? await lockContacts(client, request) : null;
    const { rows } = await client.query<JudgedRow>(claimStatement, [
      ...claimParameters(request),
      locked,
      ...armTimeParameters(request),
    ]);
    if (rows.length === 0 && !(await dispatchIsOpen(client, request.runNo)))
      return { dispatch: 'closed', claimed: [], judged: 0 };
    return {
      dispatch: 'open',
      claimed: rows.filter((row) => row.status === 'claimed').map(claimedMember),
      judged: rows.length,
      cursor: rows.length === 0 ? undefined : Math.max(...rows.map((row) => row.seq)),
    };
  });
}

/**
 * The delivery of a member, by its key. `limit 1` keeps the planner from flattening this into a join: freshly filled
 * tables have no statistics yet, and a join over them is planned for a handful of rows.
 */
export const deliveryOf = `
  select status, attempts, claim_token, due_at from deliveries
   where run_no = m.run_no and step = $2 and seq = m.seq and channel = 'email' limit 1`;

const candidates = (restriction: string) => `
  select m.seq, m.contact_id, m.arm = 'holdout' as is_held_out, w.wave,
         case when m.arm <> 'holdout' then arm_of(w.weights, w.salt, m.contact_id) end as arm,
         m.time_zone, coalesce(d.attempts, 0) as attempts, d.status as was
    from members m
    left join waves w on w.run_no = m.run_no and w.step = $2 and m.seq between w.from_seq and w.to_seq
    left join lateral (${deliveryOf}) d on true
   where m.run_no = $1 and m.seq > $3 and m.seq between $4 and $5
     and (d.status is null
          or (d.status = 'claimed' and d.claim_token is distinct from $6)
          or (d.status = 'waiting' and d.due_at <= $7)
          or d.status = 'released')
     ${restriction}
   order by m.seq
   limit $8`;

const lockStatement = `
  with candidate as materialized (${candidates('')})
  select seq, pg_advisory_xact_lock(contact_id) from (select seq, contact_id from candidate order by contact_id) ordered`;

/** @returns the members whose contacts are locked; nobody else may be judged in this transaction */
async function lockContacts(client: Queryable, request: ClaimRequest): Promise<number[]> {
  const { rows } = await client.query<{ seq: number }>(lockStatement, claimParameters(request).slice(0, 8));
  return rows.map(({ seq }) => seq);
}

const claimStatement = `
  with candidate as materialized (${candidates('and ($15::int[] is null or m.seq = any($15))')}),
  judged as materialized (
    select k.seq, k.contact_id, k.wave, k.arm, k.time_zone, k.attempts, c.address, coalesce(c.domain, '') as domain,
           c.attributes, c.locale, greatest(quiet.until, backoff.until, timed.until) as due_at,
           case
             when k.is_held_out then 'held_out'
             when c.id is null then 'invalid'
             when (select true from suppressions s where s.address_hash = c.address_hash limit 1) then 'suppressed'
             when c.consent <> 'granted' then 'unconsented'
             when $9::timestamptz is not null and $7 >= $9 then 'late'
             when exists (select from unnest($13::int[], $14::interval[]) cap(most, per)
                           where (select count(*) from deliveries past
                                   where past.contact_id = k.contact_id and past.claimed_at > $7::timestamptz - cap.per
                                     and past.status in ('claimed', 'sending', 'sent', 'in_doubt', 'released')
                                     and (past.run_no, past.step, past.seq) <> ($1, $2, k.seq)) >= cap.most) then 'capped'
             when quiet.until is not null or backoff.until is not null or timed.until is not null then 'waiting'
             else 'claimed'
           end as verdict
      from candidate k
      left join lateral (select * from contacts where id = k.contact_id limit 1) c on true
      left join unnest($10::text[], $11::timestamptz[]) quiet(zone, until) on quiet.zone = k.time_zone
      left join unnest($16::text[], $17::text[], $18::timestamptz[]) timed(arm, zone, until)
        on timed.arm = k.arm and timed.zone = k.time_zone and timed.until > $7
      left join domain_backoffs backoff on backoff.platform = $12 and backoff.domain = c.domain and backoff.until > $7
  ),
  written as (
    insert into deliveries as d
      (run_no, step, seq, channel, contact_id, wave, arm, domain, status, claim_token, due_at, claimed_at, settled_at, amendment)
    select $1, $2, seq, 'email', contact_id, wave, arm, domain, verdict,
           case when verdict = 'claimed' then $6::uuid end,
           case when verdict = 'waiting' then due_at end,
           case when verdict = 'claimed' then $7::timestamptz end,
           case when verdict not in ('claimed', 'waiting') then $7::timestamptz end,
           (select coalesce(max(no), 0) from amendments where run_no = $1)
      from judged
     where (select dispatch from runs where no = $1) = 'open'
        on conflict (run_no, step, seq, channel) do update
       set status = excluded.status, claim_token = excluded.claim_token, due_at = excluded.due_at,
           claimed_at = excluded.claimed_at, settled_at = excluded.settled_at, detail = null,
           amendment = excluded.amendment
     where d.status in ('waiting', 'released') or (d.status = 'claimed' and d.claim_token is distinct from $6)
    returning d.seq, d.status
  )
  select w.seq, w.status, j.arm, j.contact_id, j.address, j.domain, j.attempts, j.time_zone, j.locale, j.attributes
    from written w join judged j using (seq)`;

function claimParameters(request: ClaimRequest): unknown[] {
  return [
    request.runNo,
    request.step,
    request.after,
    request.range.from,
    request.range.to,
    request.claimToken,
    request.now,
    request.limit,
    request.deadline ?? null,
    request.quietZones.map(({ zone }) => zone),
    request.quietZones.map(({ until }) => until),
    request.platform,
    request.frequencyCaps.map(({ limit }) => limit),
    request.frequencyCaps.map(({ per }) => `${per} milliseconds`),
  ];
}

function armTimeParameters({ armTimes = [] }: ClaimRequest): unknown[] {
  return [armTimes.map(({ arm }) => arm), armTimes.map(({ zone }) => zone), armTimes.map(({ until }) => until)];
}

function claimedMember(row: JudgedRow): ClaimedMember {
  return {
    seq: row.seq,
    arm: row.arm ?? undefined,
    contactId: row.contact_id,
    address: row.address,
    domain: row.domain,
    attempts: row.attempts,
    contact: { ...row.attributes, email: row.address, timeZone: row.time_zone, locale: row.locale ?? undefined },
  };
}

async function dispatchIsOpen(queryable: Queryable, runNo: number): Promise<boolean> {
  const { rows } = await queryable.query<{ dispatch: string }>('select dispatch from runs where no = $1', [runNo]);
  return rows[0]?.dispatch === 'open';
}

/** What became of one delivery; `waiting` asks for another try at `dueAt`. */
export interface Settlement {
  seq: number;
  status: 'sent' | 'failed' | 'invalid' | 'in_doubt' | 'waiting';
  dueAt?: Date;
  code?: number;
  detail?: string;
  platformRef?: string;
}

export interface BegunDeliveries {
  /** May be handed to the platform now; fewer than asked for when the run was paused or the claim taken over. */
  begun: number[];
  /** Settled instead: suppressed, unconsented or erased since they were claimed. */
  hindered: number[];
}

/**
 * Settles the messages that a platform answered and begins the next ones, in one round trip. Both are fenced by the
 * claim token: a worker that was taken for dead can neither begin anything nor overwrite its successor. It may still
 * settle what it had sent, which resolves the doubt that its silence caused.
 * Suppression and consent are looked at once more: an opt-out counts from its commit on, also within a claimed batch.
 */
export async function settleAndBegin(
  queryable: Queryable,
  request: StepRef & { claimToken: string; now: Date; settle: Settlement[]; begin: number[] },
): Promise<BegunDeliveries> {
  const { rows } = await queryable.query<{ seq: number; status: string }>(
    `with settled as (
       update deliveries d
          set status = case when d.status = 'in_doubt' and ${answer('6', 'text')} = 'waiting' then 'failed' else ${answer('6', 'text')} end,
              due_at = ${answer('7', 'timestamptz')}, code = ${answer('8', 'int')}, detail = ${answer('9', 'text')},
              platform_ref = ${answer('10', 'text')},
              settled_at = case when ${answer('6', 'text')} <> 'waiting' or d.status = 'in_doubt' then $4::timestamptz end
        where d.run_no = $1 and d.step = $2 and d.seq = any($5::int[]) and d.channel = 'email'
          and d.claim_token = $3 and d.status in ('claimed', 'sending', 'in_doubt')
       returning d.wave, coalesce(d.arm, 'all') as arm, d.status
     ),
     tallied as (
       insert into delivery_tallies as t (run_no, step, arm, slot, sent)
       select $1, $2, arm, $12, count(*) from settled where wave is not null and status = 'sent' group by arm
           on conflict (run_no, step, arm, slot) do update set sent = t.sent + excluded.sent
     )
     update deliveries d
        set (status, attempts, settled_at) = (
          select coalesce(why, 'sending'), d.attempts + case when why is null then 1 else 0 end,
                 case when why is not null then $4::timestamptz end
            from (select case when c.id is null then 'invalid'
                              when (select true from suppressions s where s.address_hash = c.address_hash limit 1) then 'suppressed'
                              when c.consent <> 'granted' then 'unconsented' end as why
                    from (values (d.contact_id)) addressee(id) left join contacts c on c.id = addressee.id) hindrance)
      where d.run_no = $1 and d.step = $2 and d.seq = any($11::int[]) and d.channel = 'email'
        and d.claim_token = $3 and d.status = 'claimed'
        and (select dispatch from runs where no = $1) = 'open'
     returning d.seq, d.status`,
    [
      request.runNo,
      request.step,
      request.claimToken,
      request.now,
      request.settle.map(({ seq }) => seq),
      request.settle.map(({ status }) => status),
      request.settle.map(({ dueAt }) => dueAt ?? null),
      request.settle.map(({ code }) => code ?? null),
      request.settle.map(({ detail }) => detail ?? null),
      request.settle.map(({ platformRef }) => platformRef ?? null),
      request.begin,
      slotOf(request.claimToken),
    ],
  );
  const seqsOf = (isBegun: boolean) =>
    rows.filter(({ status }) => (status === 'sending') === isBegun).map(({ seq }) => seq);
  return { begun: seqsOf(true), hindered: seqsOf(false) };
}

/** Lanes write tallies of their own, so that none waits for another's transaction. */
function slotOf(claimToken: string): number {
  return Number.parseInt(claimToken.slice(0, 2), 16) % 64;
}

/** The answer that stands at the delivery's place in the arrays: rows are found by key alone, whatever the planner knows. */
function answer(parameter: string, type: string): string {
  return `($${parameter}::${type}[])[array_position($5::int[], d.seq)]`;
}

/** Gives back what was claimed but not begun, so that the next sweep finds it at once. */
export async function releaseClaims(
  queryable: Queryable,
  request: StepRef & { claimToken: string; now: Date },
  range: SeqRange,
): Promise<void> {
  await queryable.query(
    `update deliveries set status = 'waiting', due_at = $4, claim_token = null, claimed_at = null
      where run_no = $1 and step = $2 and seq between $5 and $6 and channel = 'email' and status = 'claimed' and claim_token = $3`,
    [request.runNo, request.step, request.claimToken, request.now, range.from, range.to],
  );
}

/** Whoever waits for a moment is judged anew at the next sweep: a changed file may have moved the moment, or lifted it. */
export async function judgeWaitingAnew(
  queryable: Queryable,
  { runNo, step, now }: StepRef & { now: Date },
): Promise<void> {
  await queryable.query(
    `update deliveries set due_at = $3
      where run_no = $1 and step = $2 and channel = 'email' and status = 'waiting' and due_at > $3`,
    [runNo, step, now],
  );
}

/**
 * Marks as in doubt what a worker, by now taken for dead, had handed to the platform without settling it.
 * @returns keys of the rows that came into doubt, for platforms that can look a message up
 */
export async function markOrphansInDoubt(
  queryable: Queryable,
  request: StepRef & { claimToken: string; now: Date },
  range: SeqRange,
): Promise<number[]> {
  const { rows } = await queryable.query<{ seq: number }>(
    `update deliveries set status = 'in_doubt', settled_at = $4, detail = 'the worker ended before the platform''s answer was recorded'
      where run_no = $1 and step = $2 and seq between $5 and $6 and channel = 'email'
        and status = 'sending' and claim_token is distinct from $3
      returning seq`,
    [request.runNo, request.step, request.claimToken, request.now, range.from, range.to],
  );
  return rows.map(({ seq }) => seq);
}

/**
 * Ends a range: whatever is still open becomes `as`, whatever was handed over without an answer comes into doubt.
 */
export async function closeDeliveries(
  database: Database,
  request: StepRef & { range: SeqRange; now: Date; as: 'late' | 'cancelled'; detail: string },
): Promise<void> {
  await transaction(database, async (client) => {
    await markOrphansInDoubt(client, { ...request, claimToken: nobody }, request.range);
    await client.query(
      `insert into deliveries as d (run_no, step, seq, channel, contact_id, status, settled_at, detail)
       select m.run_no, $2, m.seq, 'email', m.contact_id, case when m.arm = 'holdout' then 'held_out' else $5 end, $6, $7
         from members m
        where m.run_no = $1 and m.seq between $3 and $4
           on conflict (run_no, step, seq, channel) do update
          set status = excluded.status, settled_at = excluded.settled_at, detail = excluded.detail, due_at = null, claim_token = null
        where d.status in ('waiting', 'claimed', 'released')`,
      [request.runNo, request.step, request.range.from, request.range.to, request.as, request.now, request.detail],
    );
  });
}

const nobody = '00000000-0000-0000-0000-000000000000';
