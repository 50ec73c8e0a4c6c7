import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { findRun } from '../../ledger/runs';
import { gatherMeasured } from '../../measured/run-measured';
import { askStatus } from '../../operations/decide';
import { overrideAtCheckpoint } from '../../operations/override';
import { eventually } from '../support/eventually';
import { clickMetric, day, experimentCampaign, hour } from '../support/experiments';
import { type Harness, runHarness, testWorkspace } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
const people = 200;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  await harness.importPeople(people);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const arms = (subject: string) => [
  { name: 'a', share: 0.5 },
  { name: 'b', share: 0.5, subject },
];
const reaches = (runId: string, phase: string) =>
  eventually(async () => (await askStatus(environment.client, runId)).phase === phase, { what: phase });
const said = (subject: string) =>
  harness.customerMail().filter(({ raw }) => raw.includes(`\r\nSubject: ${subject}\r\n`));

async function promote(runId: string, arm: string): Promise<void> {
  const { ana } = testWorkspace.people;
  if (!ana) throw new Error('ana');
  await overrideAtCheckpoint(
    { client: environment.client, database: harness.database },
    { runId, checkpoint: 'offer/canary', choice: { do: 'promote', arm }, person: ana, reason: 'enough is known' },
  );
}

const askedAtCheckpoint = (runId: string) =>
  eventually(
    async () =>
      (await askStatus(environment.client, runId)).gates.some(
        ({ gate, state }) => gate.startsWith('offer.canary.') && state === 'open',
      ),
    { what: 'people are asked what to do at the checkpoint', timeoutMs: 20_000 },
  );

async function epochsOf(runId: string): Promise<number | undefined> {
  const run = await findRun(harness.database, runId);
  if (!run) throw new Error('no run');
  const { epochs } = await gatherMeasured(harness.database, run, new Date());
  return epochs.find(({ step }) => step === 'offer')?.epochs;
}

test('while a checkpoint waits an arm says something else: approved again, the rest gets the new words in a new epoch, nobody twice', async () => {
  const waits = { after: { minRecipients: 10_000, timeout: day } };
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(experimentCampaign({ checkpoint: waits }));
    await decide(harness, runId, 'ana');
    await reaches(runId, 'checkpoint');
    expect(harness.customerMail()).toHaveLength(people / 2);

    const amended = await harness.apply(experimentCampaign({ checkpoint: waits, arms: arms('Tercera linea') }));
    expect(amended).toMatchObject({ runId, outcome: 'amended', amendment: { voids: ['content'] } });
    await openGate(harness, runId);
    expect(harness.customerMail()).toHaveLength(people / 2);
    await decide(harness, runId, 'ana');
    await reaches(runId, 'checkpoint');
    await promote(runId, 'b');

    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done', amendments: 1 });
    expect(said('Tercera linea')).toHaveLength(people / 2);
    expect(said('Otra linea').length).toBeGreaterThan(0);
    expect(new Set(harness.customerMail().map(({ to }) => to[0])).size).toBe(people);
    expect(await epochsOf(runId)).toBe(2);
  });
});

test('while people are asked what to do at a checkpoint, its metric changes: they are asked anew about the new plan', async () => {
  const holds = { after: { minRecipients: 10_000, timeout: 500 } };
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(experimentCampaign({ checkpoint: holds }));
    await decide(harness, runId, 'ana');
    await askedAtCheckpoint(runId);

    const metrics = [{ ...clickMetric, window: 5 * hour }];
    const amended = await harness.apply(experimentCampaign({ checkpoint: holds, metrics }));
    expect(amended).toMatchObject({ runId, outcome: 'amended' });
    expect((await askStatus(environment.client, runId)).gates).toMatchObject([
      { gate: 'content' },
      { gate: 'offer.canary.1', state: 'void' },
    ]);
    await decide(harness, runId, 'ana');
    await askedAtCheckpoint(runId);
    expect(harness.customerMail()).toHaveLength(people / 2);
    await promote(runId, 'b');
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done', amendments: 1 });
    expect(new Set(harness.customerMail().map(({ to }) => to[0])).size).toBe(people);
    expect(await epochsOf(runId)).toBe(2);
  });
});
