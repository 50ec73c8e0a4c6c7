import { createHmac } from 'node:crypto';
import { listRuns } from '../../ledger/runs';
import { keepSyncSchedules, lookNow } from '../../operations/sync-schedules';
import { eventually } from '../support/eventually';
import { startGateway } from '../support/gateway';
import { type GitServer, gitServer } from '../support/git-server';
import { campaignIn, WorkingCopy } from '../support/git-sync';
import { type VerbStage, verbStage } from '../support/verb-stage';

let server: GitServer;
let copy: WorkingCopy;
let stage: VerbStage;

const webhookSecret = 'a-webhook-secret';
const login = { username: 'git', password: 'a-token-of-the-test' };

beforeAll(async () => {
  server = await gitServer({ login });
  copy = WorkingCopy.of(server);
  stage = await verbStage({
    more: `repositories:
  shop:
    url: ${server.url}
    actor: luis
    every: 1h
    credentials: { password: secret://GIT_TOKEN }
    webhook: { secret: secret://GIT_WEBHOOK }
`,
  });
  stage.harness.sync.secretOf = (reference) => (reference === 'secret://GIT_TOKEN' ? login.password : reference);
}, 120_000);

afterAll(async () => {
  await stage?.close();
  copy?.remove();
  await server?.stop();
}, 60_000);

const cli = (words: string) => stage.cli(words);
const look = () => lookNow(stage.harness.environment.client, 'shop');
const applied = async (commit: string) =>
  eventually(
    async () =>
      (await cli('sync --json')).json<{ repositories: { appliedCommit: string }[] }>().repositories[0]
        ?.appliedCommit === commit,
    {
      what: `${commit} is applied`,
      timeoutMs: 60_000,
    },
  );

test('before the first look, and without repositories, `sync` says so', async () => {
  const said = await cli('sync');
  expect(said.exitCode).toBe(0);
  expect(said.stdout).toMatch(/shop {2}not looked at yet/);
  expect((await cli('sync other')).exitCode).toBe(3);
  expect((await cli('sync now')).stderr).toMatch(/Nothing looks for commits of "shop"/);
});

test('a push webhook makes it look at once; a forged, a foreign or a strange one does not', async () => {
  await stage.startWorkers();
  const { workspace, database } = stage.harness.sync;
  await keepSyncSchedules(stage.harness.environment.client, { workspace, gone: [] });
  // Looks once when it is made: the branch is not there yet.
  await eventually(async () => (await cli('sync')).stdout.includes('UNREACHABLE'), { timeoutMs: 60_000 });
  const gateway = await startGateway(stage.harness, { secretOf: () => webhookSecret });
  try {
    const commit = copy.commit(campaignIn('sale', { id: 'sale' }));
    const post = (headers: Record<string, string>, body: string) =>
      gateway.app.inject({
        method: 'POST',
        url: '/hooks/git/shop',
        headers: { 'content-type': 'application/json', ...headers },
        payload: body,
      });
    const body = JSON.stringify({ ref: 'refs/heads/main', after: commit });
    const mac = (text: string, secret = webhookSecret) => createHmac('sha256', secret).update(text).digest('hex');
    expect((await post({}, body)).statusCode).toBe(401);
    expect(
      (await post({ 'x-hub-signature-256': `sha256=${mac(body, 'another secret of 16')}` }, body)).statusCode,
    ).toBe(401);
    expect((await post({ 'x-gitea-signature': mac(`${body} `) }, body)).statusCode).toBe(401);
    expect((await post({ 'x-gitlab-token': 'not-the-secret-at-all' }, body)).statusCode).toBe(401);
    const elsewhere = JSON.stringify({ ref: 'refs/heads/other' });
    expect((await post({ 'x-gitea-signature': mac(elsewhere) }, elsewhere)).json()).toEqual({ looks: false });
    const answers = await Promise.all([
      post({ 'x-hub-signature-256': `sha256=${mac(body)}` }, body),
      post({ 'x-gitea-signature': mac(body) }, body),
      post({ 'x-forgejo-signature': mac(body) }, body),
      post({ 'x-gitlab-token': webhookSecret }, body),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 202]);
    await applied(commit);
    expect(await listRuns(database)).toMatchObject([{ campaignId: 'sale', appliedBy: 'luis' }]);
  } finally {
    await gateway.close();
  }
});

test('`status` shows every campaign on two axes, `sync` what became of each file', async () => {
  const files = { ...campaignIn('bad', { id: 'bad', more: 'colour: red\n' }), ...campaignIn('sale', { id: 'sale' }) };
  const commit = copy.commit(files);
  await look();
  await applied(commit);
  const status = await cli('status');
  expect(status.stdout).toMatch(/^synced +waiting +sale/m);
  expect(status.stdout).toMatch(/^invalid +none +bad/m);
  const sync = await cli('sync shop');
  expect(sync.stdout).toMatch(/^SYNCED {2}shop {2}commit [0-9a-f]{12}/);
  expect(sync.stdout).toMatch(/invalid +bad/);
  expect(sync.stdout).toMatch(/campaigns\/bad\/campaign\.yaml:6:1 DEF-/);
});

test('a suspended campaign is drifted until a person ends it', async () => {
  expect((await cli('suspend sale --as luis')).stderr).toMatch(/--reason is missing/);
  expect((await cli('suspend sale --until yesterday --reason x --as luis')).exitCode).toBe(3);
  expect((await cli('suspend sale --until 2d --reason "stock is short" --as luis')).exitCode).toBe(0);
  const commit = copy.commit(campaignIn('sale', { id: 'sale', subject: 'Ultimas horas' }));
  await look();
  await applied(commit);
  expect((await cli('status')).stdout).toMatch(/^drifted +waiting +sale +by luis until .*stock is short/m);
  expect((await cli('suspend sale --end --as luis')).exitCode).toBe(0);
  expect((await cli('suspend sale --end --as luis')).exitCode).toBe(5);
  await look();
  await eventually(async () => /^synced +waiting +sale/m.test((await cli('status')).stdout), { timeoutMs: 60_000 });
});

test('a commit that takes too much away waits until a person accepts that very commit', async () => {
  const before = copy.git('rev-parse', 'HEAD');
  const commit = copy.commit({ 'campaigns/sale': undefined });
  await look();
  await eventually(async () => (await cli('sync')).stdout.includes('BLOCKED'), { timeoutMs: 60_000 });
  expect((await cli('sync')).stdout).toMatch(/takes away 1 of 2 campaigns/);
  expect((await cli(`sync accept shop ${commit} --as luis`)).stderr).toMatch(/--reason is missing/);
  expect((await cli(`sync accept shop ${before} --as luis --reason ok`)).exitCode).toBe(3);
  expect((await cli(`sync accept shop ${commit} --as luis --reason "sold out"`)).exitCode).toBe(0);
  await applied(commit);
  expect((await cli('status')).stdout).toMatch(/^orphaned +waiting +sale/m);
  expect((await cli('prune sale --reason "sold out" --as luis')).exitCode).toBe(0);
  await eventually(async () => (await cli('approve sale --gate prune --as ana')).exitCode === 0, { timeoutMs: 30_000 });
  await eventually(async () => /aborted/.test((await cli('status')).stdout));
});
