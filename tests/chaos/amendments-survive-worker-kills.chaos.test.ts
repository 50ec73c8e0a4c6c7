import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { revisionOf } from '../../definition/revision';
import type { RunStatus } from '../../definition/run-status';
import { readAmendments } from '../../ledger/amendments';
import { importContacts } from '../../ledger/contacts-import';
import { findRun } from '../../ledger/runs';
import { applyCampaign } from '../../operations/apply';
import { askStatus, decideAtGate } from '../../operations/decide';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, testCampaign, testWorkspace } from '../support/run-harness';
import { withSubject } from '../support/slow-runs';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, stageSecretKey } from '../support/stage';
import { checkDeliveries } from './checker';

const people = 600;
let stage: Stage;
let sink: SmtpSink;

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections: 5, rate: '60/s' });
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
}, 60_000);

test('workers killed while a file is taken, while deliveries stop and while it is approved again: one amendment, nobody mailed twice or with what was not approved', async () => {
  const lines = Array.from({ length: people }, (_, n) => `p${n}@d${n % 20}.example,Name${n},granted,test,2026-01-01`);
  const csv = ['email,firstName,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
  const operator = { client: stage.client, database: stage.database };
  const sale = testCampaign({ steps: [gateStep(), emailStep({ onLate: 'send' })] });
  const request = (campaign: typeof sale) => ({
    campaign,
    revision: revisionOf(campaign),
    files: [{ path: 'offer.html', content: readFileSync(`${__dirname}/../fixtures/offer.html`) }],
    planHash: 'c'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: people,
    tuning: { heartbeatTimeoutMs: 2_000, pageSize: 100, pagesPerActivity: 1, batchSize: 20, shardSize: people },
  });
  const ana = testWorkspace.people.ana;
  if (!ana) throw new Error('ana');
  const customers = () => sink.messages.filter(({ to }) => !to.includes('ana@shop.example'));
  const approve = async (runId: string) => {
    const { planHash } = await eventually(async () => {
      const status = await askStatus(stage.client, runId);
      return status.gates.some(({ state }) => state === 'open') ? status : undefined;
    });
    await decideAtGate(operator, { runId, gate: 'content', verdict: 'approve', person: ana, planHash, via: 'cli' });
  };

  let worker = await stage.startWorker();
  const { runId } = await applyCampaign(operator, request(sale));
  await approve(runId);
  await eventually(() => customers().length > 60, { what: 'mail is going out' });
  // Whoever asks while nobody answers asks again: it is the same amendment.
  const amended = eventually(() => applyCampaign(operator, request(withSubject(sale, 'Ultimas'))), {
    timeoutMs: 120_000,
    what: 'the file is taken',
  });
  await worker.kill();
  worker = await stage.startWorker();
  expect(await amended).toMatchObject({ runId });
  await worker.kill();
  const former = customers().length;
  worker = await stage.startWorker();
  await eventually(async () => (await askStatus(stage.client, runId)).gates.some(({ state }) => state === 'open'));
  await worker.kill();
  worker = await stage.startWorker();
  const isNew = ({ raw }: { raw: string }) => /^Subject: Ultimas/m.test(raw);
  expect(customers().filter(isNew)).toHaveLength(0);
  await approve(runId);
  const result = (await stage.client.workflow.getHandle(runId).result()) as RunStatus;

  const verdict = await checkDeliveries({
    databaseUrl: stage.databaseUrl,
    runId,
    step: 'offer',
    messages: customers(),
  });
  expect(verdict).toMatchObject({
    members: people,
    twice: [],
    sentButNotArrived: [],
    arrivedUnrecorded: [],
    unaccounted: [],
    strangers: [],
  });
  expect(customers().filter((message) => !isNew(message)).length).toBeLessThanOrEqual(former + 100);
  expect(result.steps.find(({ id }) => id === 'offer')?.books).toMatchObject({ targeted: people, open: 0 });
  const run = await findRun(stage.database, runId);
  expect(await readAmendments(stage.database, run?.no ?? 0)).toHaveLength(1);
}, 300_000);
