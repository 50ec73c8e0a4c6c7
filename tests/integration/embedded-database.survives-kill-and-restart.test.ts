import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { identifyProcess, isAlive, signalProcess } from '../../workers/binaries/process-identity';
import { databaseFolder } from '../../workers/database/database-folder';
import { EmbeddedDatabase } from '../../workers/database/embedded-database';
import { serverAccount } from '../../workers/database/server-account';
import { eventually } from '../support/eventually';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('embedded-database');
const options = { folder: join(home.path, 'postgres'), logFile: join(home.path, 'postgres.log'), password: 'secret' };
const database = new EmbeddedDatabase(options);

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url() });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await database.start();
  await database.createDatabase('volante');
  await query('create table kept (id int)');
});

afterAll(async () => {
  await database.stop();
  home.remove();
});

test('promises durability: commits are on disk before they are answered', async () => {
  const rows = await query(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by 1",
  );
  expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on', 'on']);
});

test('is not reachable without the password', async () => {
  const client = new Client({ connectionString: database.url().replace('secret', 'guess') });
  await expect(client.connect()).rejects.toThrow('password authentication failed');
});

test('keeps what was committed before a crash, on the same address', async () => {
  await query('insert into kept values (1)');
  const before = database.url();
  const crashed = database.identity;
  await database.kill();
  expect(crashed && isAlive(crashed)).toBe(false);
  await database.start();
  expect(database.url()).toBe(before);
  expect(await query('select id from kept')).toEqual([{ id: 1 }]);
});

test('restarts cleanly', async () => {
  const first = database.identity?.pid;
  await database.restart();
  expect(database.identity?.pid).not.toBe(first);
  expect(await query('select count(*)::int as n from kept')).toEqual([{ n: 1 }]);
});

test('a new owner takes over the server of a predecessor that was killed', async () => {
  const left = database.identity;
  const successor = new EmbeddedDatabase(options);
  await successor.start();
  expect(left && isAlive(left)).toBe(false);
  expect(successor.identity).toBeDefined();
  await successor.stop();
  await database.start();
});

test('a lock file that names an unrelated living process neither blocks the start nor costs that process its life', async () => {
  await database.stop();
  const bystander = identifyProcess(process.pid);
  writeFileSync(join(options.folder, 'postmaster.pid'), `${process.pid}\n${options.folder}\n`);
  await database.start();
  expect(bystander && isAlive(bystander)).toBe(true);
  expect(await query('select 1 as one')).toEqual([{ one: 1 }]);
});

test('an initialisation that was cut short is done again', async () => {
  const half = join(home.path, 'half', 'postgres');
  mkdirSync(half, { recursive: true });
  chmodSync(join(home.path, 'half'), 0o755);
  writeFileSync(join(half, 'postgresql.conf'), 'half a file');
  const other = new EmbeddedDatabase({
    ...options,
    folder: half,
    logFile: join(home.path, 'half.log'),
    port: undefined,
  });
  await other.start();
  expect(existsSync(join(half, 'PG_VERSION'))).toBe(true);
  await other.stop();
});

test('says in one line why it cannot start', async () => {
  const broken = join(home.path, 'broken');
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, 'PG_VERSION'), '9.6\n');
  const other = new EmbeddedDatabase({ ...options, folder: broken, logFile: join(home.path, 'broken.log') });
  await expect(other.start()).rejects.toMatchObject({
    code: 'VOL-503',
    message: expect.stringMatching(/^PostgreSQL does not start: .+$/) as string,
  });
});

test('ends when it is told to by a signal, and says so to its owner', async () => {
  const ended = database.ended;
  const running = database.identity;
  if (!running) throw new Error('not running');
  signalProcess(running, 'SIGINT');
  await ended;
  await eventually(() => database.identity === undefined);
  await database.start();
});

test('failed statements leave no row values in the log', async () => {
  await query('create table people (address text unique)');
  await query("insert into people values ('ana@shop.example')");
  await expect(query("insert into people values ('ana@shop.example')")).rejects.toThrow('duplicate key');
  expect(readFileSync(options.logFile, 'utf8')).not.toContain('ana@shop.example');
});

describe('the folder of the cluster', () => {
  const account = serverAccount();

  test('lies in the data folder when the server can get there', () => {
    const dataDir = join(home.path, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    expect(databaseFolder({ dataDir, account, password: 'p' })).toBe(join(dataDir, 'postgres'));
    if (account) expect(statSync(dataDir).mode & 0o777).toBe(0o701);
  });

  (account ? test : test.skip)(
    'lies always at the same place below /var/tmp when only root can enter the checkout',
    () => {
      const closed = join(home.path, 'closed');
      mkdirSync(join(closed, '.volante'), { recursive: true });
      const data = { dataDir: join(closed, '.volante'), account, password: 'p' };
      chmodSync(closed, 0o700);
      const folder = databaseFolder(data);
      expect(folder).toMatch(/^\/var\/tmp\/volante-0-[0-9a-f]{12}\/postgres$/);
      expect(databaseFolder(data)).toBe(folder);
      expect(statSync(closed).mode & 0o777).toBe(0o700);
      const anew = databaseFolder({ ...data, password: 'q' });
      expect(anew).not.toBe(folder);
      for (const made of [folder, anew]) rmSync(dirname(made), { recursive: true });
    },
  );
});
