import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createRandom } from '../../decisions/random';
import { revisionOf } from '../../definition/revision';
import type { RunStatus } from '../../definition/run-status';
import { importContacts } from '../../ledger/contacts-import';
import { findRun } from '../../ledger/runs';
import { askStatus, decideAtGate } from '../../operations/decide';
import { launch } from '../../operations/launch';
import { inDoubt } from '../../operations/reconcile';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, testCampaign, testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, type StageWorker, stageSecretKey } from '../support/stage';
import { checkDeliveries } from './checker';

/** The storm; `VOLANTE_CHAOS_RECIPIENTS` and `VOLANTE_CHAOS_KILLS` make it longer. */
const recipients = Number(process.env.VOLANTE_CHAOS_RECIPIENTS ?? 5_000);
const kills = Number(process.env.VOLANTE_CHAOS_KILLS ?? 25);
const seed = Number(process.env.VOLANTE_CHAOS_SEED ?? Date.now() % 1_000_000);

let stage: Stage;
let sink: SmtpSink;

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({
    smtpUrl: sink.url,
    connections: 5,
    rate: `${Math.max(60, Math.round(recipients / 60))}/s`,
  });
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
}, 60_000);

test(`no recipient gets two messages and none is lost silently, through ${kills} kills of workers, one of Temporal and one of PostgreSQL`, async () => {
  await importPeople(recipients);
  const operator = { client: stage.client, database: stage.database };
  const workers = [await stage.startWorker(), await stage.startWorker()];
  const campaign = testCampaign({ steps: [gateStep(), emailStep({ onLate: 'send' })] });
  const { runId } = await launch(operator, {
    campaign,
    revision: revisionOf(campaign),
    files: [{ path: 'offer.html', content: Buffer.from(template) }],
    planHash: 'c'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: recipients,
    tuning: { heartbeatTimeoutMs: 2_000, pageSize: 250, pagesPerActivity: 1, batchSize: 50, shardSize: recipients },
  });
  const { planHash } = await eventually(async () => {
    const status = await askStatus(stage.client, runId);
    return status.gates.some(({ state }) => state === 'open') ? status : undefined;
  });
  const ana = testWorkspace.people.ana;
  if (!ana) throw new Error('ana');
  await decideAtGate(operator, { runId, gate: 'content', verdict: 'approve', person: ana, planHash, via: 'cli' });

  await storm(workers);
  await Promise.all(workers.map((worker) => worker.kill()));
  workers.push(await stage.startWorker());
  const result = (await eventually(() => stage.client.workflow.getHandle(runId).result(), {
    timeoutMs: 240_000,
  })) as RunStatus;

  const messages = sink.messages.filter(({ to }) => !to.includes('ana@shop.example'));
  const verdict = await checkDeliveries({ databaseUrl: stage.databaseUrl, runId, step: 'offer', messages });
  process.stderr.write(
    `storm with seed ${seed}: ${JSON.stringify({ ...verdict.byStatus, arrived: verdict.arrived, kills })}\n`,
  );
  expect(verdict).toMatchObject({
    members: recipients,
    twice: [],
    sentButNotArrived: [],
    arrivedUnrecorded: [],
    unaccounted: [],
    strangers: [],
  });
  const run = await findRun(stage.database, runId);
  if (!run) throw new Error('no run');
  expect(await inDoubt(stage.database, run)).toHaveLength(verdict.byStatus.in_doubt ?? 0);
  const books = result.steps.find(({ id }) => id === 'offer')?.books;
  expect(result.phase).toBe('done');
  expect(books).toMatchObject({
    targeted: recipients,
    open: 0,
    sent: verdict.byStatus.sent,
    inDoubt: verdict.byStatus.in_doubt ?? 0,
  });
  // Doubt is bounded by what is on the wire when a worker dies: connections of one worker, for each kill.
  expect(books?.inDoubt).toBeLessThanOrEqual((kills + 3) * 4 * 5);
}, 600_000);

/** Kills one of two workers again and again, and each server once, while mail is going out. */
async function storm(workers: StageWorker[]): Promise<void> {
  const random = createRandom(seed).uniform;
  const share = recipients / (kills + 2);
  for (let kill = 1; kill <= kills; kill += 1) {
    const goal = Math.min(recipients * 0.97, kill * share * (0.9 + 0.2 * random()));
    await eventually(() => sink.messages.length >= goal, {
      timeoutMs: 60_000,
      what: `${Math.round(goal)} messages`,
    }).catch(() => undefined);
    const victim = Math.floor(random() * workers.length);
    await workers[victim]?.kill();
    if (kill === Math.ceil(kills / 3)) await stage.restartTemporal('SIGKILL');
    if (kill === Math.ceil((2 * kills) / 3)) await stage.restartDatabase('kill');
    workers[victim] = await stage.startWorker();
  }
}

async function importPeople(count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) => `p${n}@d${n % 20}.example,Name${n},granted,test,2026-01-01`);
  const csv = ['email,firstName,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
}

const template = readFileSync(`${__dirname}/../fixtures/offer.html`, 'utf8');
