import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createControlActivities } from '../../activities';
import { findRun } from '../../ledger/runs';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  await harness.importPeople(5);
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
});

test('a delivery is refused unless the ledger holds an approved gate of this very plan, whatever the workflow says', async () => {
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }));
    const { planHash, revision } = await openGate(harness, runId);
    const row = await findRun(harness.database, runId);
    const { openStep } = createControlActivities(harness.deps);
    const ask = (over: { planHash?: string; gates?: string[] } = {}) =>
      openStep({
        run: { runId, runNo: row?.no ?? 0, revision },
        step: 'offer',
        gates: ['content'],
        planHash,
        now: new Date().toISOString(),
        ...over,
      });
    const refused = expect.objectContaining({ type: 'NotApproved' });
    await expect(ask()).rejects.toEqual(refused);

    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    await expect(ask({ planHash: 'f'.repeat(64) })).rejects.toEqual(refused);
    await expect(ask({ gates: ['another'] })).rejects.toEqual(refused);
    await expect(ask()).resolves.toBeUndefined();
  });
  expect(harness.customerMail()).toHaveLength(5);
});

test('an e-mail step that no gate comes before fails instead of sending', async () => {
  await harness.withWorkers(async () => {
    const before = harness.customerMail().length;
    const { runId } = await harness.launch(testCampaign({ id: 'ungated', steps: [emailStep({ onFailure: 'abort' })] }));
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('failed');
    expect(status.lastProblem?.what).toMatch(/NotApproved/);
    expect(harness.customerMail()).toHaveLength(before);
  });
});
