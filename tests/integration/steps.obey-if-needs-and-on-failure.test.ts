import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { controlRun } from '../../operations/control';
import { askStatus } from '../../operations/decide';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  await harness.importPeople(4);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const tell = (id: string, over: Record<string, unknown> = {}) => ({ id, kind: 'notify' as const, ...over });
/** Cannot be decided when it is asked: the step has no such number. */
const undecidable = 'steps["content"].nothing > 1';

test('a step whose condition does not hold is skipped, by name; what needs it goes on', async () => {
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      testCampaign({
        steps: [
          gateStep(),
          emailStep({ if: 'run.members > 100' }),
          emailStep({ id: 'small', if: 'run.members == 4' }),
          tell('end'),
        ],
      }),
    );
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'offer')).toMatchObject({ state: 'skipped' });
    expect(stepOf(status, 'small')).toMatchObject({ state: 'done', books: { sent: 4 } });
    expect(stepOf(status, 'end').state).toBe('done');
    expect(status.phase).toBe('done');
  });
  expect(harness.customerMail()).toHaveLength(4);
});

test('independent steps run side by side: one that waits for its gate does not hold up the other', async () => {
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      testCampaign({
        steps: [
          gateStep(),
          gateStep({}, 'legal'),
          emailStep({ needs: ['content'] }),
          emailStep({ id: 'terms', needs: ['legal'] }),
        ].map((step) => (step.kind === 'gate' ? { ...step, needs: [] } : step)),
      }),
    );
    await decide(harness, runId, 'ana', { gate: 'legal' });
    await eventually(() => harness.customerMail().length === 4);
    expect(stepOf(await askStatus(environment.client, runId), 'offer').state).toBe('waiting');
    await decide(harness, runId, 'ana');
    expect((await resultOf(harness, runId)).phase).toBe('done');
  });
  expect(harness.customerMail()).toHaveLength(8);
});

test('onFailure hold: the run is held with the reason, tries again on resume, and can be aborted', async () => {
  const operator = { client: environment.client, database: harness.database };
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      testCampaign({ steps: [gateStep(), emailStep({ if: undecidable, onFailure: 'hold' })] }),
    );
    await decide(harness, runId, 'ana');
    const held = async () =>
      eventually(async () => {
        const status = await askStatus(environment.client, runId);
        return status.phase === 'held' ? status : undefined;
      });
    const first = await held();
    expect(stepOf(first, 'offer').detail).toMatch(/nothing/);
    await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'again' });
    await eventually(async () => (await held()).lastProblem?.at !== first.lastProblem?.at);
    await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'no use' });
    expect((await resultOf(harness, runId)).phase).toBe('aborted');
  });
  const { rows } = await harness.database.query('select status, count(*)::int as n from deliveries group by status');
  expect(rows).toEqual([{ status: 'cancelled', n: 4 }]);
});

test('onFailure continue: the step is failed, the run goes on and its books balance', async () => {
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      testCampaign({ steps: [gateStep(), emailStep({ if: undecidable, onFailure: 'continue' }), tell('end')] }),
    );
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'offer').state).toBe('failed');
    expect(stepOf(status, 'end').state).toBe('done');
  });
});

test('onFailure abort: the run ends as failed and nothing after it happens', async () => {
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      testCampaign({ steps: [gateStep(), emailStep({ if: undecidable, onFailure: 'abort' }), tell('end')] }),
    );
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('failed');
    expect(stepOf(status, 'end').state).toBe('cancelled');
  });
});
