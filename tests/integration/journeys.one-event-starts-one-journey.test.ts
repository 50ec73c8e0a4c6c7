import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { controlRun } from '../../operations/control';
import { journeyCampaign, letter, type Shop, shopOf } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
import { resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  shop = shopOf(harness);
  await harness.importPeople(6, (n) => ({ country: n % 2 ? 'ES' : 'PT' }));
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const operator = () => ({ client: environment.client, database: harness.database });

test('an event told five times, and handed out again after a crash, starts one journey and sends one letter', async () => {
  await harness.withWorkers(async () => {
    const runId = await shop.open(journeyCampaign([letter()]));
    for (let time = 0; time < 5; time += 1) await shop.tell('order.paid', 1, { id: 'order-1' });
    await shop.dispatch();
    await shop.ended(1);
    // As if the dispatcher had died before it could settle the event: the first journey is over by now.
    await harness.database.query(`alter table inbox disable trigger inbox_keeps_events`);
    await harness.database.query(`update inbox set state = 'new', next_try_at = now()`);
    await shop.dispatch();
    await harness.database.query(`update inbox set state = 'new', next_try_at = now()`);
    await Promise.all([shop.dispatch(), shop.dispatch()]);
    expect(await shop.journeys()).toMatchObject([{ state: 'ended', outcome: 'completed', key: '-' }]);
    await controlRun(operator(), { runId, verb: 'abort', by: 'luis', reason: 'enough' });
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'letter').books).toMatchObject({ targeted: 1, sent: 1 });
  });
  expect(harness.customerMail()).toHaveLength(1);
});

test('a journey started twice in Temporal finds its place taken and does nothing', async () => {
  await harness.withWorkers(async () => {
    await shop.open(journeyCampaign([letter()]));
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    const [journey] = await shop.ended(1);
    const { rows } = await harness.database.query('select run_no, seq, event_no from journeys');
    const second = await environment.client.workflow.start('journey', {
      workflowId: `${journey?.workflowId}-again`,
      taskQueue: harness.taskQueue,
      args: [{ run: { runId: journey?.runId, runNo: rows[0].run_no, revision: '' }, seq: 1, event: rows[0].event_no }],
    });
    expect(await second.result()).toMatchObject({ outcome: 'not-begun' });
  });
  expect(harness.customerMail()).toHaveLength(1);
});

test('a journey that somebody terminated is not started again by its event, and its run still ends with its books', async () => {
  let runId = '';
  await harness.withWorkers(async () => {
    runId = await shop.open(journeyCampaign([letter()]));
  });
  await shop.tell('order.paid', 1);
  await shop.dispatch();
  const [journey] = await shop.journeys();
  await environment.client.workflow.getHandle(journey?.workflowId ?? '').terminate('by hand');
  await harness.database.query(`alter table inbox disable trigger inbox_keeps_events`);
  await harness.database.query(`update inbox set state = 'new', next_try_at = now()`);
  await shop.dispatch();
  await harness.withWorkers(async () => {
    await controlRun(operator(), { runId, verb: 'abort', by: 'luis', reason: 'enough' });
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'letter').books).toMatchObject({ targeted: 1, cancelled: 1, open: 0 });
  });
  expect(await shop.journeys()).toMatchObject([{ state: 'ended', outcome: 'aborted' }]);
  expect(harness.customerMail()).toHaveLength(0);
});
