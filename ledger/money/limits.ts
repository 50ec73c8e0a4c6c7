/** Limits over time: how much may be reserved within any window, by all campaigns together or by one line of a run. */
import type { ResolvedBudget } from '../../definition/resolved-measuring';
import type { MoneyCap } from '../../definition/workspace-types';
import { one, type Queryable } from '../database';

/** Scope of the caps of volante.yaml. */
export const globalScope = 'global';

const hourMs = 3600_000;

/** The hour in which something counts. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / hourMs) * hourMs);
}

/** A line of one run, for its `pacing`. What it reserves is counted whether there is a limit or not, for one that comes later. */
export function lineScope({ runNo, line }: { runNo: number; line: string }): string {
  return `${runNo}:${line}`;
}

/** Makes the caps of volante.yaml those that the database holds everybody to. */
export function setMoneyCaps(queryable: Queryable, caps: readonly MoneyCap[]): Promise<void> {
  return setLimits(
    queryable,
    [globalScope],
    caps.map((cap) => ({ scope: globalScope, ...cap })),
  );
}

/** Makes the pace of each line of a run what its file says now; a line without one waits for nothing. */
export async function setPacing(
  queryable: Queryable,
  { runNo, budget }: { runNo: number; budget?: ResolvedBudget },
): Promise<void> {
  const scopeOf = (line: string) => lineScope({ runNo, line });
  await setLimits(
    queryable,
    Object.keys(budget?.lines ?? {}).map(scopeOf),
    Object.entries(budget?.pacing ?? {}).map(([line, pace]) => ({ scope: scopeOf(line), ...pace })),
  );
}

/** Leaves alone what is as it should be: this is said with every code of a journey, and mostly it changes nothing. */
async function setLimits(
  queryable: Queryable,
  scopes: readonly string[],
  caps: readonly (MoneyCap & { scope: string })[],
): Promise<void> {
  if (scopes.length === 0) return;
  await queryable.query(
    `with said as (
       select * from unnest($2::text[], $3::text[], $4::interval[], $5::bigint[]) s(scope, currency, per, micros)),
     gone as (
       delete from spend_limits l where scope = any($1)
          and not exists (select from said s where s.scope = l.scope and s.currency = l.currency and s.per = l.per))
     insert into spend_limits as l (scope, currency, per, micros)
     select s.scope, s.currency, s.per, s.micros from said s
      where not exists (select from spend_limits k
                         where k.scope = s.scope and k.currency = s.currency and k.per = s.per and k.micros = s.micros)
      order by 1, 2, 3
         on conflict (scope, currency, per) do update set micros = excluded.micros where l.micros <> excluded.micros`,
    [
      scopes,
      caps.map(({ scope }) => scope),
      caps.map(({ amount }) => amount.currency),
      caps.map(({ per }) => `${per} milliseconds`),
      caps.map(({ amount }) => amount.micros),
    ],
  );
}

/** How much more may be reserved in this hour; locks the scope until the transaction ends. Infinite without a limit. */
export async function roomUnderCaps(
  queryable: Queryable,
  { scope, currency, at }: { scope: string; currency: string; at: Date },
): Promise<number> {
  await queryable.query('select spend_lock($1, $2)', [scope, currency]);
  const { room } = await one<{ room: string | null }>(queryable, 'select spend_room($1, $2, $3) as room', [
    scope,
    currency,
    hourOf(at),
  ]);
  return room === null ? Number.POSITIVE_INFINITY : Number(room);
}

/** Counts what is reserved. @throws a check violation of PostgreSQL beyond a limit */
export async function countReserved(
  queryable: Queryable,
  { scope, currency, at, micros }: { scope: string; currency: string; at: Date; micros: number },
): Promise<void> {
  await queryable.query(
    `insert into spend_hours as h (scope, currency, hour, micros) values ($1, $2, $3, $4)
         on conflict (scope, currency, hour) do update set micros = h.micros + excluded.micros`,
    [scope, currency, hourOf(at), micros],
  );
}

/**
 * When so much may be reserved again: the first hour in which enough has left the windows. The caller has asked for the room
 * before, and holds the scope's lock. What no window holds is looked at again within the hour.
 */
export async function roomAgainAt(
  queryable: Queryable,
  { scope, currency, at, micros }: { scope: string; currency: string; at: Date; micros: number },
): Promise<Date> {
  const { hour } = await one<{ hour: Date }>(
    queryable,
    `select coalesce((
       select leaves from (
         select distinct date_trunc('hour', h.hour + l.per + interval '1 hour' - interval '1 microsecond', 'UTC') as leaves
           from spend_hours h join spend_limits l using (scope, currency)
          where h.scope = $1 and h.currency = $2 and h.micros > 0 and h.hour + l.per > $3) ends
        where spend_room($1, $2, leaves) >= $4 order by leaves limit 1),
       $3::timestamptz + interval '1 hour') as hour`,
    [scope, currency, hourOf(at), micros],
  );
  return hour;
}
