/**
 * Metrics of a web experiment, measured over visitors. A visitor counts from their first exposure to the flag, which also
 * decides their arm; being shown another arm later is counted, because too much of it makes the data worthless.
 */
import type { ResolvedMetric } from '../definition/resolved-measuring';
import type { Database, Queryable } from './database';
import { type Measured, many, measurePopulation } from './measuring';
import type { Population } from './measuring-statement';
import { bookMetric } from './metric-terms';

export interface FlagRef {
  flag: string;
  /** Start of the experiment: what was shown before does not count. */
  since: Date;
  /** The run's clock: nothing later is seen. */
  now: Date;
}

export interface Exposures {
  /** Visitors by the arm they saw first. */
  arms: Record<string, number>;
  units: number;
  /** Visitors who saw more than one arm. */
  multiple: number;
}

export async function countExposures(queryable: Queryable, { flag, since, now }: FlagRef): Promise<Exposures> {
  const { rows } = await queryable.query<{ arm: string; units: number; multiple: number }>(
    `select arm, count(*)::int as units, count(*) filter (where arms > 1)::int as multiple
       from (${firstExposures({ flag: '$1', since: '$2', now: '$3', part: 'true' })}) first group by arm order by arm`,
    [flag, since, now],
  );
  const total = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    arms: Object.fromEntries(rows.map(({ arm, units }) => [arm, units])),
    units: total(({ units }) => units),
    multiple: total(({ multiple }) => multiple),
  };
}

/** Of two exposures at the same moment the one with the smaller id is the first, so that the answer does not depend on luck. */
const firstExposures = ({ flag, since, now, part }: { flag: string; since: string; now: string; part: string }) => `
  select unit, min(occurred_at) as first_at, (array_agg(arm order by occurred_at, source, id))[1] as arm, count(distinct arm)::int as arms
    from events
   where kind = 'exposed' and step = ${flag} and unit is not null and occurred_at >= ${since} and occurred_at <= ${now} and not is_bot and ${part}
   group by unit`;

/**
 * Measures metrics over the visitors of a flag; what they did is told by events with the same `unit`.
 * @returns by name of the metric; there are no waves
 * @throws MeasurementError as `measureMetrics`
 */
export async function measureExposed(
  database: Database,
  request: FlagRef & { metrics: readonly ResolvedMetric[]; matured?: boolean },
): Promise<Map<string, Measured>> {
  const { now, matured } = request;
  const metrics = request.metrics.map(bookMetric);
  const parts = await partsOf(database, request);
  return measurePopulation(database, { population: visitors({ ...request, parts }), metrics, now, matured });
}

/** Units are hashes in base64url: half of them begin with a character before `U`. */
async function partsOf(queryable: Queryable, { flag, since }: FlagRef): Promise<string[]> {
  const { rows } = await queryable.query(
    `select from events where kind = 'exposed' and step = $1 and occurred_at >= $2 offset $3 limit 1`,
    [flag, since, many],
  );
  return rows.length === 0 ? ['true'] : [`unit collate "C" < 'U'`, `unit collate "C" >= 'U'`];
}

function visitors({ flag, since, parts }: FlagRef & { parts: string[] }): Population {
  return {
    key: 'unit',
    parts,
    own: () => 'false',
    members: ({ parameter, now, part }) => `
      select unit as key, first_at as settled_at, 0 as wave, false as failed, arm
        from (${firstExposures({ flag: parameter(flag, 'text'), since: parameter(since, 'timestamptz'), now, part })}) first`,
  };
}
