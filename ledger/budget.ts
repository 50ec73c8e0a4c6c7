/** Money of a run by line: what the file says, and the moves between lines that were made while it ran. */
import type { ResolvedBudget } from '../definition/resolved-measuring';
import { type Database, type Queryable, transaction } from './database';
import { lockLines, moneyLines, openBook, post } from './money/book';

export interface BudgetMove {
  /** The same move told twice by a retry is one. */
  key: string;
  at: Date;
  /** Line that gives; undefined: what the total leaves. */
  from?: string;
  to: string;
  by: string;
}

/** Amount of each line now, spent or not, in micros; what no line has is under `unassigned`. */
export async function budgetLines(
  queryable: Queryable,
  { runNo, budget }: { runNo: number; budget: ResolvedBudget },
): Promise<Record<string, number>> {
  await openBook(queryable, runNo);
  const lines = await moneyLines(queryable, runNo);
  return Object.fromEntries(
    lines
      .filter(({ currency }) => currency === budget.total.currency)
      .map(({ line, available, reserved, committed }) => [line, available + reserved + committed]),
  );
}

/**
 * Moves money so that the line comes as near to `want` as its bounds and what the other line has left allow; what is
 * reserved or spent stays where it is.
 * @returns the amount of the line before and after
 */
export async function moveBudget(
  database: Database,
  request: {
    runNo: number;
    budget: ResolvedBudget;
    want: (before: number) => number;
    bounds: [number, number];
    move: BudgetMove;
  },
): Promise<{ before: number; after: number }> {
  const { runNo, budget, want, bounds, move } = request;
  const { currency } = budget.total;
  const from = move.from ?? 'unassigned';
  const key = `move:${runNo}:${move.key}`;
  return transaction(database, async (client) => {
    await openBook(client, runNo);
    const available = await lockLines(client, { runNo, lines: [from, move.to], currency });
    const now = (await budgetLines(client, { runNo, budget }))[move.to] ?? 0;
    const earlier = await postedTo(client, key, move.to);
    if (earlier !== undefined) return { before: now - earlier, after: now };
    const within = Math.min(bounds[1], Math.max(bounds[0], Math.round(want(now))));
    const change = Math.max(-(available.get(move.to) ?? 0), Math.min(within - now, available.get(from) ?? 0));
    await post(client, {
      runNo,
      key,
      at: move.at,
      why: 'move',
      by: move.by,
      currency,
      entries: [
        { line: from, kind: 'available', micros: -change },
        { line: move.to, kind: 'available', micros: change },
      ],
    });
    return { before: now, after: now + change };
  });
}

async function postedTo(queryable: Queryable, key: string, line: string): Promise<number | undefined> {
  const { rows } = await queryable.query<{ micros: string }>(
    `select coalesce(sum(e.micros) filter (where a.line = $2 and a.kind = 'available'), 0) as micros
       from money_journal j left join money_entries e on e.journal_no = j.no left join money_accounts a on a.no = e.account_no
      where j.key = $1 group by j.no`,
    [key, line],
  );
  return rows[0] && Number(rows[0].micros);
}
