/** Money of a run by line: what the file says, and the moves between lines that were made while it ran. */
import type { Money } from '../definition/resolved';
import type { ResolvedBudget } from '../definition/resolved-measuring';
import { type Database, type Queryable, transaction } from './database';

export interface BudgetMove {
  /** The same move told twice by a retry is one. */
  key: string;
  at: Date;
  /** Line that gives; undefined: what the total leaves. */
  from?: string;
  to: string;
  /** May be negative: then money comes back from `to`. */
  amount: Money;
  by: string;
}

/** Amount of each line now, in micros; what no line has is under `unassigned`. */
export async function budgetLines(
  queryable: Queryable,
  { runNo, budget }: { runNo: number; budget: ResolvedBudget },
): Promise<Record<string, number>> {
  const lines: Record<string, number> = {};
  for (const [line, { micros }] of Object.entries(budget.lines)) lines[line] = micros;
  const assigned = Object.values(lines).reduce((sum, micros) => sum + micros, 0);
  lines.unassigned = budget.total.micros - assigned;
  const { rows } = await queryable.query<{ from: string; to: string; micros: string }>(
    `select coalesce(from_line, 'unassigned') as "from", to_line as "to", micros from budget_moves where run_no = $1`,
    [runNo],
  );
  for (const { from, to, micros } of rows) {
    lines[from] = (lines[from] ?? 0) - Number(micros);
    lines[to] = (lines[to] ?? 0) + Number(micros);
  }
  return lines;
}

/**
 * Moves money so that the line comes as near to `want` as its bounds and what the other line has allow.
 * @returns the amount of the line before and after
 */
export async function moveBudget(
  database: Database,
  request: {
    runNo: number;
    budget: ResolvedBudget;
    want: (before: number) => number;
    bounds: [number, number];
    move: Omit<BudgetMove, 'amount'>;
  },
): Promise<{ before: number; after: number }> {
  const { runNo, budget, want, bounds, move } = request;
  return transaction(database, async (client) => {
    await client.query('select no from runs where no = $1 for no key update', [runNo]);
    const { rows } = await client.query<{ micros: string }>(
      'select micros from budget_moves where run_no = $1 and key = $2',
      [runNo, move.key],
    );
    const lines = await budgetLines(client, { runNo, budget });
    const now = lines[move.to] ?? 0;
    if (rows[0]) return { before: now - Number(rows[0].micros), after: now };
    const within = Math.min(bounds[1], Math.max(bounds[0], Math.round(want(now))));
    const available = Math.max(0, lines[move.from ?? 'unassigned'] ?? 0);
    const change = Math.min(within - now, available);
    await client.query(
      `insert into budget_moves (run_no, key, at, from_line, to_line, currency, micros, by_actor)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [runNo, move.key, move.at, move.from ?? null, move.to, budget.total.currency, change, move.by],
    );
    return { before: now, after: now + change };
  });
}
