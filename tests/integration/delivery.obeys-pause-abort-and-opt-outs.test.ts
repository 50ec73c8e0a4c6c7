import type { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parseAddress } from '../../email/address';
import { addressHash } from '../../ledger/address-hash';
import { stepBooks } from '../../ledger/books';
import { findContact, recordConsents } from '../../ledger/contacts';
import { findRun } from '../../ledger/runs';
import { suppress } from '../../ledger/suppressions';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { emailStep, gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

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

const batchSize = 20;
const tuning = { batchSize, pageSize: 100, pagesPerActivity: 1, window: 1 };
const sale = testCampaign({ steps: [gateStep(), emailStep()] });
const operator = () => ({ client: environment.client, database: harness.database });

/** Mail goes out slowly enough that something can happen in between. */
async function startSlowly(people: number): Promise<string> {
  await harness.importPeople(people);
  harness.sink.behave(() => ({ do: 'accept', afterMs: 15 }));
  const { runId } = await harness.launch(sale, { tuning });
  await decide(harness, runId, 'ana');
  await eventually(() => harness.customerMail().length > 30, { what: 'mail is going out' });
  return runId;
}

const control = (runId: string, verb: 'pause' | 'resume' | 'abort') =>
  controlRun(operator(), { runId, verb, by: 'luis', reason: 'stop the press' });

test('a pause is obeyed within one batch, loses nobody, and a resume finishes exactly once', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(400);
    await control(runId, 'pause');
    const atPause = harness.customerMail().length;
    const run = await eventually(async () => {
      const row = await findRun(harness.database, runId);
      return row?.phase === 'paused' ? row : undefined;
    });
    await eventually(async () => {
      const { rows } = await harness.database.query("select 1 from deliveries where status in ('claimed', 'sending')");
      return rows.length === 0;
    });
    const stopped = harness.customerMail().length;
    expect(stopped - atPause).toBeLessThanOrEqual(batchSize);
    const books = await stepBooks(harness.database, { runNo: run.no, step: 'offer' });
    expect(books).toMatchObject({ sent: stopped, open: 400 - stopped, cancelled: 0 });

    await control(runId, 'resume');
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 400, inDoubt: 0, open: 0 });
  });
  expect(harness.customerMail()).toHaveLength(400);
  expect(new Set(harness.customerMail().map(({ to }) => to[0])).size).toBe(400);
});

test('an abort is obeyed within one batch; the rest is cancelled by name and the books balance', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(400);
    await control(runId, 'abort');
    const atAbort = harness.customerMail().length;
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('aborted');
    const sent = harness.customerMail().length;
    expect(sent - atAbort).toBeLessThanOrEqual(batchSize);
    expect(stepOf(status, 'offer').books).toMatchObject({ targeted: 400, sent, cancelled: 400 - sent, open: 0 });
    expect(stepOf(status, 'offer').detail).toMatch(/cannot be undone/);
    await expect(control(runId, 'pause')).rejects.toMatchObject({ code: 'VOL-301' });
  });
});

test('who opts out, or withdraws consent, while mail is going out gets none from the next batch on', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(400);
    const arrived = new Set(harness.customerMail().map(({ to }) => to[0]));
    const claimed = await harness.database.query<{ address: string }>(
      "select c.address from deliveries d join contacts c on c.id = d.contact_id where d.status in ('claimed', 'sending', 'sent')",
    );
    const busy = new Set(claimed.rows.map(({ address }) => address));
    const spared = Array.from({ length: 400 }, (_, n) => `p${n + 1}@example.com`).filter(
      (address) => !arrived.has(address) && !busy.has(address),
    );
    const [suppressed, withdrawn] = [spared.slice(60, 160), spared.slice(160, 200)];
    for (const address of suppressed) {
      const parsed = parseAddress(address);
      if (parsed.ok)
        await suppress(harness.database, {
          addressHash: addressHash(parsed.key, testSecretKey),
          reason: 'unsubscribed',
          source: runId,
        });
    }
    for (const address of withdrawn) {
      const contact = await findContact(harness.database, address);
      await recordConsents(harness.database, [
        { contactId: contact?.id ?? '', state: 'withdrawn', basis: 'consent', source: 'test', recordedAt: new Date() },
      ]);
    }
    const optedOut = new Set([...suppressed, ...withdrawn]);
    const already = new Set(harness.customerMail().map(({ to }) => to[0] ?? ''));
    const { books } = stepOf(await resultOf(harness, runId), 'offer');
    const mailedAfter = harness
      .customerMail()
      .filter(({ to }) => optedOut.has(to[0] ?? '') && !already.has(to[0] ?? ''));
    expect(mailedAfter.length).toBeLessThanOrEqual(batchSize);
    expect((books?.suppressed ?? 0) + (books?.unconsented ?? 0)).toBeGreaterThanOrEqual(optedOut.size - batchSize * 2);
    expect(books).toMatchObject({ targeted: 400, open: 0 });
  });
});

test('a run that is cancelled in the Temporal UI ends as an abort does', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(400);
    await environment.client.workflow.getHandle(runId).cancel();
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('aborted');
    const run = await findRun(harness.database, runId);
    const books = await eventually(async () => {
      const seen = await stepBooks(harness.database, { runNo: run?.no ?? 0, step: 'offer' });
      return seen.sent === harness.customerMail().length ? seen : undefined;
    });
    expect(books).toMatchObject({ targeted: 400, open: 0 });
    expect(books.sent + books.cancelled + books.inDoubt).toBe(400);
  });
});

/** Resets a workflow to before one of its tasks ended, as an operator may in the Temporal UI. */
async function reset(workflowId: string, executionId: string, eventId: HistoryEvent['eventId']): Promise<string> {
  const { runId } = await environment.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId: executionId },
    workflowTaskFinishEventId: eventId,
    reason: 'test',
    requestId: `${workflowId}-${eventId}`,
  });
  return runId;
}

async function completedTasks(workflowId: string) {
  const handle = environment.client.workflow.getHandle(workflowId);
  const { events } = await handle.fetchHistory();
  const { runId: executionId } = await handle.describe();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  return { executionId, tasks };
}

test('a shard reset to each of its workflow tasks sends nothing again', async () => {
  await harness.importPeople(50);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale, { tuning });
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    const shard = `${runId}/offer/1`;
    const { executionId, tasks } = await completedTasks(shard);
    expect(tasks.length).toBeGreaterThan(1);
    for (const { eventId } of tasks) {
      const again = await reset(shard, executionId, eventId);
      await environment.client.workflow.getHandle(shard, again).result();
    }
  });
  expect(harness.customerMail()).toHaveLength(50);
});

test('a run reset to its beginning keeps its audience, asks again, and sends nothing again', async () => {
  await harness.importPeople(50);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale, { tuning });
    await decide(harness, runId, 'ana');
    const before = await resultOf(harness, runId);
    await harness.importPeople(60);
    const { executionId, tasks } = await completedTasks(runId);
    const again = await reset(runId, executionId, tasks[0]?.eventId);
    await decide(harness, runId, 'bea');
    const after = (await environment.client.workflow.getHandle(runId, again).result()) as typeof before;
    expect(after.planHash).toBe(before.planHash);
    expect(stepOf(after, 'offer').books).toEqual(stepOf(before, 'offer').books);
  });
  expect(harness.customerMail()).toHaveLength(50);
});
