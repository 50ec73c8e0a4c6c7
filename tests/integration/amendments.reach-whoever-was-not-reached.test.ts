import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { readAmendments } from '../../ledger/amendments';
import { readFacts } from '../../ledger/audit';
import { stepBooks } from '../../ledger/books';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { askStatus } from '../../operations/decide';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
import { quiet, smallBatches, startSlowly, withSubject } from '../support/slow-runs';
import { localEnvironment, workflowBundle } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const sale = testCampaign({ steps: [gateStep(), emailStep()] });

const subjects = () => {
  const counts: Record<string, number> = {};
  for (const { raw } of harness.customerMail()) {
    const subject = /^Subject: (.*)$/m.exec(raw)?.[1]?.trim() ?? '';
    const kind = subject.startsWith('Ultimas') ? 'new' : 'old';
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

test('who was not mailed yet gets the new subject, once it is approved again; nobody is mailed twice', async () => {
  const people = 300;
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, sale, people);
    const before = await askStatus(environment.client, runId);
    const applied = await harness.apply(withSubject(sale, 'Ultimas horas'), { by: 'luis' });
    expect(applied).toMatchObject({ runId, outcome: 'amended', amendment: { no: 1, voids: ['content'] } });
    const atAmendment = harness.customerMail().length;
    const stopped = await quiet(harness);
    expect(stopped - atAmendment).toBeLessThanOrEqual(smallBatches.batchSize);

    const asking = await openGate(harness, runId);
    expect(asking.planHash).not.toBe(before.planHash);
    await expect(decide(harness, runId, 'ana', { planHash: before.planHash })).rejects.toMatchObject({
      code: 'VOL-300',
    });
    expect(harness.customerMail()).toHaveLength(stopped);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status).toMatchObject({ phase: 'done', amendments: 1 });
    expect(stepOf(status, 'offer').books).toMatchObject({ sent: people, inDoubt: 0, open: 0 });
    expect(subjects()).toEqual({ old: stopped, new: people - stopped });

    const run = await findRun(harness.database, runId);
    const [amendment] = await readAmendments(harness.database, run?.no ?? 0);
    expect(amendment).toMatchObject({ no: 1, by: 'luis', voids: ['content'], fromPlanHash: before.planHash });
    expect(amendment?.changes).toEqual([
      { path: 'steps.offer.email.subject', kind: 'changed', rule: 'live', effect: 'at-once' },
    ]);
    const facts = await readFacts(harness.database, runId);
    expect(facts.filter(({ action }) => action === 'run.amended')).toHaveLength(1);

    const history = await environment.client.workflow.getHandle(runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, runId);
  });
  expect(new Set(harness.customerMail().map(({ to }) => to[0])).size).toBe(people);
});

test('what changes nothing that people approve asks nobody again, and the same commit seen twice is one amendment', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, sale, 200);
    const renamed = { ...sale, name: 'Spring sale', owner: 'ana' };
    const [first, second] = await Promise.all([harness.apply(renamed), harness.apply(renamed)]);
    expect(new Set([first.outcome, second.outcome])).toEqual(new Set(['amended']));
    expect(await harness.apply(renamed)).toMatchObject({ outcome: 'already' });
    const status = await resultOf(harness, runId);
    expect(status).toMatchObject({ phase: 'done', amendments: 1 });
    const run = await findRun(harness.database, runId);
    expect(await readAmendments(harness.database, run?.no ?? 0)).toHaveLength(1);
    const carried = (await readFacts(harness.database, runId)).filter(({ action }) => action === 'gate.carried');
    expect(carried).toMatchObject([{ subject: 'content' }]);
  });
  expect(harness.customerMail()).toHaveLength(200);
});

test('what is fixed is refused with every reason, and the run goes on as it was', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, sale, 100);
    const other = {
      ...withSubject(sale, 'Ultimas horas'),
      audience: { ...sale.audience, where: 'contact.orders > 1' },
      schedule: { ...sale.schedule, timezone: 'Europe/Lisbon' },
    };
    await expect(harness.apply(other)).rejects.toMatchObject({
      code: 'VOL-300',
      message: expect.stringMatching(/audience\.where, schedule\.timezone/),
    });
    const status = await resultOf(harness, runId);
    expect(status.amendments).toBeUndefined();
  });
  expect(subjects()).toEqual({ old: 100 });
});

test('steps that have not begun are added, changed and dropped; a wait under way takes its new length', async () => {
  const before = testCampaign({
    steps: [
      gateStep(),
      { id: 'pause', kind: 'wait', wait: { for: 3600_000 } },
      emailStep(),
      { id: 'tell', kind: 'notify' },
    ],
  });
  const after = testCampaign({
    steps: [
      gateStep(),
      { id: 'pause', kind: 'wait', wait: { for: 1_000 } },
      { id: 'copy', kind: 'gate', gate: gateStep().gate },
      { ...withSubject(before, 'Ultimas horas').steps[2], needs: ['copy'] } as never,
    ],
  });
  await harness.importPeople(5);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(before, { tuning: smallBatches });
    await decide(harness, runId, 'ana');
    await eventually(async () => stepOf(await askStatus(environment.client, runId), 'pause').state === 'running');
    const applied = await harness.apply(after);
    expect(applied).toMatchObject({ outcome: 'amended', amendment: { voids: ['content'] } });
    await decide(harness, runId, 'ana');
    await decide(harness, runId, 'bea', { gate: 'copy' });
    const status = await resultOf(harness, runId);
    expect(status.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'content done',
      'pause done',
      'offer done',
      'copy done',
    ]);
  });
  expect(subjects()).toEqual({ new: 5 });
});

test('a reverted commit gives those who wait the former message again', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, sale, 200);
    await harness.apply(withSubject(sale, 'Ultimas horas'));
    const stopped = await quiet(harness);
    expect(await harness.apply(sale)).toMatchObject({ outcome: 'amended', amendment: { no: 2 } });
    await decide(harness, runId, 'ana');
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done', amendments: 2 });
    expect(stopped).toBeLessThan(200);
  });
  expect(subjects()).toEqual({ old: 200 });
});

test('a step that is sending and no longer in the file stops; what is sent is named, the rest is cancelled', async () => {
  const both = testCampaign({
    steps: [gateStep(), emailStep(), emailStep({ id: 'second', needs: ['content'], if: 'run.members < 0' })],
  });
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, both, 200);
    const without = { ...both, steps: both.steps.filter(({ id }) => id !== 'offer') };
    expect(await harness.apply(without)).toMatchObject({ outcome: 'amended' });
    const status = await resultOf(harness, runId);
    const sent = harness.customerMail().length;
    expect(stepOf(status, 'offer')).toMatchObject({
      state: 'cancelled',
      detail: expect.stringMatching(/cannot be undone/),
      books: { sent, cancelled: 200 - sent, open: 0 },
    });
    expect(sent).toBeLessThan(200);
    expect(status.phase).toBe('done');
  });
});

test('a pause outlasts an amendment, a resume sends nothing unapproved, and an abort still ends the run with balanced books', async () => {
  const operator = { client: environment.client, database: harness.database };
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, sale, 200);
    await controlRun(operator, { runId, verb: 'pause', by: 'luis', reason: 'wait' });
    await harness.apply(withSubject(sale, 'Ultimas horas'));
    const stopped = await quiet(harness);
    expect(await askStatus(environment.client, runId)).toMatchObject({ amendments: 1, phase: 'paused' });
    await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'go on' });
    await openGate(harness, runId);
    expect(harness.customerMail()).toHaveLength(stopped);
    await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'enough' });
    const status = await resultOf(harness, runId);
    const run = await findRun(harness.database, runId);
    const books = await stepBooks(harness.database, { runNo: run?.no ?? 0, step: 'offer' });
    expect(status.phase).toBe('aborted');
    expect(books).toMatchObject({ sent: stopped, cancelled: 200 - stopped, open: 0 });
  });
});
