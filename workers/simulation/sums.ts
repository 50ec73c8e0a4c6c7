/** Sums over a simulated run's books, sorted, so that the same run reads the same. */
import type { Instant, Money, ResolvedCampaign } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import type { ArmMoney, SimulatedRun, VisitorCounts, WaveSends } from '../../simulation/result';

export async function readWaveSends(database: Database, { runNo }: { runNo: number }): Promise<WaveSends[]> {
  const { rows } = await database.query<{
    step: string;
    wave: number;
    at: Date;
    arm: string;
    members: number;
    sent: number;
  }>(
    `select d.step, coalesce(d.wave, 1)::int as wave,
            coalesce((select w.released_at from waves w where w.run_no = $1 and w.step = d.step and w.wave = d.wave), min(d.settled_at)) as at,
            coalesce(d.arm, case when d.status = 'held_out' then 'holdout' else 'all' end) as arm,
            count(*)::int as members, count(*) filter (where d.status = 'sent')::int as sent
       from deliveries d
      where d.run_no = $1
        -- Without a wave are those of a step that goes to all at once, and those whom no wave reached.
        and (d.wave is not null or d.step in (select step from deliveries where run_no = $1 and wave is null and claimed_at is not null))
      group by d.step, d.wave, 4
      order by min(d.settled_at), d.step, wave, arm`,
    [runNo],
  );
  const waves = new Map<string, WaveSends>();
  for (const { step, wave, at, arm, members, sent } of rows) {
    const key = `${step}/${wave}`;
    const known = waves.get(key) ?? { step, wave, releasedAt: at.toISOString(), arms: {} };
    known.arms[arm] = { members, sent };
    waves.set(key, known);
  }
  return [...waves.values()]
    .map((wave) => ({ ...wave, arms: Object.fromEntries(Object.entries(wave.arms).sort(byName)) }))
    .sort((a, b) => (a.step < b.step ? -1 : a.step > b.step ? 1 : a.wave - b.wave));
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Once everything has come in, refunds too. */
export async function armMoney(database: Database, { runNo }: { runNo: number }): Promise<ArmMoney[]> {
  const { rows } = await database.query<{
    step: string;
    arm: string;
    currency: string | null;
    orders: number;
    revenue: string;
    refunds: string;
  }>(
    `select d.step, coalesce(d.arm, 'all') as arm, e.currency,
            count(*) filter (where e.kind = 'converted')::int as orders,
            coalesce(sum(e.amount_micros) filter (where e.kind in ('converted', 'revenue')), 0)::text as revenue,
            coalesce(sum(e.amount_micros) filter (where e.kind = 'refund'), 0)::text as refunds
       from deliveries d
       join events e on e.run_no = d.run_no and e.step = d.step and e.seq = d.seq and e.kind in ('converted', 'revenue', 'refund')
      where d.run_no = $1 group by 1, 2, 3 order by 1, 2, 3`,
    [runNo],
  );
  const { rows: sends } = await database.query<{ step: string; arm: string; sent: number }>(
    `select step, coalesce(arm, 'all') as arm, count(*)::int as sent from deliveries
      where run_no = $1 and status = 'sent' group by 1, 2 order by 1, 2`,
    [runNo],
  );
  return sends.map(({ step, arm, sent }) => {
    const own = rows.filter((row) => row.step === step && row.arm === arm);
    const money = (of: 'revenue' | 'refunds'): Money[] =>
      own.flatMap((row) =>
        row.currency === null || row[of] === '0' ? [] : [{ currency: row.currency, micros: Number(row[of]) }],
      );
    return {
      step,
      arm,
      sent,
      orders: own.reduce((sum, { orders }) => sum + orders, 0),
      revenue: money('revenue'),
      refunds: money('refunds'),
    };
  });
}

export async function perDay(
  database: Database,
  { runNo, began }: { runNo: number; began: Instant },
): Promise<SimulatedRun['perDay']> {
  const { rows } = await database.query<{ day: number; sent: number; converted: number }>(
    `select day, sum(sent)::int as sent, sum(converted)::int as converted from (
       select floor(extract(epoch from settled_at - $2::timestamptz) / 86400)::int as day, 1 as sent, 0 as converted
         from deliveries where run_no = $1 and status = 'sent'
       union all
       select floor(extract(epoch from occurred_at - $2::timestamptz) / 86400)::int, 0, 1 from events where kind = 'converted'
     ) happened group by day order by day`,
    [runNo, began],
  );
  const days = new Map(rows.map((row) => [row.day, row]));
  const last = Math.max(-1, ...days.keys());
  return Array.from({ length: last + 1 }, (_, day) => days.get(day) ?? { day, sent: 0, converted: 0 });
}

export async function visitorCounts(database: Database, campaign: ResolvedCampaign): Promise<VisitorCounts[]> {
  const counts: VisitorCounts[] = [];
  for (const step of campaign.steps) {
    if (step.kind !== 'experiment') continue;
    const { rows } = await database.query<{ arm: string; exposed: number; converted: number }>(
      `select x.arm, count(*)::int as exposed,
              count(*) filter (where exists (select from events c where c.unit = x.unit and c.kind = 'converted'))::int as converted
         from events x where x.kind = 'exposed' and x.step = $1 group by x.arm order by x.arm`,
      [step.experiment.flag],
    );
    counts.push({
      step: step.id,
      visitors: rows.reduce((sum, { exposed }) => sum + exposed, 0),
      arms: Object.fromEntries(rows.map(({ arm, exposed, converted }) => [arm, { exposed, converted }])),
    });
  }
  return counts;
}
