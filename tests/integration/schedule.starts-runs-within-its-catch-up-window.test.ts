import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
});

test('a campaign with cron is one schedule with a catch-up window of minutes; each firing is a run with its own gate and audience', async () => {
  await harness.importPeople(3);
  const weekly = testCampaign({
    schedule: { cron: ['0 9 * * 2'], catchupWindow: 600_000 },
    steps: [gateStep(), emailStep()],
  });
  await harness.withWorkers(async () => {
    const launched = await harness.launch(weekly);
    expect(launched.outcome).toBe('scheduled');
    expect((await harness.launch(weekly)).outcome).toBe('already');
    const schedule = environment.client.schedule.getHandle(launched.runId);
    const description = await schedule.describe();
    expect(description.policies.catchupWindow).toBe(600_000);
    expect(description.policies.overlap).toBe('SKIP');
    expect(description.info.nextActionTimes[0]?.getUTCDay()).toBe(2);

    await schedule.trigger();
    const runId = await eventually(async () => {
      const { info } = await schedule.describe();
      const [recent] = info.recentActions;
      return recent?.action.type === 'startWorkflow' ? recent.action.workflow.workflowId : undefined;
    });
    expect(runId).toMatch(/^campaign\/sale-.*Z$/);
    await decide(harness, runId, 'ana');
    expect((await resultOf(harness, runId)).phase).toBe('done');

    const changed = await harness.launch({ ...weekly, name: 'Other name' });
    expect(changed).toEqual({ runId: launched.runId, outcome: 'scheduled' });
    await schedule.delete();
  });
  expect(harness.customerMail()).toHaveLength(3);
});
