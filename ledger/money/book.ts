/**
 * The book of money: double entry, one row an entry, balances kept and caps held by the database (see the migration). A
 * posting moves money between the accounts of one line, or from line to line; what a line may spend is what is `available`.
 */
import type { Queryable } from '../database';

/** Where money stands; the migration says what each means. */
export type AccountKind = 'funds' | 'available' | 'reserved' | 'committed' | 'beyond' | 'owed';

export interface Entry {
  line: string;
  kind: AccountKind;
  /** Not zero; those of a posting add up to zero. */
  micros: number;
}

export interface Posting {
  runNo: number;
  /** The same posting told twice by a retry is one. */
  key: string;
  at: Date;
  why: string;
  /** Person, decision or source; absent: Volante itself. */
  by?: string;
  currency: string;
  entries: Entry[];
}

/** A line of a run's budget, all in micros. */
export interface MoneyLine {
  line: string;
  currency: string;
  available: number;
  /** Worst case of what was promised and may still be used. */
  reserved: number;
  committed: number;
  /** Spent although no budget covers it. */
  beyond: number;
}

/** Gives each line what the campaign file says; a book that is open stays as it is. Without a budget there is none to open. */
export async function openBook(queryable: Queryable, runNo: number): Promise<void> {
  await queryable.query('select open_money_book($1)', [runNo]);
}

/**
 * Writes a posting. Entries of zero are left out; one without any others still takes its key.
 * @returns false when this key was posted before; nothing is written then
 * @throws a check violation of PostgreSQL when an account would fall below zero: the cap of its line
 */
export async function post(queryable: Queryable, posting: Posting): Promise<boolean> {
  return (await postAll(queryable, [posting])).has(posting.key);
}

/** Writes postings together, as `post` does each. @returns the keys that were not posted before */
export async function postAll(queryable: Queryable, postings: readonly Posting[]): Promise<Set<string>> {
  if (postings.length === 0) return new Set();
  const entries = postings.flatMap(({ key, currency, entries }) =>
    entries.filter(({ micros }) => micros !== 0).map((entry) => ({ ...entry, key, currency })),
  );
  const { rows } = await queryable.query<{ key: string; runNo: number; isWhole: boolean }>(
    `with journal as (
       insert into money_journal (key, run_no, at, why, by_actor)
       select * from unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::text[])
           on conflict (key) do nothing returning no, key, run_no),
     said as (
       select key, currency, line, kind, sum(micros) as micros
         from unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[]) e(key, currency, line, kind, micros)
        group by 1, 2, 3, 4 having sum(micros) <> 0),
     entry as (
       insert into money_entries (journal_no, account_no, micros)
       select j.no, a.no, s.micros
         from journal j join said s using (key)
         join money_accounts a on a.run_no = j.run_no and a.line = s.line and a.kind = s.kind and a.currency = s.currency
       returning journal_no),
     written as (select journal_no, count(*) as count from entry group by 1),
     expected as (select key, count(*) as count from said group by 1)
     select j.key, j.run_no as "runNo", w.count is not distinct from e.count as "isWhole"
       from journal j left join written w on w.journal_no = j.no left join expected e using (key)`,
    [
      postings.map(({ key }) => key),
      postings.map(({ runNo }) => runNo),
      postings.map(({ at }) => at),
      postings.map(({ why }) => why),
      postings.map(({ by = 'volante' }) => by),
      entries.map(({ key }) => key),
      entries.map(({ currency }) => currency),
      entries.map(({ line }) => line),
      entries.map(({ kind }) => kind),
      entries.map(({ micros }) => micros),
    ],
  );
  const partial = rows.find(({ isWhole }) => !isWhole);
  if (partial) throw new Error(`run ${partial.runNo} has not all accounts of posting ${partial.key}`);
  return new Set(rows.map(({ key }) => key));
}

/** Every line of a run, and what was spent beyond, in the order of their names. */
export async function moneyLines(queryable: Queryable, runNo: number): Promise<MoneyLine[]> {
  const { rows } = await queryable.query<Record<keyof MoneyLine, string>>(
    `select line, currency,
            coalesce(sum(micros) filter (where kind = 'available'), 0) as available,
            coalesce(sum(micros) filter (where kind = 'reserved'), 0) as reserved,
            coalesce(sum(micros) filter (where kind = 'committed'), 0) as committed,
            coalesce(sum(micros) filter (where kind = 'beyond'), 0) as beyond
       from money_accounts where run_no = $1 group by line, currency order by line, currency`,
    [runNo],
  );
  return rows.map(({ line, currency, ...micros }) => ({
    line,
    currency,
    available: Number(micros.available),
    reserved: Number(micros.reserved),
    committed: Number(micros.committed),
    beyond: Number(micros.beyond),
  }));
}

/** Locks the accounts of lines, in the order in which whoever posts locks them, until the transaction ends. */
export async function lockLines(
  queryable: Queryable,
  { runNo, lines, currency }: { runNo: number; lines: string[]; currency: string },
): Promise<Map<string, number>> {
  const { rows } = await queryable.query<{ line: string; kind: AccountKind; micros: string }>(
    `select line, kind, micros from money_accounts where run_no = $1 and line = any($2) and currency = $3
      order by no for no key update`,
    [runNo, lines, currency],
  );
  return new Map(
    rows.flatMap(({ line, kind, micros }) => (kind === 'available' ? [[line, Number(micros)] as const] : [])),
  );
}

/**
 * Recomputes every balance from the entries.
 * @returns what is wrong, in plain words; empty when the book balances
 */
export async function auditBook(queryable: Queryable, runNo: number): Promise<string[]> {
  const { rows } = await queryable.query<{ fault: string }>(
    `select format('%s %s: %s, entries say %s', line, kind, a.micros, coalesce(sum(e.micros), 0)) as fault
       from money_accounts a left join money_entries e on e.account_no = a.no
      where a.run_no = $1 group by a.no having a.micros <> coalesce(sum(e.micros), 0)
     union all
     select format('posting %s does not balance', j.key)
       from money_journal j join money_entries e on e.journal_no = j.no join money_accounts a on a.no = e.account_no
      where j.run_no = $1 group by j.no, a.currency having sum(e.micros) <> 0
     union all
     select format('%s: reserved %s, promotions say %s', a.line, a.micros, coalesce(sum((p.slots - p.redeemed) * p.worth_micros), 0))
       from money_accounts a
       left join promotions p on p.run_no = a.run_no and p.line = a.line and p.currency = a.currency
      where a.run_no = $1 and a.kind = 'reserved' group by a.no
     having a.micros <> coalesce(sum((p.slots - p.redeemed) * p.worth_micros), 0)`,
    [runNo],
  );
  return rows.map(({ fault }) => fault);
}
