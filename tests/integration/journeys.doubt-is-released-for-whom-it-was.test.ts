import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { findRun } from '../../ledger/runs';
import { inDoubt, release } from '../../operations/reconcile';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, shopOf, wait } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
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

const to = (person: number) => harness.customerMail().filter((mail) => mail.to.includes(`p${person}@example.com`));

test('of those whose letter is in doubt each is sent it again; who stands between them and has not got so far is not', async () => {
  const shop = shopOf(harness);
  await harness.importPeople(3);
  const day = 24 * 3600_000;
  await harness.withWorkers(async () => {
    const runId = await shop.open(
      journeyCampaign([wait('opened', { event: { events: ['opened'], timeout: 30 * day } }), letter('offer')], {
        trigger: { reentry: 'never' },
      }),
    );
    for (const person of [1, 2, 3]) await shop.tell('order.paid', person);
    await shop.dispatch();
    harness.sink.behave(() => ({ do: 'lose-answer' }));
    for (const person of [1, 3]) await shop.tell('opened', person);
    await shop.dispatch();
    const run = await eventually(async () => {
      const found = await findRun(harness.database, runId);
      return found && (await inDoubt(harness.database, found)).length === 2 ? found : undefined;
    });
    const doubtful = await inDoubt(harness.database, run);
    expect(doubtful.map(({ seq }) => seq)).toEqual([1, 3]);

    harness.sink.behave(() => ({ do: 'accept' }));
    const operator = { client: environment.client, database: harness.database };
    const seqs = doubtful.map(({ seq }) => seq);
    const released = await release(operator, {
      ...{ run, step: 'offer', seqs, by: 'luis', reason: 'not in the log' },
      taskQueue: harness.taskQueue,
    });
    expect(released.released).toBe(2);
    await eventually(async () => {
      const { rows } = await harness.database.query(`select from deliveries where status = 'sent'`);
      return rows.length === 2;
    });
    expect([to(1), to(2), to(3)].map(({ length }) => length)).toEqual([2, 0, 2]);

    await shop.tell('opened', 2);
    await shop.dispatch();
    await eventually(() => to(2).length === 1);
  });
});
