/** Cheap counts beside the measuring of metrics: how much is ripe, and what the monitors of a running wave look at. */
import type { EventKind, MetricEvent } from '../definition/resolved-measuring';
import { one, type Queryable } from './database';

export interface Ripeness {
  /** Members reached so far; the holdout is not among them. */
  delivered: number;
  /** Of those, members whose attribution window has closed. */
  matured: number;
  /** When the next of them matures, and when the last does; absent when all have. */
  nextMaturesAt?: Date;
  lastMaturesAt?: Date;
  /** When as many as `wanted` will have matured, of those reached so far; absent when that many have, or are not reached. */
  wantedMaturesAt?: Date;
}

/** How far the deliveries of a step have matured. One pass over the rows of the step, nothing else. */
export async function countRipe(
  queryable: Queryable,
  request: { runNo: number; step: string; windowMs: number; now: Date; sinceWave?: number; wanted?: number },
): Promise<Ripeness> {
  const { runNo, step, windowMs, now, sinceWave, wanted } = request;
  const opened = new Date(now.getTime() - windowMs);
  const where = `run_no = $1 and step = $2 and channel = 'email' and status = 'sent' and settled_at <= $3 ${sinceWave === undefined ? '' : 'and wave >= $5'}`;
  const values = [runNo, step, now, opened, ...(sinceWave === undefined ? [] : [sinceWave])];
  const { delivered, matured, next, last } = await one<{
    delivered: number;
    matured: number;
    next: Date | null;
    last: Date | null;
  }>(
    queryable,
    `select count(*)::int as delivered, count(*) filter (where settled_at <= $4)::int as matured,
            min(settled_at) filter (where settled_at > $4) as next, max(settled_at) filter (where settled_at > $4) as last
       from deliveries where ${where}`,
    values,
  );
  const ripeAt = (settled: Date | null | undefined) => (settled ? new Date(settled.getTime() + windowMs) : undefined);
  const isAhead = wanted !== undefined && wanted > matured && wanted <= delivered;
  const { rows } = isAhead
    ? await queryable.query<{ settled: Date }>(
        `select settled_at as settled from deliveries where ${where} and settled_at > $4 order by settled_at offset $${values.length + 1} limit 1`,
        [...values, wanted - matured - 1],
      )
    : { rows: [] };
  return {
    delivered,
    matured,
    ...withoutAbsent({
      nextMaturesAt: ripeAt(next),
      lastMaturesAt: ripeAt(last),
      wantedMaturesAt: ripeAt(rows[0]?.settled),
    }),
  };
}

function withoutAbsent<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/**
 * Events of a kind that count for the deliveries of a step so far, mature or not: how many by people, how many by programs
 * that look into mail.
 */
export async function countEvents(
  queryable: Queryable,
  request: { runNo: number; step: string; events: MetricEvent; windowMs: number; now: Date },
): Promise<{ events: number; bots: number }> {
  const { runNo, step, events, windowMs, now } = request;
  const kinds: EventKind[] = events === 'revenue' ? ['converted', 'revenue'] : [events];
  return one<{ events: number; bots: number }>(
    queryable,
    `select count(*) filter (where not e.is_bot)::int as events, count(*) filter (where e.is_bot)::int as bots
       from events e
       join deliveries d on d.contact_id = e.contact_id
      where d.run_no = $1 and d.step = $2 and d.channel = 'email' and d.status in ('sent', 'failed') and d.settled_at <= $4
        and e.contact_id is not null and e.kind = any($3::event_kind[]) and e.occurred_at <= $4
        and ((e.run_no = $1 and (e.step is null or e.step = $2) and (d.status = 'sent' or e.kind = 'bounced'))
             or (e.run_no is null and e.occurred_at >= d.settled_at and d.status = 'sent'))
        and e.occurred_at < d.settled_at + $5::interval`,
    [runNo, step, kinds, now, `${windowMs} milliseconds`],
  );
}

export interface MonitorCounts {
  /** Messages sent; together with those refused for good where bounces are counted. */
  n: number;
  /** Members with at least one such event. */
  members: number;
}

/**
 * What the guardrails of a running wave look at, kind by kind and arm by arm; cheap enough for every page of a delivery.
 * Reads the tallies (or counts, for a step without them), and the few rows that such events are about.
 * @returns by kind, then by arm
 */
export async function monitorCounts(
  queryable: Queryable,
  request: { runNo: number; step: string; kinds: readonly EventKind[]; now: Date },
): Promise<Record<string, Record<string, MonitorCounts>>> {
  const { runNo, step, kinds, now } = request;
  const [tallies, hits] = await Promise.all([
    queryable.query<{ arm: string; sent: number }>(
      `with tallied as (
         select arm, sum(sent)::int as sent from delivery_tallies where run_no = $1 and step = $2 group by arm
       )
       select arm, sent from tallied
       union all
       select 'all', count(*)::int from deliveries
        where not exists (select from tallied) and run_no = $1 and step = $2 and channel = 'email' and status = 'sent'
       having count(*) > 0`,
      [runNo, step],
    ),
    queryable.query<{ kind: string; arm: string; members: number; unsent: number }>(monitorStatement, [
      runNo,
      step,
      kinds,
      now,
    ]),
  ]);
  const counts: Record<string, Record<string, MonitorCounts>> = {};
  for (const kind of kinds)
    counts[kind] = Object.fromEntries(tallies.rows.map(({ arm, sent }) => [arm, { n: sent, members: 0 }]));
  for (const { kind, arm, members, unsent } of hits.rows) {
    const arms = counts[kind] ?? {};
    arms[arm] = { n: (arms[arm]?.n ?? 0) + unsent, members };
    counts[kind] = arms;
  }
  return counts;
}

/** Events that name the delivery, and those that name nobody's delivery but happened to one of its people afterwards. */
const monitorStatement = `
  with named as (
    select e.kind, e.seq, e.contact_id, e.occurred_at, true as own from events e
     where e.run_no = $1 and (e.step is null or e.step = $2) and e.kind = any($3::event_kind[]) and e.occurred_at <= $4 and not e.is_bot
  ),
  unnamed as (
    select e.kind, null::int as seq, e.contact_id, e.occurred_at, false as own from events e
     where e.kind = any($3::event_kind[]) and e.contact_id is not null and e.run_no is null and e.occurred_at <= $4 and not e.is_bot
       and e.occurred_at >= (select applied_at from runs where no = $1)
  ),
  hit as (
    select distinct e.kind, d.seq, d.arm, d.status
      from (select * from named union all select * from unnamed) e
     cross join lateral (
       select m.seq, coalesce(m.arm, 'all') as arm, m.status, m.settled_at from deliveries m
        where m.run_no = $1 and m.step = $2 and m.channel = 'email' and m.contact_id = e.contact_id and m.claimed_at is not null
        limit 1) d
     where d.status = 'sent' and (e.own or e.occurred_at >= d.settled_at)
        or d.status in ('sending', 'failed') and e.own and e.kind = 'bounced'
  )
  select kind, arm, count(*)::int as members, count(*) filter (where status <> 'sent')::int as unsent
    from hit group by kind, arm`;
