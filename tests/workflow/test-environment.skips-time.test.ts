import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes } from '../../workflows/search-attributes';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
});
afterAll(() => environment.teardown());

test('a month passes on the server while the test does not wait for it', async () => {
  const before = await environment.currentTimeMs();
  await environment.sleep('30 days');
  expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 86_400_000);
});

test('runs can be started with our search attributes', async () => {
  const handle = await environment.client.workflow.start('anything', {
    workflowId: 'attributes',
    taskQueue: 'nobody',
    typedSearchAttributes: [
      { key: searchAttributes.campaignId, value: 'spring-sale' },
      { key: searchAttributes.campaignRecipients, value: 12_391 },
      { key: searchAttributes.campaignDeadline, value: new Date('2027-04-30T21:59:00Z') },
    ],
  });
  const { typedSearchAttributes } = await handle.describe();
  expect(typedSearchAttributes.get(searchAttributes.campaignRecipients)).toBe(12_391);
  await handle.terminate();
});
