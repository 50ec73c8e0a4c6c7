import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Client } from 'pg';
import { migrate } from '../../ledger/migrate';
import { freePort } from '../../workers/binaries/free-port';
import { examine, table } from '../../workers/stack/doctor/doctor';
import type { Finding } from '../../workers/stack/doctor/finding';
import { nodeFinding } from '../../workers/stack/doctor/machine-findings';
import { validWorkspace, withKeys } from '../support/definition-fixture';
import { freshDatabase } from '../support/fresh-database';
import { gitServer, WorkingCopy } from '../support/git-server';
import { LocalStack } from '../support/local-stack';
import { smtpSink } from '../support/smtp-sink';
import { temporalServer } from '../support/temporal';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('doctor');
afterAll(() => home.remove());

/** A machine on which nothing of ours is set up but PATH. */
function bareEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, VOLANTE_WORKSPACE: home.path, VOLANTE_CACHE_DIR: home.path, ...extra };
}

function named(findings: readonly Finding[], name: string): Finding {
  const found = findings.find((finding) => finding.name === name);
  if (!found) throw new Error(`${name} is not among ${findings.map((finding) => finding.name).join(', ')}`);
  return found;
}

test('on a bare machine everything that is not there is named, each with what to do', async () => {
  const findings = await examine(bareEnvironment());
  const ill = findings.filter(({ ok }) => !ok);
  expect(ill.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['workspace', 'secret key', 'Temporal', 'database', 'SMTP', 'gateway']),
  );
  for (const { fix } of ill) expect(fix).toEqual(expect.stringMatching(/\S/));
});

test('servers that answer are well; a server that nobody works for is not', async () => {
  const database = await freshDatabase();
  const sink = await smtpSink();
  try {
    const findings = await examine(
      bareEnvironment({ TEMPORAL_ADDRESS: temporalServer(), DATABASE_URL: database.url, SMTP_URL: sink.url }),
    );
    for (const name of ['Temporal', 'search attributes', 'database', 'database schema', 'clocks', 'SMTP']) {
      expect(named(findings, name)).toMatchObject({ ok: true });
    }
    expect(named(findings, 'worker, workflows')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('worker') as string,
    });
    expect(JSON.stringify(findings)).not.toContain(`${new URL(database.url).password}@`);
  } finally {
    await sink.stop();
    await database.drop();
  }
});

test('a promotion platform is asked with its key; one that is not set up here is none to mend', async () => {
  const keys: string[] = [];
  const shop = createHttpServer((request, response) => {
    keys.push(request.headers['x-shopify-access-token']?.toString() ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { shop: { name: 'Shop', myshopifyDomain: 'shop.example' } } }));
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const workspace = temporaryFolder('doctor-promotions');
  try {
    const platforms = `platforms:
  mail: { smtp: { url: env://SMTP_URL } }
  shop: { shopify: { url: env://SHOP_URL, token: secret://SHOP_TOKEN } }
`;
    writeFileSync(join(workspace.path, 'volante.yaml'), withKeys(validWorkspace, platforms));
    const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    const finding = async (extra: NodeJS.ProcessEnv) =>
      named(await examine(bareEnvironment({ VOLANTE_WORKSPACE: workspace.path, ...extra })), 'promotions (shop)');
    expect(await finding({ SHOP_URL: url, VOLANTE_SECRET_SHOP_TOKEN: 'of-the-test' })).toMatchObject({ ok: true });
    expect(keys).toContain('of-the-test');
    expect(await finding({ SHOP_URL: url })).toMatchObject({ ok: false, fix: expect.stringMatching(/\S/) as string });
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect(await finding({ SHOP_URL: nowhere, VOLANTE_SECRET_SHOP_TOKEN: 'of-the-test' })).toMatchObject({ ok: false });
    expect((await finding({})).detail).toContain('not set up here');
  } finally {
    await new Promise((resolve) => shop.close(resolve));
    workspace.remove();
  }
});

test('a server that lacks our search attributes is told apart, with the command that adds them', async () => {
  const bare = await TestWorkflowEnvironment.createFromExistingServer({ address: temporalServer() });
  const namespace = `bare-${process.pid}`;
  try {
    await bare.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    const findings = await examine(
      bareEnvironment({ TEMPORAL_ADDRESS: temporalServer(), TEMPORAL_NAMESPACE: namespace }),
    );
    expect(named(findings, 'search attributes').ok).toBe(false);
  } finally {
    await bare.teardown();
  }
});

test('a database without, with an older and with a newer schema are told apart', async () => {
  const database = await freshDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const schema = async (): Promise<Finding> =>
    named(await examine(bareEnvironment({ DATABASE_URL: database.url })), 'database schema');
  try {
    await client.query("insert into volante_migrations (name, run_on) values ('9999_from_the_future', now())");
    expect(await schema()).toMatchObject({ ok: false, detail: 'newer than this program: 9999_from_the_future' });
    await client.query('delete from volante_migrations');
    expect((await schema()).detail).toMatch(/^not applied: 0001_/);
    await client.query('drop table volante_migrations');
    expect(await schema()).toMatchObject({ ok: false, detail: 'there is none' });
  } finally {
    await client.end();
    await database.drop();
  }
});

test('nobody at an address, and somebody else at it', async () => {
  const rude = createServer((socket) => socket.end('554 go away\r\n'));
  const port = await freePort();
  await new Promise<void>((resolve) => rude.listen(port, '127.0.0.1', resolve));
  const nobody = await freePort();
  try {
    const findings = await examine(
      bareEnvironment({
        TEMPORAL_ADDRESS: `127.0.0.1:${nobody}`,
        DATABASE_URL: `postgresql://volante:s3cret@127.0.0.1:${nobody}/volante`,
        SMTP_URL: `smtp://127.0.0.1:${port}`,
        VOLANTE_GATEWAY_URL: `http://127.0.0.1:${nobody}`,
      }),
    );
    expect(named(findings, 'Temporal')).toMatchObject({ ok: false });
    expect(named(findings, 'database')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(named(findings, 'SMTP').detail).toContain('answers 554 go away');
    expect(named(findings, 'gateway').detail).toContain('ECONNREFUSED');
    expect(JSON.stringify(findings)).not.toContain('s3cret');
  } finally {
    rude.close();
  }
});

test.each([
  ['20.18.1', false],
  ['20.19.0', true],
  ['24.1.0', true],
  ['25.0.0', false],
])('Node.js %s: %s', (version, ok) => {
  expect(nodeFinding(version).ok).toBe(ok);
});

test('the table has one line a finding and a fix under each that is not well', () => {
  const text = table([
    { name: 'git', ok: true, detail: '2.39.5' },
    { name: 'Temporal', ok: false, detail: 'not up', fix: 'run `volante up`' },
  ]);
  expect(text).toBe('✔ git       2.39.5\n✖ Temporal  not up\n            fix: run `volante up`\n1 to fix\n');
});

test('as a program it exits with 7 while something is wrong, and speaks JSON', async () => {
  const stack = await new LocalStack().prepare();
  try {
    const run = await stack.run('doctor', '--json');
    expect(run.code).toBe(7);
    expect(JSON.parse(run.out)).toMatchObject({ ok: false, findings: expect.any(Array) as unknown[] });
  } finally {
    await stack.dispose();
  }
});

test('migrating a database that is up to date changes nothing', async () => {
  const database = await freshDatabase();
  expect(await migrate(database.url)).toEqual({ applied: [] });
  await database.drop();
});

test('a repository is asked for its branch; a branch that is not there and a wrong token are said', async () => {
  const login = { username: 'git', password: 'a-token-of-the-test' };
  const server = await gitServer({ login });
  const copy = WorkingCopy.of(server);
  const workspace = temporaryFolder('doctor-repository');
  const finding = async (extra: NodeJS.ProcessEnv) => {
    const repositories = `repositories: { shop: { url: "${server.url}", actor: luis, credentials: { password: env://GIT_TOKEN } } }\n`;
    writeFileSync(join(workspace.path, 'volante.yaml'), withKeys(validWorkspace, repositories));
    return named(await examine(bareEnvironment({ VOLANTE_WORKSPACE: workspace.path, ...extra })), 'repository (shop)');
  };
  try {
    expect(await finding({ GIT_TOKEN: login.password })).toMatchObject({ ok: false, detail: 'it has no branch main' });
    const commit = copy.commit({ 'README.md': 'here' });
    expect(await finding({ GIT_TOKEN: login.password })).toMatchObject({
      ok: true,
      detail: `main is at ${commit.slice(0, 12)}`,
    });
    const refused = await finding({ GIT_TOKEN: 'another-token' });
    expect(refused).toMatchObject({ ok: false, fix: expect.stringMatching(/\S/) as string });
    expect(refused.detail).not.toContain('another-token');
    expect(await finding({})).toMatchObject({ ok: false, detail: expect.stringMatching(/GIT_TOKEN/) as string });
  } finally {
    copy.remove();
    await server.stop();
    workspace.remove();
  }
});
