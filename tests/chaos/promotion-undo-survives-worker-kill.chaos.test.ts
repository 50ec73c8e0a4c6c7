import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Client } from 'pg';
import { revisionOf } from '../../definition/revision';
import type { RunStatus } from '../../definition/run-status';
import { importContacts } from '../../ledger/contacts-import';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { promotionReports } from '../../ledger/promotions/report';
import { findRun } from '../../ledger/runs';
import { askStatus, decideAtGate } from '../../operations/decide';
import { launch } from '../../operations/launch';
import { abortRun } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { askTill, codesBudget, euros, promotionStep } from '../support/promotions';
import { emailStep, gateStep, testCampaign, testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, stageSecretKey } from '../support/stage';

let stage: Stage;
let sink: SmtpSink;
const people = 300;

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections: 5 });
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
}, 60_000);

test('a worker killed in the middle of taking codes back: another goes on, every book balances, and the report says what stays', async () => {
  const lines = Array.from({ length: people }, (_, n) => `p${n}@d${n % 20}.example,granted,test,2026-01-01`);
  const csv = ['email,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
  const campaign = testCampaign({
    id: 'undo',
    budget: codesBudget(people * 20),
    steps: [gateStep(), promotionStep(), { id: 'rest', kind: 'wait', wait: { for: 24 * 3600_000 } }, emailStep()],
  });
  const operator = { client: stage.client, database: stage.database };
  let worker = await stage.startWorker();
  const { runId } = await launch(operator, {
    campaign,
    revision: revisionOf(campaign),
    files: [{ path: 'offer.html', content: readFileSync(`${__dirname}/../fixtures/offer.html`) }],
    planHash: 'c'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: people,
  });
  const status = (is: (seen: RunStatus) => boolean) =>
    eventually(
      async () => {
        const seen = await askStatus(stage.client, runId);
        return is(seen) ? seen : undefined;
      },
      { timeoutMs: 120_000 },
    );
  const { planHash } = await status(({ gates }) => gates.some(({ state }) => state === 'open'));
  const ana = testWorkspace.people.ana;
  if (!ana) throw new Error('ana');
  await decideAtGate(operator, { runId, gate: 'content', verdict: 'approve', person: ana, planHash, via: 'cli' });
  await status(({ steps }) => steps.some(({ id, state }) => id === 'rest' && state === 'running'));
  const run = await findRun(stage.database, runId);
  if (!run) throw new Error('no run');

  const { rows: codes } = await stage.database.query<{ code: string }>(
    'select code from promotion_codes order by no limit 10',
  );
  for (const { code } of codes)
    await askTill(stage.database, { act: 'redeem', source: 'shop', code, basket: euros(40), now: new Date() });

  // Whoever takes codes back needs this row: the worker is killed while it waits for it.
  const holder = new Client({ connectionString: stage.databaseUrl });
  await holder.connect();
  await holder.query('begin');
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  await holder.query('select from promotion_codes where no = (select max(no) from promotion_codes) for update');
  await stage.client.workflow.getHandle(runId).signal(abortRun, { by: 'luis', reason: 'wrong discount' });
  await eventually(
    async () => {
      const waiting = await stage.database.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [
        rows[0]?.pid,
      ]);
      return (waiting.rowCount ?? 0) > 0 || undefined;
    },
    { timeoutMs: 120_000, what: 'codes are being taken back' },
  );
  await worker.kill();
  await holder.end();
  worker = await stage.startWorker();

  const result = (await eventually(() => stage.client.workflow.getHandle(runId).result(), {
    timeoutMs: 240_000,
  })) as RunStatus;
  expect(result.phase).toBe('aborted');
  expect(result.steps.find(({ id }) => id === 'codes')?.detail).toBe(
    `undone: ${people - 10} codes disabled, 10 redeemed for 60.00 EUR cannot be taken back`,
  );
  expect(await promotionReports(stage.database, run.no)).toMatchObject([
    {
      state: 'disabled',
      codes: people,
      disabled: people - 10,
      redeemed: 10,
      held: 0,
      spent: euros(60),
      reserved: euros(0),
    },
  ]);
  expect((await moneyLines(stage.database, run.no))[0]).toMatchObject({
    reserved: 0,
    committed: 60e6,
    available: 5_940e6,
  });
  expect(await auditBook(stage.database, run.no)).toEqual([]);
  expect(sink.messages.filter(({ to }) => !to.some((address) => address.endsWith('@shop.example')))).toEqual([]);
  await worker.stop();
}, 420_000);
