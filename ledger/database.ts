import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import { VolanteError } from '../errors/volante-error';

export type Database = Pool;
/** Anything that runs a statement: the pool, or a client inside a transaction. */
export type Queryable = Pool | PoolClient;

/**
 * Opens a pool. Idle clients that lose their server are dropped silently; the next query opens a new one or fails.
 * @param connections most connections this process may hold at once
 */
export function openDatabase(options: { url: string; connections?: number; applicationName?: string }): Database {
  if (options.url === '')
    throw new VolanteError('VOL-501', {
      message: 'No database: DATABASE_URL is not set and no local stack was found.',
    });
  const pool = new Pool({
    connectionString: options.url,
    max: options.connections ?? 10,
    application_name: options.applicationName ?? 'volante',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Our statements touch few rows by key; compiling them costs more than running them.
    options: '-c jit=off',
  });
  pool.on('error', () => undefined);
  return pool;
}

/**
 * Runs `work` in one transaction: commits what it returns, rolls back when it throws. A connection that breaks between
 * two statements fails the next one, and nothing else.
 */
export async function transaction<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  const onBreak = (error: Error) => {
    broken = error;
  };
  client.on('error', onBreak);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onBreak);
    client.release(broken);
  }
}

/** The only row of a statement that returns exactly one. */
export async function one<Row extends QueryResultRow>(
  queryable: Queryable,
  text: string,
  values: unknown[] = [],
): Promise<Row> {
  const { rows } = await queryable.query<Row>(text, values);
  if (rows.length !== 1 || rows[0] === undefined) throw new Error(`expected one row, got ${rows.length}`);
  return rows[0];
}

export async function maybeOne<Row extends QueryResultRow>(
  queryable: Queryable,
  text: string,
  values: unknown[] = [],
): Promise<Row | undefined> {
  const { rows } = await queryable.query<Row>(text, values);
  return rows[0];
}
