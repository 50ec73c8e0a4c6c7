/** The consumer of the inbox over a real ledger: what the program's words say is what members get, once. */

import { type Database, openDatabase } from '../../ledger/database';
import { parkedInbox } from '../../ledger/inbox';
import { tendProgram } from '../../ledger/loyalty/mature';
import { spendPoints } from '../../ledger/loyalty/spend';
import { warnOfExpiry } from '../../ledger/loyalty/warn';
import { balanceOf, dispatchLoyalty, type ShopEvent, tellShopEvents } from '../support/club';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { importPeople, peopleCsv } from '../support/ledger-fixture';
import { dayMs } from '../support/loyalty-terms';
import { openTestProgram } from '../support/loyalty-world';

let fresh: FreshDatabase;
let database: Database;
const at = (day: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + day * dayMs);

beforeEach(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 6 });
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

async function person(): Promise<string> {
  await importPeople(database, peopleCsv([{ email: 'p@example.com', orders: 3 }]));
  const { rows } = await database.query<{ id: string }>('select id from contacts');
  return rows[0]?.id ?? '';
}

const order = (id: string, contactId: string, total: unknown, more: Partial<ShopEvent> = {}): ShopEvent => ({
  id,
  type: 'order.paid',
  contactId,
  occurredAt: at(0),
  data: { orderId: id, total },
  ...more,
});

const tell = async (events: ShopEvent[], day: number) => {
  await tellShopEvents({ database }, events);
  await dispatchLoyalty({ database }, () => at(day));
};

test('points for money, exactly, pending for the return period, then active, then expired', async () => {
  const program = await openTestProgram(database);
  const contactId = await person();
  await tell([order('o1', contactId, '49.99'), order('o2', contactId, 10.5), order('o1', contactId, '49.99')], 1);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ pending: 49 + 10, active: 0 });
  expect(await tendProgram(database, { program, now: at(13) })).toMatchObject({ activated: 0 });
  expect(await tendProgram(database, { program, now: at(14) })).toMatchObject({ activated: 2, expired: 0 });
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ pending: 0, active: 59 });
  await tendProgram(database, { program, now: at(74) });
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 0, expired: 59 });
});

test('conditions, multipliers and limits hold within a batch and over batches', async () => {
  const program = await openTestProgram(database, {
    pending: 0,
    earn: [
      {
        id: 'reviews',
        on: ['review.written'],
        where: 'event.data.stars >= 3 && contact.orders > 2',
        gives: { points: 10 },
        multiplierThousandths: 1500,
        limit: { points: 40, per: 10 * dayMs },
      },
    ],
  });
  const contactId = await person();
  const review = (id: string, stars: number | undefined): ShopEvent => ({
    id,
    type: 'review.written',
    contactId,
    occurredAt: at(0),
    data: { stars },
  });
  await tell([review('r1', 5), review('r2', 2), review('r3', 4), review('r4', undefined)], 0);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 30 });
  await tell([review('r5', 5), review('r6', 5)], 1);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 40 });
  await tell([review('r7', 5)], 10.5);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 55 });
});

test('a tier is reached by what was earned within its period, multiplies what comes after, and is lost again', async () => {
  const program = await openTestProgram(database, {
    pending: 0,
    tiers: [
      { id: 'silver', from: 100, period: 30 * dayMs, multiplierThousandths: 1250 },
      { id: 'gold', from: 200, period: 30 * dayMs, multiplierThousandths: 2000 },
    ],
  });
  const contactId = await person();
  await tell([order('o1', contactId, 100)], 0);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 100, tier: 'silver' });
  await tell([order('o2', contactId, 80, { occurredAt: at(1) })], 1);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ active: 200, tier: 'gold' });
  const { rows } = await database.query(
    `select type, data ->> 'tier' as tier from inbox where source = 'volante' order by no`,
  );
  expect(rows).toEqual([
    { type: 'tier.reached', tier: 'silver' },
    { type: 'tier.reached', tier: 'gold' },
  ]);
  await tendProgram(database, { program, now: at(30.5) });
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ tier: 'silver' });
  await tendProgram(database, { program, now: at(32) });
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ tier: null });
});

test.each([
  { overdraft: false, after: { active: 0, reversed: 40, debt: 0 }, later: { active: 30 } },
  { overdraft: true, after: { active: -20, reversed: 60, debt: 20 }, later: { active: 10, debt: 0 } },
])('a refund takes its share also of points spent: %j', async ({ overdraft, after, later }) => {
  const program = await openTestProgram(database, { pending: 0, overdraft });
  const contactId = await person();
  await tell([order('o1', contactId, 80), order('o2', contactId, 20)], 0);
  await spendPoints(database, { program, contactId, key: 'till-1', points: 60n, now: at(1) });
  const refund = (id: string, amount?: number): ShopEvent => ({
    id,
    type: 'order.refunded',
    contactId,
    occurredAt: at(2),
    data: { orderId: 'o1', amount },
  });
  await tell([refund('f1', 60)], 2);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ spent: 60, ...after });
  const { rows } = await database.query(`select uncovered::int as n from loyalty_journal where kind = 'refund'`);
  expect(rows).toEqual([{ n: overdraft ? 0 : 20 }]);
  await tell([order('o3', contactId, 30)], 3);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject(later);
});

test('a refund that comes before its order takes the points as soon as they are there', async () => {
  const program = await openTestProgram(database);
  const contactId = await person();
  await tell([{ id: 'f1', type: 'order.refunded', contactId, occurredAt: at(1), data: { orderId: 'o1' } }], 1);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ pending: 0, reversed: 0 });
  await tell([order('o1', contactId, 80)], 2);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ pending: 0, active: 0, reversed: 80 });
});

test('an event whose amount cannot be read is put off with its reason and holds up nobody', async () => {
  const program = await openTestProgram(database);
  const contactId = await person();
  const usd = order('o3', contactId, 9, { data: { orderId: 'o3', total: 9, currency: 'USD' } });
  await tell([order('o1', contactId, 'plenty'), order('o2', contactId, 12), usd, order('o4', contactId, -3)], 0);
  expect(await balanceOf({ database }, program.id, contactId)).toMatchObject({ pending: 12 });
  const { rows } = await database.query('select id, reason from inbox where reason is not null order by id');
  expect(rows).toEqual([
    { id: 'o1', reason: `${program.id}: event.data.total is no amount of money` },
    { id: 'o3', reason: `${program.id}: the event is in another currency than EUR` },
    { id: 'o4', reason: `${program.id}: event.data.total is no amount of money` },
  ]);
  expect((await parkedInbox(database, { limit: 9 })).total).toBe(0);
});

test('members are warned once of points that will expire', async () => {
  const program = await openTestProgram(database, { pending: 0, expiryWarning: 7 * dayMs });
  const contactId = await person();
  await tell([order('o1', contactId, 80), order('o2', contactId, 20, { occurredAt: at(3) })], 3);
  expect(await warnOfExpiry(database, { program, now: at(52) })).toBe(0);
  expect(await warnOfExpiry(database, { program, now: at(54) })).toBe(1);
  expect(await warnOfExpiry(database, { program, now: at(54) })).toBe(0);
  expect(await warnOfExpiry(database, { program, now: at(57) })).toBe(1);
  const { rows } = await database.query(
    `select (data ->> 'points')::int as points, contact_id::text as contact from inbox where type = 'points.expiring' order by no`,
  );
  expect(rows).toEqual([
    { points: 80, contact: contactId },
    { points: 20, contact: contactId },
  ]);
});

test('50,000 events, a fifth of them repeated and all of them shuffled, pay once each', async () => {
  const program = await openTestProgram(database, { pending: 0 });
  await importPeople(database, peopleCsv(Array.from({ length: 500 }, (_, n) => ({ email: `m${n}@example.com` }))));
  const { rows } = await database.query<{ id: string }>('select id from contacts order by id');
  const own = Array.from({ length: 40_000 }, (_, n) => order(`o${n}`, rows[n % rows.length]?.id ?? '', 1 + (n % 50)));
  const told = [...own, ...own.slice(0, 10_000)].sort((a, b) => (a.id + a.id.length < b.id ? -1 : 1));
  for (let from = 0; from < told.length; from += 1_000)
    await tellShopEvents({ database }, told.slice(from, from + 1_000));
  const started = performance.now();
  await Promise.all([1, 2].map(() => dispatchLoyalty({ database }, () => at(1))));
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `loyalty: 50,000 events (40,000 new) booked in ${seconds.toFixed(1)} s, ${Math.round(40_000 / seconds)} a second\n`,
  );
  const { rows: sums } = await database.query(
    `select count(*)::int as journals, (select sum(active)::int from loyalty_balances where program = $1) as points
       from loyalty_journal where program = $1`,
    [program.id],
  );
  expect(sums).toEqual([{ journals: 40_000, points: own.reduce((sum, { data }) => sum + Number(data?.total), 0) }]);
}, 300_000);
