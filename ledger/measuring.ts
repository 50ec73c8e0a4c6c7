/**
 * Metrics measured over the members of a delivery step: sufficient statistics per arm, and per wave. Members count from
 * the moment their delivery was settled (the held-out ones from the moment they were passed over), and only those whose
 * attribution window has closed are measured.
 */
import type { ArmStatistics, CovariateMoments } from '../decisions/evidence';
import type { ResolvedMetric } from '../definition/resolved-measuring';
import { MeasurementError } from '../errors/measurement-error';
import { type Database, one, type Queryable, transaction } from './database';
import {
  countsBounces,
  type MeasuredRow,
  measureStatement,
  type Population,
  type StatementRequest,
} from './measuring-statement';
import { type BookMetric, bookMetric } from './metric-terms';

export interface StepMeasuring {
  runNo: number;
  step: string;
  /** The run's clock: nothing later is seen. */
  now: Date;
  /** Only waves of this epoch of the experiment. */
  epoch?: string;
  /** Only this wave and later ones. */
  sinceWave?: number;
  /** false: everybody reached so far, mature or not, for monitors of safety. Default true. */
  matured?: boolean;
}

/**
 * Statistics of one arm. For money Σy is in units of the currency (not micros) and Σy² in their squares; for proportions
 * y is 0 or 1; for counts it is a number of events.
 */
export interface MeasuredArm extends ArmStatistics {
  /** Members reached (or held out) so far. */
  delivered: number;
  /** Of those, members whose window has closed. */
  matured: number;
  /** Of the members measured, those with at least one event that counts. */
  withEvents: number;
}

export interface MeasuredWave {
  wave: string;
  /** Share with which each arm was drawn in this wave. */
  propensity: Record<string, number>;
  arms: Record<string, MeasuredArm>;
}

export interface Measured {
  /** By arm; `all` where there are no arms, `holdout` for those who got nothing. */
  arms: Record<string, MeasuredArm>;
  /** Oldest first; empty for a step that is not released in waves. */
  waves: MeasuredWave[];
  /** Of money; absent where there was none, and for everything else. */
  currency?: string;
}

/** @throws MeasurementError as `measureMetrics` */
export async function measureMetric(
  database: Database,
  request: StepMeasuring & { metric: ResolvedMetric },
): Promise<Measured> {
  const { metric, ...step } = request;
  const measured = await measureMetrics(database, { ...step, metrics: [metric] });
  return measured.get(metric.name) ?? { arms: {}, waves: [] };
}

/**
 * Measures several metrics in one pass over members and events.
 * @returns by name of the metric
 * @throws MeasurementError when a metric does not count events of the book, or counts money in more than one currency
 */
export async function measureMetrics(
  database: Database,
  request: StepMeasuring & { metrics: readonly ResolvedMetric[] },
): Promise<Map<string, Measured>> {
  const metrics = request.metrics.map(bookMetric);
  const { now, matured } = request;
  const withRefused = metrics.some(countsBounces);
  return measurePopulation(database, {
    population: membersReached({ ...request, withRefused, parts: await partsOf(database, request) }),
    metrics,
    now,
    matured,
    propensities: (queryable) => propensitiesOf(queryable, request),
  });
}

/** Whoever a step reached, or held out, by now. */
function membersReached(request: StepMeasuring & { withRefused: boolean; parts: string[] }): Population {
  const { runNo, step, sinceWave, epoch, withRefused, parts } = request;
  return {
    key: 'contact_id',
    parts,
    own: (parameter) =>
      `coalesce(run_no = ${parameter(runNo, 'int')} and (step is null or step = ${parameter(step, 'text')}), false)`,
    members({ parameter, now, part }) {
      const stepOf = `run_no = ${parameter(runNo, 'int')} and step = ${parameter(step, 'text')}`;
      const waves = [
        ...(sinceWave === undefined ? [] : [`and wave >= ${parameter(sinceWave, 'int')}`]),
        ...(epoch === undefined
          ? []
          : [`and wave in (select wave from waves where ${stepOf} and epoch = ${parameter(epoch, 'text')})`]),
      ];
      return `
        select contact_id as key, settled_at, coalesce(wave, 0) as wave, status = 'failed' as failed,
               case when status = 'held_out' then 'holdout' else coalesce(arm, 'all') end as arm
          from deliveries
         where ${stepOf} and ${part} and channel = 'email' and settled_at <= ${now}
           and status in ('sent', 'held_out'${withRefused ? ", 'failed'" : ''}) ${waves.join(' ')}`;
    },
  };
}

/** Members are numbered in the order of a hash, so the first thousand of them tell where the middle of all is. */
async function partsOf(queryable: Queryable, { runNo, step }: StepMeasuring): Promise<string[]> {
  const { reached, middle } = await one<{ reached: number | null; middle: string | null }>(
    queryable,
    `select (select max(seq) from deliveries where run_no = $1 and step = $2) as reached,
            (select percentile_disc(0.5) within group (order by contact_id)
               from (select contact_id from deliveries where run_no = $1 and step = $2 order by seq limit 1001) first) as middle`,
    [runNo, step],
  );
  if (middle === null || (reached ?? 0) < many) return ['true'];
  return [`contact_id <= ${BigInt(middle)}`, `contact_id > ${BigInt(middle)}`];
}

/** Measures metrics over a population, the parts of it side by side. */
export async function measurePopulation(
  database: Database,
  request: StatementRequest & { propensities?: (queryable: Queryable) => Promise<Map<number, Record<string, number>>> },
): Promise<Map<string, Measured>> {
  const { metrics } = request;
  if (metrics.length === 0) return new Map();
  const { parts } = request.population;
  const measurePart = async (part: string) =>
    transaction(database, async (client) => {
      await client.query(`set transaction read only; ${parts.length > 1 ? settingsForMany : ''}`);
      const { text, values } = measureStatement(request, part);
      return (await client.query<MeasuredRow>(text, values)).rows;
    });
  const rows = (await Promise.all(parts.map(measurePart))).flat().sort((a, b) => a.wave - b.wave);
  const propensities = (await request.propensities?.(database)) ?? new Map();
  return new Map(
    metrics.map((metric, index) => [metric.name, measuredOf({ metric, index, rows, propensities })] as const),
  );
}

/** From so many members on, going through all events once is quicker than looking up those of each member. */
export const many = 10_000;

/**
 * Many members and their events are sorted and gone through in one order: a hash table of millions of rows fits into no
 * cache, and is slower. Whatever the planner believes to know of tables that have just been filled.
 */
const settingsForMany = `
  set local work_mem = '48MB';
  set local enable_hashjoin = off;
  set local enable_nestloop = off;
  set local enable_bitmapscan = off;
  set local max_parallel_workers_per_gather = 0;`;

async function propensitiesOf(
  queryable: Queryable,
  { runNo, step }: Pick<StepMeasuring, 'runNo' | 'step'>,
): Promise<Map<number, Record<string, number>>> {
  const { rows } = await queryable.query<{ wave: number; weights: Record<string, number> }>(
    'select wave, weights from waves where run_no = $1 and step = $2',
    [runNo, step],
  );
  return new Map(rows.map(({ wave, weights }) => [wave, weights]));
}

function measuredOf(given: {
  metric: BookMetric;
  index: number;
  rows: readonly MeasuredRow[];
  propensities: Map<number, Record<string, number>>;
}): Measured {
  const { metric, index, rows, propensities } = given;
  const currency = currencyOf(metric, { index, rows });
  const arms: Record<string, MeasuredArm> = {};
  const waves = new Map<number, MeasuredWave>();
  for (const row of rows) {
    const measured = armOf(metric, { index, row });
    if (measured.delivered === 0 && measured.n === 0) continue;
    arms[row.arm] = added(arms[row.arm], measured);
    if (row.wave === 0) continue;
    const wave = waves.get(row.wave) ?? {
      wave: String(row.wave),
      propensity: propensities.get(row.wave) ?? {},
      arms: {},
    };
    wave.arms[row.arm] = added(wave.arms[row.arm], measured);
    waves.set(row.wave, wave);
  }
  return { arms, waves: [...waves.values()], ...(currency !== undefined && { currency }) };
}

function armOf(metric: BookMetric, { index: i, row }: { index: number; row: MeasuredRow }): MeasuredArm {
  return {
    n: (row[`n${i}`] ?? 0) + (row[`bounced${i}`] ?? 0),
    sum: row[`s${i}`] ?? 0,
    sumSquares: row[`ss${i}`] ?? 0,
    delivered: row.delivered,
    matured: row[`matured${i}`] ?? 0,
    withEvents: row[`with${i}`] ?? 0,
    ...(metric.covariateMs !== undefined && {
      covariate: { sum: row[`x${i}`] ?? 0, sumSquares: row[`xx${i}`] ?? 0, cross: row[`xy${i}`] ?? 0 },
    }),
    ...(metric.denominator !== undefined && {
      denominator: { sum: row[`d${i}`] ?? 0, sumSquares: row[`dd${i}`] ?? 0, cross: row[`dy${i}`] ?? 0 },
    }),
  };
}

function added(one: MeasuredArm | undefined, other: MeasuredArm): MeasuredArm {
  if (one === undefined) return other;
  return {
    n: one.n + other.n,
    sum: one.sum + other.sum,
    sumSquares: one.sumSquares + other.sumSquares,
    delivered: one.delivered + other.delivered,
    matured: one.matured + other.matured,
    withEvents: one.withEvents + other.withEvents,
    ...(one.covariate && other.covariate && { covariate: moments(one.covariate, other.covariate) }),
    ...(one.denominator && other.denominator && { denominator: moments(one.denominator, other.denominator) }),
  };
}

function moments(one: CovariateMoments, other: CovariateMoments): CovariateMoments {
  return {
    sum: one.sum + other.sum,
    sumSquares: one.sumSquares + other.sumSquares,
    cross: one.cross + other.cross,
  };
}

/** @throws MeasurementError when the money is of more than one currency, or of another than the cap's */
function currencyOf(
  { name, cap, value, denominator }: BookMetric,
  { index, rows }: { index: number; rows: readonly MeasuredRow[] },
): string | undefined {
  if (value.of !== 'money' && denominator?.of !== 'money') return undefined;
  const found = rows.flatMap((row) => [row[`currencyFrom${index}`] ?? [], row[`currencyTo${index}`] ?? []].flat());
  const foreign = [...new Set(found)].sort().filter((currency) => currency !== (cap?.currency ?? found[0]));
  if (foreign.length === 0) return cap?.currency ?? found[0];
  const counts = cap ? `is counted in ${cap.currency}` : `has events in ${found[0]}`;
  throw new MeasurementError(`metric ${name} ${counts}, but there are events in ${foreign.join(', ')} too`, {
    mayPass: false,
  });
}
