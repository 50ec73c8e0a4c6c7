import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Temporal } from 'temporal-polyfill';
import { controlRun } from '../../operations/control';
import { journeyCampaign, letter, type Shop, shopOf, wait } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
import { resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

const day = 24 * 3600_000;
const zones = ['Europe/Madrid', 'Asia/Kolkata', 'America/New_York'];
const zoneOf = (n: number) => zones[n % zones.length] ?? 'UTC';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
  shop = shopOf(harness, { clock: async () => new Date(await environment.currentTimeMs()) });
  await harness.importPeople(6, (n) => ({ timeZone: zoneOf(n) }));
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const abort = (runId: string) =>
  controlRun(
    { client: environment.client, database: harness.database },
    { runId, verb: 'abort', by: 'luis', reason: 'enough' },
  );
const sentAt = (raw: string) => Date.parse(/^Date: (.*)$/m.exec(raw)?.[1] ?? '');
const steps = async () =>
  (
    await harness.database.query<{ seq: number; step: string; status: string; detail: string | null }>(
      'select seq, step, status, detail from deliveries order by seq, step',
    )
  ).rows;

test('a wait for an event ends with the event or with its time-out, and branches know which', async () => {
  await harness.withWorkers(async () => {
    const runId = await shop.open(
      journeyCampaign(
        [
          wait('bought', {
            event: { events: ['order.paid'], where: 'event.data.basket == journey.key', timeout: 2 * day },
          }),
          letter('thanks', { if: 'steps["bought"].happened' }),
          letter('reminder', { if: '!steps["bought"].happened' }),
        ],
        { trigger: { events: ['basket.left'], key: 'event.data.basket' } },
      ),
    );
    for (const n of [1, 2, 3]) await shop.tell('basket.left', n, { data: { basket: `b${n}` } });
    await shop.dispatch();
    await environment.sleep('1 day');
    await shop.tell('order.paid', 1, { data: { basket: 'b1' } });
    await shop.tell('order.paid', 2, { data: { basket: 'another' } });
    await shop.dispatch();
    await environment.sleep('30 hours');
    await shop.tell('order.paid', 3, { data: { basket: 'b3' } });
    await shop.dispatch();
    await shop.ended(3);
    expect((await steps()).map(({ seq, step, status }) => [seq, step, status])).toEqual([
      [1, 'reminder', 'cancelled'],
      [1, 'thanks', 'sent'],
      [2, 'reminder', 'sent'],
      [2, 'thanks', 'cancelled'],
      [3, 'reminder', 'sent'],
      [3, 'thanks', 'cancelled'],
    ]);
    await abort(runId);
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'thanks').books).toMatchObject({ targeted: 3, sent: 1, cancelled: 2, open: 0 });
  });
});

test('a wait until a time of day follows the contact’s own clock, also over the night when it jumps', async () => {
  await harness.withWorkers(async () => {
    // Clocks in Madrid go from 02:00 to 03:00 that night; those of New York have done so two weeks before.
    const evening = Temporal.ZonedDateTime.from('2027-03-27T20:00[Europe/Madrid]');
    const runId = await shop.open(journeyCampaign([wait('night', { timeOfDay: '02:30' }), letter()]));
    await environment.sleep(evening.epochMilliseconds - (await environment.currentTimeMs()));
    for (const n of [1, 2, 3]) await shop.tell('order.paid', n);
    await shop.dispatch();
    await environment.sleep('2 days');
    await shop.ended(3);
    const due: Record<string, string> = {
      'p3@example.com': '2027-03-28T03:00[Europe/Madrid]',
      'p1@example.com': '2027-03-28T02:30[Asia/Kolkata]',
      'p2@example.com': '2027-03-28T02:30[America/New_York]',
    };
    for (const { to, raw } of harness.customerMail()) {
      const late = sentAt(raw) - Temporal.ZonedDateTime.from(due[to[0] ?? ''] ?? '').epochMilliseconds;
      expect([to[0], late >= -1_000 && late < 5 * 60_000]).toEqual([to[0], true]);
    }
    expect(harness.customerMail()).toHaveLength(3);
    await abort(runId);
    await resultOf(harness, runId);
  });
});

test('the end of the campaign closes the trigger; journeys go on, send nothing any more, and the run ends with the last', async () => {
  await harness.withWorkers(async () => {
    const now = await environment.currentTimeMs();
    const runId = await shop.open(
      journeyCampaign([letter('first'), wait('rest', { for: 30 * day }), letter('second')], {
        schedule: { end: new Date(now + 10 * day).toISOString() },
      }),
    );
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await environment.sleep('11 days');
    await shop.tell('order.paid', 2);
    await shop.dispatch();
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect((await steps()).map(({ seq, step, status: state }) => [seq, step, state])).toEqual([
      [1, 'first', 'sent'],
      [1, 'second', 'late'],
    ]);
    expect(await shop.journeys()).toHaveLength(1);
  });
});
