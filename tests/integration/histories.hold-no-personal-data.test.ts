import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { verifyAudit } from '../../ledger/audit';
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

test('no canary of 200 people, no note of an approver, is in any history, summary or search attribute; the audit chain holds', async () => {
  await harness.importPeople(200, (n) => ({ firstName: `Canary${n}Zzq`, city: `Secretville${n}` }));
  const { runId } = await harness.launch(
    testCampaign({ steps: [gateStep(), emailStep(), { id: 'tell', kind: 'notify' }] }),
  );
  await harness.withWorkers(async () => {
    await decide(harness, runId, 'ana', { note: 'Pepita Canary said it is fine' });
    await resultOf(harness, runId);
  });
  expect(harness.customerMail()).toHaveLength(200);
  const texts: string[] = [];
  for (const workflowId of [runId, `${runId}/offer/1`]) {
    const handle = environment.client.workflow.getHandle(workflowId);
    const history = await handle.fetchHistory();
    texts.push(JSON.stringify(decoded(history.events)), JSON.stringify(decoded(await handle.describe())));
  }
  expect((await verifyAudit(harness.database)).brokenAt).toBeUndefined();
  const all = texts.join('\n');
  expect(all).toContain(runId);
  expect(all).toContain('planSweep');
  expect(all).toContain('members 1–200');
  for (const canary of ['Zzq', 'Secretville', '@example.com', 'Pepita']) expect(all).not.toContain(canary);
});

/** The same with bytes as the text they are, and without methods. */
function decoded(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'bigint' || typeof value === 'function') return String(value);
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'client' ? undefined : decoded(inner)]),
  );
}
