import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { createTransport } from 'nodemailer';
import { Client } from 'pg';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../workers/binaries/process-identity';
import { eventually } from '../support/eventually';
import { LocalStack } from '../support/local-stack';

const stack = new LocalStack();
const infrastructure = ['up', '--infrastructure', '--headless', '--detach'];

beforeAll(async () => {
  await stack.prepare();
});
afterAll(() => stack.dispose(), 120_000);

function identities(): Record<'supervisor' | 'temporal' | 'database' | 'mailbox', ProcessIdentity> {
  const file = stack.file;
  const identify = (pid: number | undefined): ProcessIdentity => {
    const identity = identifyProcess(pid ?? -1);
    if (!identity) throw new Error('not running');
    return identity;
  };
  return {
    supervisor: identify(file?.pid),
    temporal: identify(file?.temporal.pid),
    database: identify(file?.database.pid),
    mailbox: identify(file?.mailbox?.pid),
  };
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: stack.file?.database.url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function describeNamespace() {
  const connection = await Connection.connect({ address: stack.file?.temporal.address, connectTimeout: 2_000 });
  try {
    return await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}

test('one command brings up Temporal, a migrated database and a mailbox that shows what is sent', async () => {
  const up = await stack.run(...infrastructure);
  expect(up).toMatchObject({ code: 0 });
  expect(up.out).toContain(`database    postgresql://***@127.0.0.1`);
  const namespace = await describeNamespace();
  expect(Number(namespace.config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
  expect(await query('select count(*)::int as n from volante_migrations')).toEqual([
    { n: expect.any(Number) as number },
  ]);
  const transport = createTransport(stack.file?.smtp.url);
  await transport.sendMail({ from: 'a@shop.example', to: 'b@shop.example', subject: 'Hola', text: 'Hola' });
  transport.close();
  const mails = await fetch(`${stack.file?.mailbox?.url}/email`);
  expect(await mails.json()).toMatchObject([{ subject: 'Hola' }]);
});

test('files with secrets and mail are for their owner only', () => {
  for (const name of ['secret.key', 'postgres.password', 'stack.json', 'logs', 'mail', 'temporal']) {
    expect([name, statSync(join(stack.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  }
});

test('a second `up` finds the first', async () => {
  const before = identities();
  const again = await stack.run('up', '--json', '--infrastructure');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.out)).toMatchObject({ pid: before.supervisor.pid });
  expect(again.out).not.toContain(new URL(stack.file?.database.url ?? '').password);
  expect(identities()).toEqual(before);
});

test.each(['temporal', 'database', 'mailbox'] as const)(
  '%s is started again when it is killed, on the same address',
  async (name) => {
    const before = stack.file;
    const killed = identities()[name];
    process.kill(killed.pid, 'SIGKILL');
    await eventually(() => {
      const now = identities()[name];
      return now.pid !== killed.pid && isAlive(now);
    });
    expect(stack.file).toMatchObject({
      temporal: { address: before?.temporal.address },
      database: { url: before?.database.url },
      smtp: before?.smtp ?? {},
    });
    await describeNamespace();
    expect(await query('select 1 as one')).toEqual([{ one: 1 }]);
  },
);

test('after a supervisor was killed, the next `up` ends what it left and serves the same data', async () => {
  await query('create table kept as select 7 as seven');
  const left = identities();
  process.kill(left.supervisor.pid, 'SIGKILL');
  await eventually(() => !isAlive(left.supervisor));
  expect(isAlive(left.temporal) && isAlive(left.database) && isAlive(left.mailbox)).toBe(true);
  const up = await stack.run(...infrastructure);
  expect(up.code).toBe(0);
  expect(up.err).toContain('ended what a killed predecessor left: mailbox, temporal, database');
  expect([left.temporal, left.database, left.mailbox].some(isAlive)).toBe(false);
  expect(await query('select seven from kept')).toEqual([{ seven: 7 }]);
});

test('`down` ends every process and removes what would mislead', async () => {
  const running = identities();
  expect(await stack.run('down')).toMatchObject({ code: 0, out: 'Volante is down\n' });
  expect(Object.values(running).some(isAlive)).toBe(false);
  for (const name of ['stack.json', 'supervisor.lock', 'processes.json']) {
    expect([name, existsSync(join(stack.dataDir, name))]).toEqual([name, false]);
  }
  expect(await stack.run('down')).toMatchObject({ code: 0, out: 'Volante was not up\n' });
});

test('`down` ends what a killed supervisor left', async () => {
  await stack.run(...infrastructure);
  const left = identities();
  process.kill(left.supervisor.pid, 'SIGKILL');
  await eventually(() => !isAlive(left.supervisor));
  expect((await stack.run('down')).err).toContain('ended what was left: mailbox, temporal, database');
  expect(Object.values(left).some(isAlive)).toBe(false);
});

test('files that name processes which are others by now cost nobody their life', async () => {
  const bystander = identifyProcess(process.pid);
  const stale = JSON.stringify({ pid: process.pid, startTime: '1' });
  writeFileSync(join(stack.dataDir, 'supervisor.lock'), stale);
  writeFileSync(join(stack.dataDir, 'processes.json'), `{"worker":${stale},"database":${stale}}`);
  writeFileSync(join(stack.dataDir, 'stack.json'), JSON.stringify({ ...stack.file, pid: process.pid }));
  expect(await stack.run(...infrastructure)).toMatchObject({ code: 0 });
  expect(bystander && isAlive(bystander)).toBe(true);
});

test('in the foreground it runs until a signal, and leaves nothing running', async () => {
  await stack.run('down');
  const child = stack.start('up', '--infrastructure', '--headless');
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await eventually(() => stack.file?.pid === child.pid, { timeoutMs: 50_000 });
  const running = identities();
  child.kill('SIGINT');
  expect(await code).toBe(0);
  expect(Object.values(running).some(isAlive)).toBe(false);
});

test('a signal in the middle of the start stops it, and the next start is a good one', async () => {
  const child = stack.start('up', '--infrastructure', '--headless');
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await eventually(() => existsSync(join(stack.dataDir, 'processes.json')));
  child.kill('SIGTERM');
  expect(await code).toBe(130);
  expect(existsSync(join(stack.dataDir, 'supervisor.lock'))).toBe(false);
  expect(await stack.run(...infrastructure)).toMatchObject({ code: 0 });
});

test('a port that was asked for and is taken is an error; a port nobody asked for is chosen anew', async () => {
  await stack.run('down');
  const port = Number(stack.env.VOLANTE_PORT_SMTP);
  const squatter = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  try {
    const refused = await stack.run(...infrastructure);
    expect(refused.code).toBe(7);
    expect(refused.err).toContain(`port ${port}, which VOLANTE_PORT_SMTP asks for, is taken`);
    const { VOLANTE_PORT_SMTP: _asked, ...env } = stack.env;
    stack.env = env;
    expect(await stack.run(...infrastructure)).toMatchObject({ code: 0 });
    expect(stack.file?.smtp.url).not.toBe(`smtp://127.0.0.1:${port}`);
  } finally {
    squatter.close();
  }
});

test('servers that are given are used and not started', async () => {
  await stack.run('down');
  const other = await new LocalStack().prepare();
  try {
    await other.run(...infrastructure);
    const given = other.file;
    stack.env = {
      ...stack.env,
      TEMPORAL_ADDRESS: given?.temporal.address,
      DATABASE_URL: given?.database.url,
      SMTP_URL: given?.smtp.url,
    };
    expect(await stack.run(...infrastructure)).toMatchObject({ code: 0 });
    expect(stack.file).toMatchObject({ temporal: { address: given?.temporal.address }, smtp: given?.smtp ?? {} });
    const { temporal, database, mailbox } = stack.file ?? {};
    expect([temporal?.pid, database?.pid, mailbox]).toEqual([undefined, undefined, undefined]);
  } finally {
    await other.dispose();
  }
});
