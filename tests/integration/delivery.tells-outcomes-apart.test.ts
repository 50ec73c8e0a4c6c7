import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { stepBooks } from '../../ledger/books';
import { findRun } from '../../ledger/runs';
import { giveUp, inDoubt, release } from '../../operations/reconcile';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

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
const isCustomer = (to: string[]) => /^p\d+@/.test(to[0] ?? '');

async function runToEnd(): Promise<{ runId: string }> {
  const { runId } = await harness.launch(sale);
  await decide(harness, runId, 'ana');
  await resultOf(harness, runId);
  return { runId };
}

test('a refused recipient is failed and suppressed; the others get their mail', async () => {
  await harness.importPeople(30);
  harness.sink.behave(({ to }) =>
    to[0] === 'p7@example.com'
      ? { do: 'refuse', at: 'recipient', code: 550, text: '5.1.1 no such user' }
      : { do: 'accept' },
  );
  await harness.withWorkers(async () => {
    const { runId } = await runToEnd();
    const run = await findRun(harness.database, runId);
    expect(await stepBooks(harness.database, { runNo: run?.no ?? 0, step: 'offer' })).toMatchObject({
      sent: 29,
      failed: 1,
    });
  });
  const { rows } = await harness.database.query('select reason from suppressions');
  expect(rows).toEqual([{ reason: 'bounced' }]);
});

test('a temporary refusal is tried again later, not lost and not sent twice', async () => {
  await harness.importPeople(12);
  let refusals = 0;
  harness.sink.behave(({ to }) => {
    if (to[0] !== 'p3@example.com' || refusals > 0) return { do: 'accept' };
    refusals += 1;
    return { do: 'refuse', at: 'recipient', code: 450, text: '4.2.1 mailbox busy' };
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale);
    await decide(harness, runId, 'ana');
    const waiting = await eventually(async () => {
      const { rows } = await harness.database.query<{ due_at: Date; code: number }>(
        "select due_at, code from deliveries where status = 'waiting'",
      );
      return rows[0];
    });
    expect(waiting.code).toBe(450);
    expect(waiting.due_at.getTime()).toBeGreaterThan(Date.now());
    await harness.database.query("update deliveries set due_at = now() - interval '1 second' where status = 'waiting'");
    await environment.client.workflow.getHandle(`${runId}/offer/1`).signal('continueDelivery');
    await environment.client.workflow.getHandle(`${runId}/offer/1`).signal('holdDelivery');
    await environment.client.workflow.getHandle(`${runId}/offer/1`).signal('continueDelivery');
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 12, open: 0 });
  });
  expect(harness.customerMail()).toHaveLength(12);
});

test('a domain that says "not now" is left alone for a while, for all its recipients; others go on', async () => {
  await harness.importPeople(40, (n) => ({ email: `p${n}@${n % 2 ? 'busy' : 'calm'}.example` }));
  harness.sink.behave(({ to }) =>
    (to[0] ?? '').endsWith('@busy.example')
      ? { do: 'refuse', at: 'recipient', code: 421, text: '4.7.0 too many connections' }
      : { do: 'accept' },
  );
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale, { tuning: { batchSize: 10 } });
    await decide(harness, runId, 'ana');
    await eventually(() => harness.customerMail().length === 20);
    const { rows } = await eventually(async () => {
      const found = await harness.database.query<{ domain: string; until: Date }>(
        'select domain, until from domain_backoffs',
      );
      return found.rows.length > 0 ? found : undefined;
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.domain).toBe('busy.example');
    expect(rows[0]?.until.getTime()).toBeGreaterThan(Date.now());
    await environment.client.workflow.getHandle(runId).terminate();
  });
});

test('an answer that is lost after the message was handed over leaves the delivery in doubt: never resent on our own, listed, released by a person', async () => {
  await harness.importPeople(20);
  harness.sink.behave(({ to }) =>
    isCustomer(to) && /^p[12]@/.test(to[0] ?? '') ? { do: 'lose-answer' } : { do: 'accept' },
  );
  await harness.withWorkers(async () => {
    const { runId } = await runToEnd();
    const run = await findRun(harness.database, runId);
    if (!run) throw new Error('no run');
    const doubtful = await inDoubt(harness.database, run);
    expect(doubtful).toHaveLength(2);
    const arrived = new Set(harness.customerMail().map(({ messageId }) => messageId));
    for (const { messageId } of doubtful) expect(arrived.has(messageId)).toBe(true);
    expect(harness.customerMail()).toHaveLength(20);

    const [first, second] = doubtful;
    const resolution = { run, step: 'offer', by: 'luis', reason: 'looked at the relay' };
    expect(await giveUp(harness.database, { ...resolution, seqs: [first?.seq ?? 0] })).toBe(1);
    harness.sink.behave(() => ({ do: 'accept' }));
    const { released, workflowId } = await release(
      { client: environment.client, database: harness.database },
      { ...resolution, seqs: [second?.seq ?? 0], taskQueue: harness.taskQueue },
    );
    expect(released).toBe(1);
    await environment.client.workflow.getHandle(workflowId ?? '').result();
    expect(await stepBooks(harness.database, { runNo: run.no, step: 'offer' })).toMatchObject({
      sent: 19,
      failed: 1,
      inDoubt: 0,
      open: 0,
    });
    expect(harness.customerMail()).toHaveLength(21);
  });
});

test('while the platform takes nothing the run waits, says so, and goes on when it is back', async () => {
  await harness.importPeople(10);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale);
    await eventually(() => harness.teamMail().length === 2, { what: 'the gate mails are out' });
    await harness.sink.goAway();
    await decide(harness, runId, 'ana');
    await eventually(async () => {
      const { events } = await environment.client.workflow.getHandle(`${runId}/offer/1`).fetchHistory();
      return (events ?? []).some(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
    });
    await harness.sink.comeBack();
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 10, inDoubt: 0 });
  });
  expect(harness.customerMail()).toHaveLength(10);
});
