import type { ResolvedBudget } from '../../definition/resolved-measuring';
import { maybeOne, type Queryable } from '../database';
import { lockLines, post } from './book';

const rest = 'unassigned';

/**
 * Gives each line of an open book what a changed file gives it more, and takes what it gives less. A book that is not open
 * yet opens with the new amounts.
 * @returns lines that cannot give what the file takes, because it is reserved or spent; nothing is changed then
 */
export async function amendBudget(
  queryable: Queryable,
  request: { runNo: number; key: string; at: Date; by: string; before: ResolvedBudget; after: ResolvedBudget },
): Promise<{ line: string; short: number }[]> {
  const { runNo, before, after } = request;
  const { currency } = after.total;
  const changes = differences(before, after);
  if (changes.size === 0 || !(await isOpen(queryable, runNo))) return [];
  await addAccounts(queryable, { runNo, lines: [...changes.keys()], currency });
  const available = await lockLines(queryable, { runNo, lines: [...changes.keys()], currency });
  const short = [...changes].flatMap(([line, by]) => {
    const left = (available.get(line) ?? 0) + by;
    return left < 0 ? [{ line, short: -left }] : [];
  });
  if (short.length > 0) return short;
  await post(queryable, {
    runNo,
    key: `amend:${runNo}:${request.key}`,
    at: request.at,
    why: 'amend',
    by: request.by,
    currency,
    entries: [...changes].flatMap(([line, micros]) => [
      { line, kind: 'available' as const, micros },
      { line, kind: 'funds' as const, micros: -micros },
    ]),
  });
  return [];
}

function differences(before: ResolvedBudget, after: ResolvedBudget): Map<string, number> {
  const [was, becomes] = [amounts(before), amounts(after)];
  const lines = new Set([...Object.keys(was), ...Object.keys(becomes)]);
  return new Map(
    [...lines].map((line) => [line, (becomes[line] ?? 0) - (was[line] ?? 0)] as const).filter(([, by]) => by !== 0),
  );
}

function amounts({ total, lines }: ResolvedBudget): Record<string, number> {
  const named = Object.fromEntries(Object.entries(lines).map(([line, { micros }]) => [line, micros]));
  const sum = Object.values(named).reduce((all, micros) => all + micros, 0);
  return { ...named, [rest]: total.micros - sum };
}

async function isOpen(queryable: Queryable, runNo: number): Promise<boolean> {
  return (await maybeOne(queryable, 'select from money_journal where key = $1', [`open:${runNo}`])) !== undefined;
}

async function addAccounts(
  queryable: Queryable,
  { runNo, lines, currency }: { runNo: number; lines: string[]; currency: string },
): Promise<void> {
  await queryable.query(
    `insert into money_accounts (run_no, line, kind, currency)
     select $1, line, kind, $3 from unnest($2::text[]) line, unnest(array['funds', 'available', 'reserved', 'committed']) kind
         on conflict do nothing`,
    [runNo, lines, currency],
  );
}
