import { Client } from 'pg';
import { readSyncCampaigns } from '../../ledger/sync/campaigns';
import { findSyncRepository } from '../../ledger/sync/repositories';
import { eventually } from '../support/eventually';
import { type GitServer, gitServer } from '../support/git-server';
import { campaignIn, WorkingCopy } from '../support/git-sync';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage } from '../support/stage';

const campaigns = 40;

let stage: Stage;
let sink: SmtpSink;
let server: GitServer;
let copy: WorkingCopy;

beforeAll(async () => {
  server = await gitServer();
  copy = WorkingCopy.of(server);
  sink = await smtpSink();
  stage = await Stage.open({
    smtpUrl: sink.url,
    connections: 5,
    repositories: [`shop: { url: "${server.url}", actor: luis, every: 2s }`],
  });
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
  copy?.remove();
  await server?.stop();
}, 60_000);

const patient = { timeoutMs: 120_000 };
const countRuns = async () =>
  (await stage.database.query<{ runs: number }>('select count(*)::int as runs from runs')).rows[0]?.runs ?? 0;

test('the controller is killed at every step of a sync: no run is started twice, none is forgotten', async () => {
  const names = Array.from({ length: campaigns }, (_, n) => `c${String(n).padStart(2, '0')}`);
  const commit = copy.commit(Object.assign({}, ...names.map((name) => campaignIn(name, { id: name }))));

  // While it talks to the server.
  server.hold();
  let worker = await stage.startWorker();
  const asked = server.requests();
  await eventually(() => server.requests() > asked, { ...patient, what: 'it asks for the commit' });
  await worker.kill();
  server.release();

  // While it stores what it has read.
  const holder = new Client({ connectionString: stage.databaseUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query('lock table revision_files in exclusive mode');
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  worker = await stage.startWorker();
  await eventually(
    async () => {
      const waiting = await stage.database.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [
        rows[0]?.pid,
      ]);
      return (waiting.rowCount ?? 0) > 0;
    },
    { ...patient, what: 'it reads the commit' },
  );
  await worker.kill();
  await holder.query('rollback');
  await holder.end();

  // Half-way through what it starts, and again as soon as all are started.
  worker = await stage.startWorker();
  await eventually(async () => (await countRuns()) >= campaigns / 4, {
    ...patient,
    what: 'runs are started',
  });
  await worker.kill();
  expect(await countRuns()).toBeLessThan(campaigns);
  worker = await stage.startWorker();
  await eventually(async () => (await countRuns()) === campaigns, { ...patient, what: 'all are started' });
  await worker.kill();

  worker = await stage.startWorker();
  await eventually(
    async () => {
      const states = (await readSyncCampaigns(stage.database, 'shop')).map(({ state }) => state);
      const { appliedCommit } = (await findSyncRepository(stage.database, 'shop')) ?? {};
      return appliedCommit === commit && states.length === campaigns && states.every((state) => state === 'applied');
    },
    { ...patient, what: 'the commit is applied' },
  );
  expect(await countRuns()).toBe(campaigns);
  const started = await eventually(
    async () => {
      const found: string[] = [];
      for await (const { workflowId } of stage.client.workflow.list({ query: "WorkflowType = 'campaignRun'" }))
        found.push(workflowId);
      return found.length >= campaigns ? found : undefined;
    },
    { what: 'every run is a workflow' },
  );
  expect(started).toHaveLength(campaigns);
  expect(new Set(started).size).toBe(campaigns);
  const applied = await stage.database.query("select distinct run_id from audit where action = 'plan.applied'");
  expect(applied.rowCount).toBe(campaigns);
  await worker.stop();
}, 600_000);
