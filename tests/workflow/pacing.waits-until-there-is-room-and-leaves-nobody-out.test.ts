import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { findRun } from '../../ledger/runs';
import { askStatus } from '../../operations/decide';
import { abortRun, pauseRun, resumeRun } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { journeyCampaign, shopOf } from '../support/journeys';
import { pacedBudget, promotionStep } from '../support/promotions';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

const hour = 3600_000;
const day = 24 * hour;

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

/** Codes may cost 20 EUR each, and the line may reserve 60 EUR a day. */
const campaign = (aDay = 60) =>
  testCampaign({ budget: pacedBudget(500, aDay), steps: [gateStep(), promotionStep(), emailStep()] });

async function issuedAt(): Promise<number[]> {
  const { rows } = await harness.database.query<{ at: Date }>(
    'select issued_at as at from promotion_codes order by issued_at',
  );
  return rows.map(({ at }) => at.getTime());
}

const codes = async () => (await issuedAt()).length;
const status = (runId: string) => askStatus(environment.client, runId);
const waits = (runId: string, count: number) =>
  eventually(
    async () =>
      stepOf(await status(runId), 'codes').detail?.startsWith(
        `${count} have a code; the pace of line promotion lets it go on at 2`,
      ),
    { what: `${count} have a code` },
  );

test('ten codes at three a day take three days; nobody is left out, and mail goes out when all have theirs', async () => {
  await harness.importPeople(10);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign());
    await decide(harness, runId, 'ana');
    await waits(runId, 3);
    const result = await resultOf(harness, runId);
    expect(stepOf(result, 'codes').detail).toBe('10 have a code');
    expect(stepOf(result, 'offer').books).toMatchObject({ targeted: 10, sent: 10, open: 0 });
    const moments = await issuedAt();
    expect(moments).toHaveLength(10);
    expect((moments[9] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(3 * day - hour);
    expect((moments[9] ?? 0) - (moments[0] ?? 0)).toBeLessThan(3 * day + hour);
    for (const [index, at] of moments.entries())
      expect((moments[index + 3] ?? at + day) - at).toBeGreaterThan(day - hour);
    const { rows } = await harness.database.query('select reason from promotion_skips');
    expect(rows).toEqual([]);
    const facts = await harness.database.query<{ detail: object }>(
      `select detail from audit where action = 'promotion.issued'`,
    );
    expect(facts.rows).toMatchObject([{ detail: { issued: 10, members: 10 } }]);
  });
});

test('an abort ends the waiting and takes back what was issued; hours and lines are as before', async () => {
  await harness.importPeople(10);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign());
    await decide(harness, runId, 'ana');
    await waits(runId, 3);
    await environment.sleep('25 hours');
    await waits(runId, 6);
    await environment.client.workflow.getHandle(runId).signal(abortRun, { by: 'luis', reason: 'wrong discount' });
    const result = await resultOf(harness, runId);
    expect(result.phase).toBe('aborted');
    expect(stepOf(result, 'codes').detail).toBe('undone: 6 codes disabled, none was redeemed');
    const run = await findRun(harness.database, runId);
    expect(await auditBook(harness.database, run?.no ?? 0)).toEqual([]);
    expect((await moneyLines(harness.database, run?.no ?? 0))[0]).toMatchObject({ reserved: 0, available: 500e6 });
    const { rows } = await harness.database.query(`select scope from spend_hours where micros > 0`);
    expect(rows).toEqual([]);
  });
});

test('a pause while it waits holds it beyond its time; resumed it goes on', async () => {
  await harness.importPeople(4);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign());
    await decide(harness, runId, 'ana');
    await waits(runId, 3);
    const handle = environment.client.workflow.getHandle(runId);
    await handle.signal(pauseRun, { by: 'luis', reason: 'a look' });
    await environment.sleep('3 days');
    expect(await codes()).toBe(3);
    await handle.signal(resumeRun, { by: 'luis', reason: 'good' });
    expect(stepOf(await resultOf(harness, runId), 'codes').detail).toBe('4 have a code');
  });
});

test('a changed pace holds at once for whoever waits', async () => {
  await harness.importPeople(9);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign());
    await decide(harness, runId, 'ana');
    await waits(runId, 3);
    await harness.apply(campaign(400));
    await decide(harness, runId, 'ana');
    expect(stepOf(await resultOf(harness, runId), 'codes').detail).toBe('9 have a code');
    const moments = await issuedAt();
    expect((moments[8] ?? 0) - (moments[0] ?? 0)).toBeLessThan(2 * hour);
  });
});

test('journeys wait one by one, and end with their code', async () => {
  await harness.importPeople(3);
  const shop = shopOf(harness, { clock: async () => new Date(await environment.currentTimeMs()) });
  await harness.withWorkers(async () => {
    const runId = await shop.open(journeyCampaign([promotionStep(), emailStep()], { budget: pacedBudget(500, 20) }));
    for (const n of [1, 2, 3]) await shop.tell('order.paid', n);
    await shop.dispatch();
    await eventually(async () => (await codes()) === 1, { what: 'one has a code' });
    await environment.sleep('4 days');
    await shop.ended(3);
    const moments = await issuedAt();
    expect(moments).toHaveLength(3);
    for (const n of [1, 2]) expect((moments[n] ?? 0) - (moments[n - 1] ?? 0)).toBeGreaterThan(day - hour);
    await environment.client.workflow.getHandle(runId).signal(abortRun, { by: 'luis', reason: 'enough' });
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 3, open: 0 });
  });
});
