/** Points for store credit of a platform without idempotency keys: whatever is lost or repeated, one credit for one spending. */
import { Readable } from 'node:stream';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { createStoreCreditActivities } from '../../activities/store-credit';
import { importContacts } from '../../ledger/contacts-import';
import { bookAwards } from '../../ledger/loyalty/award';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { returnSpent, spendPoints } from '../../ledger/loyalty/spend';
import { countCredits, findCredit } from '../../ledger/loyalty/store-credit';
import { dispatchOnce } from '../../operations/dispatch-inbox';
import { creditConsumer } from '../../operations/loyalty/pay-credits';
import { createMedusaStoreCredit } from '../../platforms/medusa';
import { balanceOf, clubCampaign } from '../support/club';
import { CuttingProxy, type Meddling } from '../support/cutting-proxy';
import { eventually } from '../support/eventually';
import { startGateway, type TestGateway } from '../support/gateway';
import { MedusaDouble } from '../support/medusa-double';
import { addCustomer, creditsOf } from '../support/medusa-shop';
import { euros } from '../support/promotions';
import { type Harness, runHarness, testSecretKey } from '../support/run-harness';
import { decide } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let medusa: MedusaDouble;
let proxy: CuttingProxy;
let program: Program;
const secret = 'a-secret-of-the-till';
const credit = { amount: euros(5), platform: 'shop' };
const reward = { id: 'voucher', cost: 50, storeCredit: credit };

beforeAll(async () => {
  medusa = await MedusaDouble.start();
  proxy = await CuttingProxy.before(medusa.url);
  environment = await localEnvironment();
  const shop = createMedusaStoreCredit({ platform: 'shop', url: proxy.url, token: medusa.token, timeoutMs: 2_000 });
  harness = await runHarness(environment, { deps: { creditsOf: () => shop } });
  gateway = await startGateway(harness, { secretOf: () => secret });
  gateway.workspace.sources = { till: { kind: 'events', secret: 'env://TILL', redeem: true } };
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(clubCampaign({ rewards: [reward] }));
    await decide(harness, runId, 'ana', { gate: 'terms' });
    const id = runId.split('/')[1] ?? '';
    program = await eventually(() => findProgram(harness.database, id), { what: 'an open program' });
    await environment.client.workflow.getHandle(runId).terminate('its book is all that is needed');
  });
}, 120_000);

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
  await proxy?.close();
  await medusa?.remove();
});

afterEach(() => {
  proxy.cutAt = 0;
  proxy.meddle = undefined;
});

let members = 0;

/** Somebody with 100 points whom the shop may know. */
async function member({ isKnown = true } = {}): Promise<{ contactId: string; customer: string }> {
  members += 1;
  const email = `m${members}@example.com`;
  const csv = `email,consent,consentSource,consentAt\n${email},granted,test,2026-01-01`;
  await importContacts(harness.database, { source: Readable.from([csv]), file: 'm.csv', secretKey: testSecretKey });
  const { rows } = await harness.database.query<{ id: string }>('select id from contacts where address = $1', [email]);
  const contactId = rows[0]?.id ?? '';
  const now = new Date();
  await bookAwards(harness.database, {
    program,
    awards: [{ contactId, key: `test:${members}`, points: 100n }],
    origin: { kind: 'adjust', detail: {} },
    activeAt: now,
    now,
  });
  return { contactId, customer: isKnown ? await addCustomer(medusa, email) : '' };
}

const pay = (no: string) => createStoreCreditActivities(harness.deps).payCredit({ credit: no });

async function spend(contactId: string): Promise<string> {
  const key = `bill of ${contactId}`;
  const answer = await spendPoints(harness.database, { program, contactId, key, points: 50n, credit, now: new Date() });
  if (!answer.done) throw new Error(answer.reason);
  const { rows } = await harness.database.query<{ no: string }>(
    'select c.no from loyalty_credits c join loyalty_journal j on j.no = c.journal_no where j.key = $1 and j.contact_id = $2',
    [`spend:${key}`, contactId],
  );
  return rows[0]?.no ?? '';
}

const isCredit = ({ method, path }: { method: string; path: string }) => method === 'POST' && path.endsWith('/credit');

test('a reward spent at the till is credited by a workflow, once, and can then not be given back', async () => {
  const { contactId, customer } = await member();
  const ask = async (action: string, body: object, key: string) => {
    const answer = await fetch(`${gateway.url}/loyalty/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, 'idempotency-key': key },
      body: JSON.stringify({ program: program.id, member: { contactId }, ...body }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const rewards = [{ id: 'voucher', cost: 50, storeCredit: '5.00 EUR' }];
  expect(await ask('balance', {}, 'b')).toMatchObject({ body: { points: 100, rewards } });
  const spent = { ok: true, points: 50, balance: 50, storeCredit: '5.00 EUR' };
  expect(await ask('spend', { reward: 'voucher' }, 'k1')).toMatchObject({ body: { ...spent, repeated: false } });
  expect(await ask('spend', { reward: 'voucher' }, 'k1')).toMatchObject({ body: { ...spent, repeated: true } });
  expect(await countCredits(harness.database, program.id)).toMatchObject({ owed: 1 });
  await harness.withWorkers(async () => {
    const { client } = environment;
    const consumer = creditConsumer({ client, taskQueue: harness.taskQueue });
    const consumers = [consumer, { ...consumer, name: 'the same, after a death' }];
    while ((await dispatchOnce({ database: harness.database, consumers })) > 0);
    await eventually(async () => (await countCredits(harness.database, program.id)).paid === 1, { what: 'it is paid' });
  });
  expect(await creditsOf(medusa, customer)).toEqual([5]);
  expect(await ask('reverse', { spending: 'k1' }, 'r1')).toMatchObject({
    status: 409,
    body: { ok: false, reason: 'paid-as-credit' },
  });
  expect(await balanceOf(harness, program.id, contactId)).toMatchObject({ active: 50, spent: 50 });
});

test('any number of workers, any answers lost: one credit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ workers: fc.integer({ min: 1, max: 4 }), cutAt: fc.integer({ min: 0, max: 6 }) }), {
        minLength: 1,
        maxLength: 5,
      }),
      async (storms) => {
        const { contactId, customer } = await member();
        const no = await spend(contactId);
        for (const { workers, cutAt } of storms) {
          proxy.cutAt = cutAt;
          await Promise.allSettled(Array.from({ length: workers }, () => pay(no)));
        }
        proxy.cutAt = 0;
        expect(await pay(no)).toBe('paid');
        expect(await creditsOf(medusa, customer)).toEqual([5]);
      },
    ),
    { numRuns: 40 },
  );
}, 180_000);

test('asked, not answered and not there: in doubt, looked for, and asked again only when it cannot be on its way any more', async () => {
  const { contactId, customer } = await member();
  const no = await spend(contactId);
  let asked = 0;
  let looked = 0;
  proxy.meddle = (request): Meddling | undefined => {
    if (request.path.includes('/transactions')) looked += 1;
    if (!isCredit(request)) return undefined;
    asked += 1;
    return asked === 1 ? { instead: { status: 502 } } : undefined;
  };
  for (let attempt = 0; attempt < 4; attempt += 1) await expect(pay(no)).rejects.toThrow(/shop|not there yet/);
  expect({ asked, looked }).toEqual({ asked: 1, looked: 4 });
  expect(await findCredit(harness.database, no)).toMatchObject({ state: 'asked' });
  expect((await countCredits(harness.database, program.id)).inDoubt).toBe(1);
  await expect(
    returnSpent(harness.database, { program, contactId, key: 'r', spendKey: `bill of ${contactId}`, now: new Date() }),
  ).resolves.toMatchObject({ done: false, reason: 'paid-as-credit' });
  await harness.database.query(`update loyalty_credits set asked_at = asked_at - interval '6 minutes' where no = $1`, [
    no,
  ]);
  expect(await pay(no)).toBe('paid');
  expect(asked).toBe(2);
  expect(await creditsOf(medusa, customer)).toEqual([5]);
});

test('a request that arrives long after its sender died is found, not repeated', async () => {
  const { contactId, customer } = await member();
  const no = await spend(contactId);
  let arrive = () => {};
  const before = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  proxy.meddle = (request) => (isCredit(request) ? { before } : undefined);
  await expect(pay(no)).rejects.toThrow('does not answer');
  await expect(pay(no)).rejects.toThrow('not there yet');
  arrive();
  await eventually(async () => (await creditsOf(medusa, customer)).length === 1, { what: 'the late request' });
  expect(await pay(no)).toBe('paid');
  expect(await creditsOf(medusa, customer)).toEqual([5]);
});

test('a key that is refused keeps it owed; put right, it is paid', async () => {
  const { contactId, customer } = await member();
  const no = await spend(contactId);
  proxy.meddle = (request) => (isCredit(request) ? { instead: { status: 401 } } : undefined);
  await expect(pay(no)).rejects.toThrow('refuses our key');
  expect(await findCredit(harness.database, no)).toMatchObject({ state: 'owed' });
  proxy.meddle = undefined;
  expect(await pay(no)).toBe('paid');
  expect(await creditsOf(medusa, customer)).toEqual([5]);
});

test('what the shop refuses for good gives the points back, once', async () => {
  const stranger = await member({ isKnown: false });
  const no = await spend(stranger.contactId);
  expect(await balanceOf(harness, program.id, stranger.contactId)).toMatchObject({ active: 50, spent: 50 });
  await Promise.allSettled([pay(no), pay(no), pay(no)]);
  expect(await pay(no)).toBe('refused');
  expect(await balanceOf(harness, program.id, stranger.contactId)).toMatchObject({ active: 100, spent: 0 });

  const known = await member();
  const second = await spend(known.contactId);
  proxy.meddle = (request) => (isCredit(request) ? { instead: { status: 400, body: '{"message":"no"}' } } : undefined);
  expect(await pay(second)).toBe('refused');
  expect(await balanceOf(harness, program.id, known.contactId)).toMatchObject({ active: 100, spent: 0 });
  expect(await creditsOf(medusa, known.customer)).toEqual([]);
});
