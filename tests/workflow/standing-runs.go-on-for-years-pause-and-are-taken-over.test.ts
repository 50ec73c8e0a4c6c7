/** Programs and triggers without an end: what they know outlives their histories, a pause loses nothing, nobody earns twice. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parkedInbox } from '../../ledger/inbox';
import { findProgram } from '../../ledger/loyalty/programs';
import { controlRun } from '../../operations/control';
import { askStatus } from '../../operations/decide';
import { balanceOf, clubCampaign, dispatchLoyalty, tellShopEvents } from '../support/club';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, shopOf, wait } from '../support/journeys';
import { dayMs } from '../support/loyalty-terms';
import { type Harness, runHarness } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let contactId: string;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
  await harness.importPeople(2);
  contactId = (await harness.database.query<{ id: string }>('select id from contacts order by id')).rows[0]?.id ?? '';
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const say = (runId: string, verb: 'pause' | 'resume' | 'abort') =>
  controlRun(
    { client: environment.client, database: harness.database },
    { runId, verb, by: 'luis', reason: 'because' },
  );
const describe = (runId: string) => environment.client.workflow.getHandle(runId).describe();
const now = async () => new Date(await environment.currentTimeMs());
const programOf = (runId: string) => runId.split('/')[1] ?? '';
const switchOf = async (runId: string) =>
  (await harness.database.query<{ dispatch: string }>('select dispatch from runs where run_id = $1', [runId])).rows[0]
    ?.dispatch;
const isSwitched = (runId: string, dispatch: string) =>
  eventually(async () => (await switchOf(runId)) === dispatch, { what: `${runId} is ${dispatch}` });

/** The contact buys for so many euros, and whoever acts on events acts. */
async function buy(order: string, total: number, occurredAt?: Date): Promise<void> {
  const at = occurredAt ?? (await now());
  await tellShopEvents(harness, [
    { id: order, type: 'order.paid', contactId, occurredAt: at, data: { orderId: order, total } },
  ]);
  await dispatch();
}
async function dispatch(): Promise<void> {
  const at = await now();
  await dispatchLoyalty(harness, () => at);
}

async function openClub(club: Parameters<typeof harness.launch>[0], again?: number): Promise<string> {
  const { runId } = await harness.launch(club, { again });
  await decide(harness, runId, 'ana', { gate: 'terms' });
  await eventually(
    async () => (await switchOf(runId)) === 'open' && (await findProgram(harness.database, programOf(runId))),
    { what: 'an open program' },
  );
  return runId;
}

test('a program that stands for years begins new histories, asks at no gate again, and keeps paying, pausing and ending', async () => {
  await harness.withWorkers(async () => {
    const runId = await openClub(clubCampaign({ pending: 0 }));
    const first = await describe(runId);
    const asked = harness.teamMail().length;
    await environment.sleep('200 days');
    const later = await describe(runId);
    expect(later.runId).not.toBe(first.runId);
    expect(later.historyLength).toBeLessThan(1_100);
    expect(later.searchAttributes).toMatchObject({ CampaignId: first.searchAttributes.CampaignId });
    expect(later.typedSearchAttributes.getAll().length).toBeGreaterThanOrEqual(
      first.typedSearchAttributes.getAll().length,
    );
    expect(harness.teamMail()).toHaveLength(asked);
    const status = await askStatus(environment.client, runId);
    expect(status).toMatchObject({ phase: 'waiting', gates: [{ gate: 'terms', state: 'approved' }] });
    expect(stepOf(status, 'terms')).toMatchObject({ state: 'done', detail: 'approved by ana' });
    await buy('o1', 25);
    expect(await balanceOf(harness, programOf(runId), contactId)).toMatchObject({ active: 25 });

    await say(runId, 'pause');
    await isSwitched(runId, 'paused');
    await environment.sleep('400 days');
    expect((await describe(runId)).runId).not.toBe(later.runId);
    expect((await askStatus(environment.client, runId)).phase).toBe('paused');
    expect(await switchOf(runId)).toBe('paused');
    // Nothing expires while somebody looks; the day it goes on, what is over is over.
    expect(await balanceOf(harness, programOf(runId), contactId)).toMatchObject({ active: 25, expired: 0 });
    await say(runId, 'resume');
    await isSwitched(runId, 'open');
    await eventually(async () => (await balanceOf(harness, programOf(runId), contactId))?.expired === 25);

    await say(runId, 'abort');
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'aborted', gates: [{ state: 'approved' }] });
    expect(await findProgram(harness.database, programOf(runId))).toMatchObject({ state: 'closed' });
  });
}, 240_000);

test('a trigger that stands for years begins new histories; journeys of the older one end, pauses hold, the books balance', async () => {
  const shop = shopOf(harness, { clock: now });
  await harness.withWorkers(async () => {
    const campaign = journeyCampaign([wait('rest', { for: 5 * dayMs }), letter()]);
    const runId = await shop.open(campaign);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    const first = await describe(runId);
    for (let turn = 0; (await describe(runId)).runId === first.runId; turn += 1) {
      expect(turn).toBeLessThan(150);
      await say(runId, 'pause');
      await isSwitched(runId, 'paused');
      await say(runId, 'resume');
      await isSwitched(runId, 'open');
    }
    expect(await askStatus(environment.client, runId)).toMatchObject({ gates: [{ state: 'approved' }] });
    await say(runId, 'pause');
    await isSwitched(runId, 'paused');
    await shop.tell('order.paid', 2);
    await shop.dispatch();
    await environment.sleep('6 days');
    expect(harness.customerMail()).toEqual([]);
    await say(runId, 'resume');
    await shop.open({ ...campaign, name: 'Changed' });
    await environment.sleep('6 days');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'letter').books).toMatchObject({ targeted: 2, sent: 2, open: 0 });
    const { rows } = await harness.database.query(
      `select count(*)::int as n from audit where action = 'trigger.opened'`,
    );
    expect(rows).toEqual([{ n: 2 }]);
  });
}, 240_000);

test('while a program is paused nothing is earned, and nothing is lost: events wait and earn by their own time', async () => {
  await harness.withWorkers(async () => {
    const runId = await openClub(clubCampaign({ pending: 14 * dayMs }));
    const program = programOf(runId);
    await say(runId, 'pause');
    await isSwitched(runId, 'paused');
    const bought = await now();
    await buy('o1', 40);
    await tellShopEvents(harness, [
      { id: 'f1', type: 'order.refunded', contactId, occurredAt: bought, data: { orderId: 'o1', amount: 10 } },
      { id: 'other', type: 'page.viewed', contactId, occurredAt: bought },
    ]);
    await dispatch();
    expect(await balanceOf(harness, program, contactId)).toBeUndefined();
    expect((await parkedInbox(harness.database, { limit: 9 })).events).toMatchObject([
      { id: 'o1', reason: `program ${program} is paused` },
      { id: 'f1', reason: `program ${program} is paused` },
    ]);
    await environment.sleep('20 days');
    await say(runId, 'resume');
    await isSwitched(runId, 'open');
    await eventually(async () => (await parkedInbox(harness.database, { limit: 1 })).total === 0);
    await dispatch();
    // Bought 20 days ago: the return period of 14 days is over.
    expect(await balanceOf(harness, program, contactId)).toMatchObject({ active: 30, pending: 0, reversed: 10 });
    await say(runId, 'abort');
    await resultOf(harness, runId);
  });
});

test('a newer revision takes over at once, from a paused one too: no event earns twice or not at all, and the older run ends', async () => {
  await harness.withWorkers(async () => {
    const club = clubCampaign({ pending: 0 });
    const first = await openClub(club);
    await buy('o1', 10);
    await say(first, 'pause');
    await isSwitched(first, 'paused');
    await buy('o2', 10);
    const twice = clubCampaign({
      pending: 0,
      earn: [
        {
          id: 'double',
          on: ['order.paid'],
          gives: { perUnitThousandths: 2000, amount: 'total' },
          multiplierThousandths: 1000,
        },
      ],
    });
    const second = await openClub(twice);
    // Not at its next daily look: no time is skipped here.
    expect(await resultOf(harness, first)).toMatchObject({ phase: 'done' });
    await dispatch();
    await buy('o3', 10);
    await tellShopEvents(harness, [{ id: 'o1', type: 'order.paid', contactId, data: { orderId: 'o1', total: 10 } }]);
    await dispatch();
    expect(await findProgram(harness.database, programOf(second))).toMatchObject({ state: 'open' });
    expect(await balanceOf(harness, programOf(second), contactId)).toMatchObject({ active: 10 + 20 + 20 });
    await say(second, 'abort');
    await resultOf(harness, second);
  });
});
