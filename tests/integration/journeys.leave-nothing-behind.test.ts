/** What is tidied up behind journeys: those whose workflow is gone, and events that nobody can look at any more. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { booksBalance, stepBooks } from '../../ledger/books';
import { pruneHeard } from '../../ledger/journeys/heard';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { endLostJourneys } from '../../operations/journeys/lost';
import { journeyStatus } from '../../workflows/journey-messages';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, type Shop, shopOf, wait } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
import { resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

const day = 24 * 3600_000;
let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  shop = shopOf(harness);
  await harness.importPeople(4);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const look = () => endLostJourneys({ client: environment.client, database: harness.database, now: new Date() });

test('a journey that was terminated or reset by hand: the first ends with its reason and frees its contact, the other goes on', async () => {
  await harness.withWorkers(async () => {
    const go = wait('ready', { event: { events: ['go'], timeout: 20 * day } });
    const campaign = journeyCampaign([letter('hello'), go, letter('more')], { exclusive: 'winback' });
    const runId = await shop.open(campaign);
    for (const n of [1, 2, 3]) await shop.tell('order.paid', n);
    await shop.dispatch();
    await eventually(
      async () =>
        (await harness.database.query(`select from journeys where step = 'ready'`)).rowCount === 3 || undefined,
    );
    const [first, second] = await shop.journeys();
    expect(await look()).toBe(0);
    await environment.client.workflow.getHandle(first?.workflowId ?? '').terminate('by hand');
    await resetToStart(second?.workflowId ?? '');
    await eventually(async () => (await look()) > 0, { what: 'Temporal tells what was terminated' });
    expect(await look()).toBe(0);
    expect(await shop.journeys()).toMatchObject([
      { state: 'ended', outcome: 'failed' },
      { state: 'running' },
      { state: 'running' },
    ]);
    const { rows } = await harness.database.query(
      'select step, status, detail from deliveries where seq = 1 order by step',
    );
    expect(rows).toEqual([
      { step: 'hello', status: 'sent', detail: null },
      { step: 'more', status: 'cancelled', detail: 'lost: its workflow ended in Temporal as terminated' },
    ]);
    // The contact may come again.
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    for (const { workflowId } of (await shop.journeys()).slice(1)) await isWaiting(workflowId);
    for (const n of [1, 2, 3]) await shop.tell('go', n);
    await shop.dispatch();
    const ended = await shop.ended(4);
    expect(ended.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'completed', 'completed', 'failed']);
    expect(harness.customerMail()).toHaveLength(7);
    const operator = { client: environment.client, database: harness.database };
    await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'enough' });
    await resultOf(harness, runId);
    const run = await findRun(harness.database, runId);
    for (const step of ['hello', 'more'])
      expect(booksBalance(await stepBooks(harness.database, { runNo: run?.no ?? 0, step }))).toBe(true);
  });
});

/** By its own word: the ledger may still say what an earlier execution wrote. */
const isWaiting = (workflowId: string) =>
  eventually(async () =>
    (await environment.client.workflow.getHandle(workflowId).query(journeyStatus)).waits?.startsWith('ready'),
  );

async function resetToStart(workflowId: string): Promise<void> {
  const handle = environment.client.workflow.getHandle(workflowId);
  const [{ runId }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const firstTask = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  await environment.client.workflowService.resetWorkflowExecution({
    namespace: environment.namespace ?? 'default',
    workflowExecution: { workflowId, runId },
    reason: 'by hand',
    workflowTaskFinishEventId: firstTask?.eventId,
    requestId: `${workflowId}-reset`,
  });
}

test('the run that waits for its last journey ends when that one is lost', async () => {
  await harness.withWorkers(async () => {
    const campaign = journeyCampaign([wait('rest', { for: 30 * day }), letter()]);
    const runId = await shop.open(campaign);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await shop.open({ ...campaign, name: 'Changed' });
    const [journey] = await shop.journeys();
    await environment.client.workflow.getHandle(journey?.workflowId ?? '').terminate('by hand');
    await eventually(async () => (await look()) > 0);
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done' });
  });
});

test('events are forgotten once no journey can look at them, and not before', async () => {
  await harness.withWorkers(async () => {
    await shop.open(
      journeyCampaign([wait('ready', { event: { events: ['go'], timeout: 90 * day } }), letter()], {
        trigger: { exits: [{ name: 'left', on: ['account.closed'], goal: false }] },
      }),
    );
    await shop.tell('account.closed', 1);
    await shop.tell('order.paid', 1);
    await shop.tell('order.paid', 2);
    await shop.tell('account.closed', 3);
    await shop.dispatch();
    await eventually(
      async () =>
        (await harness.database.query(`select from journeys where step = 'ready'`)).rowCount === 2 || undefined,
    );
    // Of a type that journeys listen for, but of no interest to this one.
    await harness.database.query(
      `insert into journey_events (contact_id, event_no, type, at)
       select contact_id, 1000000, 'go-nowhere', now() from journeys where seq = 2`,
    );
    const kept = async () =>
      (
        await harness.database.query<{ address: string; type: string }>(
          'select address, type from journey_events join contacts c on c.id = contact_id order by 1, 2',
        )
      ).rows.map(({ address, type }) => `${address.split('@')[0]} ${type}`);
    expect(await kept()).toEqual(['p1 account.closed', 'p2 go-nowhere', 'p3 account.closed']);
    expect(await pruneHeard(harness.database, new Date(Date.now() + 29 * day))).toBe(0);
    // What came before a journey began is nothing to it; what came after it began is.
    expect(await pruneHeard(harness.database, new Date(Date.now() + 31 * day))).toBe(2);
    expect(await kept()).toEqual(['p2 go-nowhere']);
    await shop.tell('go', 2);
    await shop.dispatch();
    await shop.ended(1);
    expect(await pruneHeard(harness.database, new Date(Date.now() + 31 * day))).toBe(2);
  });
});
