/** Programs as they run: the newest run of a program's campaign tends it; its points outlive every run. */
import type { ProgramTerms } from '../../definition/resolved-loyalty';
import { maybeOne, type Queryable } from '../database';

export interface Program {
  /** The id of its campaign. */
  id: string;
  /** The run that tends it. */
  runNo: number;
  terms: ProgramTerms;
  /** `paused`: nothing is earned, expires or becomes active now, and events wait; points can be spent. */
  state: 'open' | 'paused' | 'closed';
}

const selectPrograms = `select p.id, p.run_no as "runNo", p.terms,
  case when p.state = 'open' and r.dispatch = 'paused' then 'paused' else p.state end as state
  from loyalty_programs p join runs r on r.no = p.run_no`;

/**
 * Opens a program under the terms of a run, or puts them in the place of an earlier run's. An older run never takes over
 * from a newer one. A member who is below zero stays there when a program stops to allow it.
 * @returns whether that run tends the program now
 */
export async function openProgram(
  queryable: Queryable,
  { id, runNo, terms, now }: { id: string; runNo: number; terms: ProgramTerms; now: Date },
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `insert into loyalty_programs as p (id, run_no, terms, opened_at) values ($1, $2, $3, $4)
     on conflict (id) do update set run_no = excluded.run_no, terms = excluded.terms, state = 'open', closed_at = null
      where p.run_no <= excluded.run_no`,
    [id, runNo, JSON.stringify(terms), now],
  );
  if (rowCount === 0) return false;
  await queryable.query(
    `update loyalty_balances set overdraft = $2 where program = $1 and overdraft <> $2 and (active >= 0 or $2)`,
    [id, terms.overdraft],
  );
  return true;
}

/**
 * Nothing is earned or spent any more; what members have stays in the book. Leaves a program alone that a newer run tends.
 * @returns whether it was closed now
 */
export async function closeProgram(
  queryable: Queryable,
  { id, runNo, now }: { id: string; runNo: number; now: Date },
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `update loyalty_programs set state = 'closed', closed_at = $3 where id = $1 and run_no = $2 and state = 'open'`,
    [id, runNo, now],
  );
  return (rowCount ?? 0) > 0;
}

export async function findProgram(queryable: Queryable, id: string): Promise<Program | undefined> {
  return maybeOne<Program>(queryable, `${selectPrograms} where p.id = $1`, [id]);
}

/** Those that are paused, too. */
export async function openPrograms(queryable: Queryable): Promise<Program[]> {
  const { rows } = await queryable.query<Program>(`${selectPrograms} where p.state = 'open' order by p.id`);
  return rows;
}
