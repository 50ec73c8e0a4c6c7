/** The numbers of each delivery step of a run, counted from the rows: a few statements for all steps together. */
import type { ResolvedCampaign } from '../definition/resolved';
import type { Books } from '../definition/run-status';
import type { ArmReport, Balance, Rate, RefusalReport, StepReport } from '../reports/run-report';
import { booksBalance, stepBooks } from './books';
import type { Database } from './database';
import { stepsTaken } from './journeys/followed';
import type { RunRow } from './runs';

/** In the order of the campaign file; then those of newer files that journeys followed. */
export async function stepReports(
  database: Database,
  { run, campaign }: { run: RunRow; campaign: ResolvedCampaign },
): Promise<StepReport[]> {
  const taken = await stepsTaken(database, { no: run.no, campaign, revision: run.revision });
  const ids = taken.flatMap(({ step: { id, kind } }) => (kind === 'email' ? [id] : []));
  const [books, arms, zones, refusals, overTime] = await Promise.all([
    Promise.all(ids.map((step) => stepBooks(database, { runNo: run.no, step }))),
    readArms(database, run.no, ids),
    readZones(database, run.no, ids),
    readRefusals(database, run.no),
    readSentOverTime(database, run.no, campaign.schedule.timezone),
  ]);
  return ids.map((step, index) => {
    const numbers = books[index] as Books;
    const handedOver = numbers.sent + numbers.failed + numbers.inDoubt;
    const times = overTime.filter((row) => row.step === step);
    return {
      step,
      balance: balanceOf(numbers, run),
      books: numbers,
      rates: {
        sent: rate(numbers.sent, numbers.targeted),
        failed: rate(numbers.failed, handedOver),
        inDoubt: rate(numbers.inDoubt, handedOver),
      },
      arms: of(arms, step),
      refusals: of(refusals, step),
      ...(times[0] && {
        overTime: {
          bucketMs: times[0].bucketMs,
          buckets: times.map(({ from, sent }) => ({ from: from.toISOString(), sent })),
        },
      }),
      timeZones: of(zones, step),
    };
  });
}

/** A negative rest means rows of members that do not exist. */
function balanceOf(books: Books, run: RunRow): Balance {
  if (booksBalance(books)) return 'balanced';
  return run.finishedAt === null && books.open > 0 ? 'open' : 'unbalanced';
}

export function rate(count: number, total: number): Rate {
  return { count, of: total, ...(total > 0 && { share: count / total }) };
}

type OfStep<T> = T & { step: string };

function of<T>(rows: readonly OfStep<T>[], wanted: string): T[] {
  return rows.filter(({ step }) => step === wanted).map(({ step: _step, ...rest }) => rest as T);
}

async function readArms(database: Database, runNo: number, steps: readonly string[]): Promise<OfStep<ArmReport>[]> {
  const { rows } = await database.query<OfStep<ArmReport>>(
    `select s.step, coalesce(d.arm, m.arm) as arm, count(*)::int as targeted,
            count(*) filter (where d.status = 'sent')::int as sent,
            count(*) filter (where d.status = 'failed')::int as failed,
            count(*) filter (where d.status = 'in_doubt')::int as "inDoubt"
       from unnest($2::text[]) s(step)
       join members m on m.run_no = $1
       left join deliveries d on d.run_no = $1 and d.step = s.step and d.seq = m.seq and d.channel = 'email'
      group by 1, 2
      order by 1, coalesce(d.arm, m.arm) = 'holdout', 2`,
    [runNo, steps],
  );
  return rows;
}

const mostZones = 10;

async function readZones(
  database: Database,
  runNo: number,
  steps: readonly string[],
): Promise<OfStep<StepReport['timeZones'][number]>[]> {
  const { rows } = await database.query<OfStep<StepReport['timeZones'][number]>>(
    `with zone as (
       select time_zone, row_number() over (order by count(*) desc, time_zone) as place
         from members where run_no = $1 group by time_zone),
     shown as (select time_zone, case when place <= $3 then time_zone else 'other' end as zone, least(place, $3 + 1) as place from zone)
     select s.step, shown.zone, count(*)::int as targeted, count(*) filter (where d.status = 'sent')::int as sent
       from unnest($2::text[]) s(step)
       join members m on m.run_no = $1
       join shown using (time_zone)
       left join deliveries d on d.run_no = $1 and d.step = s.step and d.seq = m.seq and d.channel = 'email'
      group by s.step, shown.zone, shown.place
      order by s.step, shown.place`,
    [runNo, steps, mostZones],
  );
  return rows;
}

async function readRefusals(database: Database, runNo: number): Promise<OfStep<RefusalReport>[]> {
  const { rows } = await database.query<{ step: string; code: number | null; status: string | null; count: number }>(
    `select step, code, substring(detail from '\\m[245]\\.\\d{1,3}\\.\\d{1,3}\\M') as status, count(*)::int as count
       from deliveries where run_no = $1 and status = 'failed'
      group by 1, 2, 3
      order by step, count desc, code nulls last, status nulls last`,
    [runNo],
  );
  return rows.map(({ code, status, ...row }) => ({
    ...row,
    ...(code !== null && { code }),
    ...(status !== null && { status }),
  }));
}

/** Widths a chart's bars may have, in seconds; the narrowest that gives at most `mostBuckets` is taken. */
const bucketSeconds = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400];
const mostBuckets = 48;

/** Buckets begin with midnight of the zone. Those in which nothing was sent are rows too: a pause shows as a gap. */
async function readSentOverTime(
  database: Database,
  runNo: number,
  timeZone: string,
): Promise<{ step: string; bucketMs: number; from: Date; sent: number }[]> {
  const { rows } = await database.query<{ step: string; bucketMs: number; from: Date; sent: number }>(
    `with span as (
       select step, min(settled_at) as low, max(settled_at) as high
         from deliveries where run_no = $1 and status = 'sent' group by step),
     width as (
       select step, low, high, date_trunc('day', low, $5) as origin, (
                select make_interval(secs => w) from unnest($2::int[]) w
                 where extract(epoch from high - low) / w < $3 - 1 or w = $4 order by w limit 1) as bucket
         from span),
     bucket as (
       select step, bucket, start
         from width, generate_series(date_bin(bucket, low, origin), high, bucket) start),
     sent as (
       select d.step, date_bin(w.bucket, d.settled_at, w.origin) as start, count(*)::int as sent
         from deliveries d join width w using (step)
        where d.run_no = $1 and d.status = 'sent'
        group by 1, 2)
     select b.step, (extract(epoch from b.bucket) * 1000)::float8 as "bucketMs", b.start as from, coalesce(s.sent, 0) as sent
       from bucket b left join sent s on s.step = b.step and s.start = b.start
      order by b.step, b.start`,
    [runNo, bucketSeconds, mostBuckets, bucketSeconds.at(-1), timeZone],
  );
  return rows;
}
