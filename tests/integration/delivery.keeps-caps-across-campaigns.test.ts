import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, {
    workspace: { frequencyCaps: [{ limit: 2, per: 7 * 24 * 3600_000 }] },
  });
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
});

test('five campaigns at once never exceed two messages a person in seven days, and say who was capped', async () => {
  await harness.importPeople(60);
  await harness.withWorkers(async () => {
    const campaigns = Array.from({ length: 5 }, (_, n) =>
      testCampaign({ id: `sale-${n}`, steps: [gateStep(), emailStep()] }),
    );
    const runs = await Promise.all(
      campaigns.map((campaign) =>
        harness.launch(campaign, { tuning: { batchSize: 10, pageSize: 20, pagesPerActivity: 1 } }),
      ),
    );
    await Promise.all(runs.map(({ runId }) => decide(harness, runId, 'ana')));
    const results = await Promise.all(runs.map(({ runId }) => resultOf(harness, runId)));
    const books = results.map((status) => stepOf(status, 'offer').books);
    const sum = (place: 'sent' | 'capped' | 'open') => books.reduce((total, each) => total + (each?.[place] ?? 0), 0);
    expect(sum('sent')).toBe(120);
    expect(sum('capped')).toBe(180);
    expect(sum('open')).toBe(0);
  });
  const perPerson = new Map<string, number>();
  for (const { to } of harness.customerMail()) perPerson.set(to[0] ?? '', (perPerson.get(to[0] ?? '') ?? 0) + 1);
  expect(perPerson.size).toBe(60);
  expect(Math.max(...perPerson.values())).toBe(2);
});
