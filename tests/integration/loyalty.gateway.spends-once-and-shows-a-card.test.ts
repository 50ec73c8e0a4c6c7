/** What shops and members meet: points at the till, and the card behind a link. */

import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { cardToken } from '../../ledger/loyalty/card-token';
import { tendProgram } from '../../ledger/loyalty/mature';
import { findProgram } from '../../ledger/loyalty/programs';
import { balanceOf, clubCampaign, dispatchLoyalty, tellShopEvents } from '../support/club';
import { eventually } from '../support/eventually';
import { startGateway, type TestGateway } from '../support/gateway';
import { dayMs } from '../support/loyalty-terms';
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
