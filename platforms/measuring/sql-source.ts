/** Measurements from a PostgreSQL database, by a query that stands beside the campaign. Reads only. */
import { Pool } from 'pg';
import { MeasurementError } from '../../errors/measurement-error';
import { nonsense, readArms } from './answer';
import type { MetricSource } from './metric-source';

const statementTimeoutMs = 60_000;
const columns = ['arm', 'n', 'sum', 'sum_squares'] as const;

interface Row {
  arm: unknown;
  n: unknown;
  sum: unknown;
  sum_squares: unknown;
  watermark?: unknown;
}

/** @param url address of the database, resolved */
export function createSqlSource({ url }: { url: string }): MetricSource {
  const pool = new Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: 10_000,
    options: `-c default_transaction_read_only=on -c statement_timeout=${statementTimeoutMs}`,
  });
  // A connection that breaks while idle is opened anew by the next question.
  pool.on('error', () => undefined);
  return {
    async measure({ runId, step, metric, until, query }) {
      if (query === undefined) throw nonsense(metric, 'has no query');
      const { text, values } = bind(query, { run: runId, step, until });
      const rows = await ask(pool, metric, { text, values });
      const [first] = rows;
      for (const column of columns)
        if (first && !(column in first) && column !== 'arm')
          throw nonsense(metric, `its query answers no column ${column}`);
      const watermark = first?.watermark;
      return {
        arms: readArms(
          metric,
          rows.map((row) => ({ arm: row.arm, n: row.n, sum: row.sum, sumSquares: row.sum_squares })),
        ),
        ...(watermark instanceof Date && { watermark }),
      };
    },
    close: () => pool.end(),
  };
}

async function ask(pool: Pool, metric: string, query: { text: string; values: unknown[] }): Promise<Row[]> {
  try {
    // With parameters PostgreSQL takes one statement only; the connection itself refuses to write.
    const { rows } = await pool.query<Row>({ ...query, queryMode: 'extended' } as never);
    return rows;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    // Classes 22 and 42: the query is wrong and stays so. 25006: it tried to write.
    const isWrong = /^(?:22|42|25006|0A)/.test(code);
    const what = isWrong ? `its query fails (SQLSTATE ${code})` : `it does not answer (${code || 'no connection'})`;
    throw new MeasurementError(`the source of ${metric}: ${what}`, { mayPass: !isWrong });
  }
}

const named = /(?<![:\w])::?(run|step|until)\b/g;

/** Replaces `:run`, `:step` and `:until` by parameters; casts such as `::date` are left alone. */
function bind(
  query: string,
  parameters: { run: string; step: string; until: Date },
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const numbers = new Map<string, number>();
  const text = query
    .trim()
    .replace(/;$/, '')
    .replace(named, (found, name: keyof typeof parameters) => {
      if (found.startsWith('::')) return found;
      if (!numbers.has(name)) numbers.set(name, values.push(parameters[name]));
      return `$${numbers.get(name)}`;
    });
  return { text, values };
}
