/** Events of a program that is paused: parked in the inbox, with that as their reason, until it goes on. */
import type { Queryable } from '../database';
import type { Program } from './programs';

const reasonOf = (program: string) => `program ${program} is paused`;

/**
 * Parks events for as long as the program is paused. It cannot be resumed at the same time: none is forgotten.
 * @returns those that were parked; the others came when it had been resumed
 */
export async function keepWaiting(
  queryable: Queryable,
  { program, eventNos }: { program: Pick<Program, 'id' | 'runNo'>; eventNos: readonly string[] },
): Promise<Set<string>> {
  if (eventNos.length === 0) return new Set();
  const { rows } = await queryable.query<{ no: string }>(
    `with pause as materialized (select no from runs where no = $1 and dispatch = 'paused' for share)
     update inbox set state = 'parked', reason = $3
      where no = any($2::bigint[]) and state = 'new' and exists (select from pause) returning no`,
    [program.runNo, eventNos, reasonOf(program.id)],
  );
  return new Set(rows.map(({ no }) => no));
}

/** What waited for the program is acted on now, in the order in which it came. @returns how many events */
export async function releaseWaiting(queryable: Queryable, program: string): Promise<number> {
  const { rowCount } = await queryable.query(
    `update inbox set state = 'new', attempts = 0, next_try_at = now() where state = 'parked' and reason = $1`,
    [reasonOf(program)],
  );
  return rowCount ?? 0;
}
