/** What shops and members meet: points at the till, and the card behind a link. */

import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bookAwards } from '../../ledger/loyalty/award';
import { cardToken } from '../../ledger/loyalty/card-token';
import { tendProgram } from '../../ledger/loyalty/mature';
import { findProgram } from '../../ledger/loyalty/programs';
import { balanceOf, clubCampaign, dispatchLoyalty, tellShopEvents } from '../support/club';
import { eventually } from '../support/eventually';
import { startGateway, type TestGateway } from '../support/gateway';
import { dayMs } from '../support/loyalty-terms';
import { askGateway, codesBudget, codeTerms, euros } from '../support/promotions';
import { gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { decide } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let program: string;
let clubRun: string;
let contactId: string;

const secret = 'a-secret-of-the-till';

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness, { secretOf: () => secret });
  gateway.workspace.sources = { till: { kind: 'events', secret: 'env://TILL', redeem: true } };
  await harness.importPeople(2);
  contactId = (await harness.database.query<{ id: string }>('select id from contacts order by id')).rows[0]?.id ?? '';
});

afterAll(async () => {
  await gateway.close();
  await harness.close();
  await environment.teardown();
});

async function ask(action: string, body: object, options: { key?: string; token?: string } = {}) {
  const answer = await fetch(`${gateway.url}/loyalty/${action}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${options.token ?? secret}`,
      ...(options.key !== undefined && { 'idempotency-key': options.key }),
    },
    body: JSON.stringify({ program, member: { contactId }, ...body }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('an approved program opens, earns, awards, is asked at the till, and closes when it is aborted', async () => {
  const rewards = [{ id: 'mug', cost: 40, gift: 'MUG-1' }];
  await harness.withWorkers(async () => {
    const club = await harness.launch(clubCampaign({ rewards }));
    clubRun = club.runId;
    program = clubRun.split('/')[1] ?? '';
    expect(await findProgram(harness.database, program)).toBeUndefined();
    await decide(harness, clubRun, 'ana', { gate: 'terms' });
    const opened = await eventually(async () => findProgram(harness.database, program), { what: 'an open program' });
    const occurredAt = new Date(Date.now() - 20 * dayMs);
    await tellShopEvents(harness, [
      { id: 'o1', type: 'order.paid', contactId, occurredAt, data: { orderId: 'o1', total: 100 } },
    ]);
    await dispatchLoyalty(harness);
    await tendProgram(harness.database, { program: opened, now: new Date() });

    expect((await ask('balance', {}, { token: 'somebody else entirely' })).status).toBe(401);
    expect(await ask('balance', {})).toMatchObject({ status: 200, body: { points: 100, pending: 0, rewards } });
    expect((await ask('spend', { points: 30 })).status).toBe(400);
    expect(await ask('spend', { points: 30 }, { key: 'k1' })).toMatchObject({ body: { ok: true, balance: 70 } });
    expect(await ask('spend', { points: 30 }, { key: 'k1' })).toMatchObject({ body: { repeated: true, balance: 70 } });
    expect((await ask('spend', { points: 31 }, { key: 'k1' })).status).toBe(422);
    expect(await ask('spend', { reward: 'mug' }, { key: 'k2' })).toMatchObject({
      body: { gift: 'MUG-1', balance: 30 },
    });
    expect(await ask('spend', { reward: 'mug' }, { key: 'k3' })).toMatchObject({
      status: 409,
      body: { reason: 'not-enough-points', balance: 30 },
    });
    const rush = await Promise.all(Array.from({ length: 8 }, (_, n) => ask('spend', { points: 10 }, { key: `r${n}` })));
    expect(rush.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await ask('reverse', { spending: 'k2' }, { key: 'b1' })).toMatchObject({
      body: { points: 40, balance: 40 },
    });
    expect(await ask('reverse', { spending: 'k2' }, { key: 'b2' })).toMatchObject({
      body: { reason: 'already-returned' },
    });
    expect(await ask('balance', { member: { email: 'nobody@example.com' } })).toMatchObject({ status: 404 });

    const bonus = { program, award: 50, to: 'all', after: 0, undo: 'reverse' } as const;
    const thanks = await harness.launch(
      testCampaign({
        id: 'thanks',
        steps: [
          gateStep(),
          { id: 'bonus', kind: 'loyalty', loyalty: bonus },
          { id: 'rest', kind: 'wait', wait: { for: dayMs } },
        ],
      }),
    );
    await decide(harness, thanks.runId, 'ana');
    await eventually(async () => (await balanceOf(harness, program, contactId))?.active === 90, { what: 'the bonus' });
    expect(await ask('spend', { points: 60 }, { key: 'k4' })).toMatchObject({ body: { balance: 30 } });
    const handle = harness.environment.client.workflow.getHandle(thanks.runId);
    await handle.signal('abort', { by: 'luis', reason: 'a mistake' });
    await handle.result();
    expect(await balanceOf(harness, program, contactId)).toMatchObject({ active: 0, reversed: 30 });
    const { rows } = await harness.database.query<{ detail: unknown }>(
      `select detail from audit where action = 'loyalty.reversed'`,
    );
    expect(rows[0]?.detail).toMatchObject({ members: 2, points: 80, uncovered: 20 });

    const standing = harness.environment.client.workflow.getHandle(clubRun);
    await standing.signal('abort', { by: 'luis', reason: 'no more points' });
    expect(await standing.result()).toMatchObject({ phase: 'aborted' });
    expect(await findProgram(harness.database, program)).toMatchObject({ state: 'closed' });
    expect(await ask('spend', { points: 1 }, { key: 'k9' })).toMatchObject({ body: { reason: 'program-closed' } });
  });
});

test('the card shows points to whoever has the link, in their language, and nothing changes', async () => {
  const path = `/l/${cardToken({ program, contactId }, testSecretKey)}`;
  const before = await balanceOf(harness, program, contactId);
  const page = await fetch(gateway.url + path, { headers: { 'accept-language': 'es' } });
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('Tus puntos');
  expect(html).toContain('mug');
  expect(html).not.toContain('example.com');
  expect(await (await fetch(gateway.url + path, { headers: { 'accept-language': 'en' } })).text()).toContain(
    'Your points',
  );
  expect((await fetch(gateway.url + path, { method: 'POST' })).status).toBe(405);
  const forged = path.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  expect((await fetch(gateway.url + forged)).status).toBe(404);
  expect(await balanceOf(harness, program, contactId)).toEqual(before);
});

test('points buy a code: the same answer again, the card shows it, the shop takes it, and only then it stays', async () => {
  const promotion = codeTerms({
    discount: { kind: 'amount', amount: euros(5) },
    worth: euros(5),
    minimumBasket: euros(30),
    limits: { perCode: 1 },
    validUntil: { for: 30 * dayMs },
    undo: 'keep',
  });
  const rewards = [{ id: 'five-off', cost: 40, promotion }];
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(clubCampaign({ rewards }, { id: 'codes-club', budget: codesBudget(10) }));
    await decide(harness, runId, 'ana', { gate: 'terms' });
    program = runId.split('/')[1] ?? '';
    const opened = await eventually(() => findProgram(harness.database, program), { what: 'an open program' });
    const now = new Date();
    await bookAwards(harness.database, {
      program: opened,
      awards: [{ contactId, key: 'gift', points: 200n }],
      origin: { kind: 'adjust', detail: {} },
      activeAt: now,
      now,
    });
    expect((await ask('balance', {})).body.rewards).toEqual([
      { id: 'five-off', cost: 40, promotion: { discount: '5 EUR', minimumBasket: '30 EUR' } },
    ]);
    const spend = (key: string) => ask('spend', { reward: 'five-off' }, { key });
    const first = await spend('c1');
    expect(first).toMatchObject({ status: 200, body: { ok: true, balance: 160, repeated: false } });
    const { code, validUntil } = first.body as { code: string; validUntil: string };
    expect(Date.parse(validUntil)).toBeGreaterThan(Date.now() + 29 * dayMs);
    expect(await spend('c1')).toMatchObject({ body: { repeated: true, code, validUntil } });
    expect(await spend('c2')).toMatchObject({ status: 200, body: { balance: 120 } });
    expect(await spend('c3')).toMatchObject({ status: 409, body: { ok: false, reason: 'budget', balance: 120 } });

    const card = await fetch(`${gateway.url}/l/${cardToken({ program, contactId }, testSecretKey)}`);
    const page = await card.text();
    expect(page).toContain(code);
    expect(page).toContain('€5');
    const shop = (key: string, body: object) => askGateway(gateway.url, 'redeem', { body, key, secret });
    const basket = { amount: '20.00', currency: 'EUR' };
    expect(await shop('r1', { code, basket })).toMatchObject({ body: { reason: 'basket-too-small' } });
    expect(await shop('r2', { code, basket: { ...basket, amount: '45.00' } })).toMatchObject({
      status: 200,
      body: { value: { amount: '5.00' } },
    });
    expect(await ask('reverse', { spending: 'c1' }, { key: 'b1' })).toMatchObject({
      status: 409,
      body: { reason: 'code-used', balance: 120 },
    });
    expect(await ask('reverse', { spending: 'c2' }, { key: 'b2' })).toMatchObject({ body: { ok: true, balance: 160 } });
    const third = await spend('c4');
    const standing = environment.client.workflow.getHandle(runId);
    await standing.signal('abort', { by: 'luis', reason: 'no more points' });
    await standing.result();
    expect(await spend('c5')).toMatchObject({ body: { reason: 'program-closed' } });
    expect(await shop('r3', { code: third.body.code, basket: { ...basket, amount: '45.00' } })).toMatchObject({
      status: 200,
    });
  });
});
