import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../ledger/migrate';
import { packageRoot } from '../../settings/package-root';
import { sharedAddress, templateDatabase } from '../support/shared-addresses';

const made: string[] = [];

async function administer<T>(work: (client: Client) => Promise<T>, database?: string): Promise<T> {
  const url = new URL(sharedAddress('database'));
  if (database) url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function emptyDatabase(): Promise<{ name: string; url: string }> {
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  await administer((client) => client.query(`create database ${name}`));
  made.push(name);
  const url = new URL(sharedAddress('database'));
  url.pathname = `/${name}`;
  return { name, url: url.href };
}

afterAll(() =>
  administer(async (client) => {
    for (const name of made) await client.query(`drop database if exists ${name} with (force)`);
  }),
);

/** Tables, columns, triggers and functions, as text. */
function schemaOf(database: string): Promise<string[]> {
  return administer(async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select table_name || '.' || column_name || ' ' || data_type as line from information_schema.columns where table_schema = 'public'
       union all select 'trigger ' || tgname from pg_trigger where not tgisinternal
       union all select 'function ' || proname || prosrc from pg_proc where pronamespace = 'public'::regnamespace
       union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
       order by 1`,
    );
    return rows.map(({ line }) => line);
  }, database);
}

/** A process of its own, with the built program where there is one. */
function migrateInProcess(url: string): Promise<number | null> {
  const program = join(packageRoot(), 'dist', 'ledger', 'migrate.js');
  const child = spawn(process.execPath, ['-e', `require(${JSON.stringify(program)}).migrate(process.argv[1])`, url], {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

test('up on an empty database; again, nothing is left to do', async () => {
  const { name, url } = await emptyDatabase();
  const { applied } = await migrate(url);
  expect(applied).toContain('0001_ledger');
  expect((await migrate(url)).applied).toEqual([]);
  expect((await schemaOf(name)).length).toBeGreaterThan(100);
});

test('ten at once: each waits for the one that does it, none fails, it is done once', async () => {
  const { name, url } = await emptyDatabase();
  const results = await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
  expect(results.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  const reference = await emptyDatabase();
  await migrate(reference.url);
  expect(await schemaOf(name)).toEqual(await schemaOf(reference.name));
});

test('processes of their own agree as well', async () => {
  expect(existsSync(join(packageRoot(), 'dist', 'ledger', 'migrate.js'))).toBe(true);
  const { name, url } = await emptyDatabase();
  expect(await Promise.all(Array.from({ length: 4 }, () => migrateInProcess(url)))).toEqual([0, 0, 0, 0]);
  const applied = await administer((client) => client.query('select name from volante_migrations'), name);
  expect(new Set(applied.rows.map((row) => row.name)).size).toBe(applied.rows.length);
});

test('a database that is not there is an error, not a wait', async () => {
  const url = new URL(sharedAddress('database'));
  url.pathname = '/no_such_database';
  await expect(migrate(url.href)).rejects.toMatchObject({ code: '3D000' });
  expect(templateDatabase).not.toBe('no_such_database');
});
