import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { shownCode } from '../../ledger/promotions/codes';
import { startGateway, type TestGateway } from '../support/gateway';
import { askGateway, euros, issuedRun } from '../support/promotions';
import { type Harness, runHarness } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
const secret = 'the-secret-of-the-shop';

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, {
    workspace: {
      sources: {
        shop: { kind: 'events', secret: 'shop', redeem: true },
        other: { kind: 'events', secret: 'other', redeem: true },
        reader: { kind: 'events', secret: 'reader' },
      },
    },
  });
  const secrets: Record<string, string> = { shop: secret, other: `${secret}-other`, reader: `${secret}-reader` };
  gateway = await startGateway(harness, { secretOf: (reference) => secrets[reference] ?? '' });
  await harness.importPeople(20);
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const basket = { amount: '40.00', currency: 'EUR' };
const post = (action: string, body: unknown, key = randomUUID(), as = secret) =>
  askGateway(gateway.url, action, { body, key, secret: as });

test('1,000 redemptions at once of a code limited to 100: exactly 100 succeed, and the money of 100 is spent', async () => {
  const generic = `RUSH-${randomUUID().slice(0, 8)}`;
  const terms = {
    discount: { kind: 'amount' as const, amount: euros(5) },
    worth: euros(5),
    codes: { generic },
    limits: { total: 100, perContact: 1, perCode: 100 },
  };
  const { runNo } = await issuedRun(harness.database, { terms, budget: 10_000 });
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => post('redeem', { code: generic, basket, customer: { id: `c${n}` } })),
  );
  const done = answers.filter(({ status }) => status === 200);
  expect(done).toHaveLength(100);
  expect(new Set(done.map(({ body }) => body.redemption)).size).toBe(100);
  expect(
    new Set(answers.filter(({ status }) => status !== 200).map(({ status, body }) => `${status} ${body.reason}`)),
  ).toEqual(new Set(['409 exhausted']));
  expect(await moneyLines(harness.database, runNo)).toMatchObject([
    { line: 'promotion', committed: 500_000_000, reserved: 0, available: 9_500_000_000 },
    { line: 'unassigned' },
  ]);
  expect(await auditBook(harness.database, runNo)).toEqual([]);
}, 120_000);

test('a code goes from hold to use to refund, each once, and money follows', async () => {
  const { runNo, codes } = await issuedRun(harness.database, { budget: 1_000 });
  const [code = ''] = codes;
  const line = async () => (await moneyLines(harness.database, runNo))[0];
  expect(await post('validate', { code, basket })).toMatchObject({
    status: 200,
    body: { ok: true, value: { amount: '6.00' } },
  });
  expect(await line()).toMatchObject({ reserved: 400e6, committed: 0, available: 600e6 });

  const held = await post('reserve', { code: shownCode(code).toLowerCase(), basket });
  expect(held).toMatchObject({ status: 200, body: { state: 'held', value: { amount: '6.00' } } });
  expect(await post('redeem', { code, basket })).toMatchObject({ status: 409, body: { reason: 'code-used' } });
  const { redemption } = held.body;
  expect(await post('release', { redemption })).toMatchObject({ status: 200, body: { state: 'released' } });
  expect(await post('redeem', { redemption })).toMatchObject({ status: 409, body: { reason: 'already-released' } });

  const again = await post('reserve', { code, basket });
  const used = await post('redeem', { redemption: again.body.redemption, value: { amount: '5.50', currency: 'EUR' } });
  expect(used).toMatchObject({ status: 200, body: { state: 'redeemed', value: { amount: '5.50' } } });
  expect(await line()).toMatchObject({ reserved: 380e6, committed: 5.5e6, available: 614.5e6 });
  expect(await post('release', { redemption: again.body.redemption })).toMatchObject({
    body: { reason: 'already-redeemed' },
  });

  expect(await post('refund', { redemption: again.body.redemption })).toMatchObject({
    status: 200,
    body: { state: 'refunded' },
  });
  expect(await post('refund', { redemption: again.body.redemption })).toMatchObject({
    body: { reason: 'already-refunded' },
  });
  expect(await line()).toMatchObject({ reserved: 380e6, committed: 0, available: 620e6 });
  expect(await post('redeem', { code, basket })).toMatchObject({ status: 409, body: { reason: 'code-used' } });
  expect(await auditBook(harness.database, runNo)).toEqual([]);
});

test('a use is given back in parts until nothing is left, and never more', async () => {
  const { runNo, codes } = await issuedRun(harness.database, { budget: 1_000 });
  const used = await post('redeem', { code: codes[0], basket });
  const { redemption } = used.body;
  const refund = (amount?: string, key = randomUUID()) =>
    post('refund', { redemption, ...(amount !== undefined && { value: { amount, currency: 'EUR' } }) }, key);
  const key = randomUUID();
  expect(await refund('2.50', key)).toMatchObject({
    body: { state: 'redeemed', value: { amount: '2.50' }, left: { amount: '3.50' } },
  });
  expect((await refund('2.50', key)).body.left).toMatchObject({ amount: '3.50' });
  expect((await refund('3.51')).body.reason).toBe('value-too-high');
  expect((await refund('0.00')).body.reason).toBe('nothing-to-refund');
  expect((await moneyLines(harness.database, runNo))[0]).toMatchObject({ committed: 3.5e6 });
  const [one, two] = await Promise.all([refund('3.00'), refund('3.00')]);
  expect([one.status, two.status].sort()).toEqual([200, 409]);
  expect(await refund()).toMatchObject({
    body: { state: 'refunded', value: { amount: '0.50' }, left: { amount: '0.00' } },
  });
  expect((await refund()).body.reason).toBe('already-refunded');
  expect((await moneyLines(harness.database, runNo))[0]).toMatchObject({
    committed: 0,
    reserved: 380e6,
    available: 620e6,
  });
  expect(await auditBook(harness.database, runNo)).toEqual([]);
});

test('the same key with the same body is the same answer, also when both come at once; with another body it is an error', async () => {
  const { codes, runNo } = await issuedRun(harness.database, { budget: 1_000 });
  const body = { code: codes[0], basket, order: 'A-1' };
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('redeem', body, key)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 200, body: { state: 'redeemed' } });
  const { rows } = await harness.database.query(
    'select from redemptions r join promotions p on p.no = r.promotion_no where p.run_no = $1',
    [runNo],
  );
  expect(rows).toHaveLength(1);
  expect(await post('redeem', { ...body, order: 'A-2' }, key)).toMatchObject({
    status: 422,
    body: { reason: 'key-reused' },
  });
  expect(await post('reserve', body, key)).toMatchObject({ status: 422 });
  expect(await post('redeem', { ...body, code: codes[1] }, key, `${secret}-other`)).toMatchObject({ status: 200 });
});

test('what is not right is refused with a reason for programs', async () => {
  const past = new Date(Date.now() - 3600_000).toISOString();
  const future = new Date(Date.now() + 3600_000).toISOString();
  const made = async (terms: Parameters<typeof issuedRun>[1]['terms']) =>
    (await issuedRun(harness.database, { terms, budget: 1_000, now: new Date(Date.now() - 7200_000) })).codes[0];
  const reasonOf = async (body: Record<string, unknown>) => (await post('redeem', { basket, ...body })).body.reason;

  expect(await reasonOf({ code: 'NOBODYHASTHIS' })).toBe('unknown-code');
  expect(await reasonOf({ code: 'AAAA-AAAA-AAAC' })).toBe('mistyped-code');
  expect(await reasonOf({ code: await made({ validUntil: past }) })).toBe('expired');
  expect(await reasonOf({ code: await made({ validFrom: future }) })).toBe('not-yet-valid');
  expect(await reasonOf({ code: await made({ minimumBasket: euros(50) }) })).toBe('basket-too-small');
  expect(await reasonOf({ code: await made({}), withOthers: true })).toBe('not-with-others');
  expect(await reasonOf({ code: await made({}), basket: { amount: '40.00', currency: 'USD' } })).toBe('other-currency');
  expect(await reasonOf({ code: await made({}), value: { amount: '30.00', currency: 'EUR' } })).toBe('value-too-high');
  expect(await reasonOf({ code: await made({}), customer: { contactId: '999999' } })).toBe('other-customer');
  const generic = `ALL-${randomUUID().slice(0, 6)}`;
  await made({ codes: { generic }, limits: { total: 5, perContact: 1, perCode: 5 } });
  expect(await reasonOf({ code: generic })).toBe('customer-required');
  expect(await reasonOf({ code: generic, customer: { id: 'x' } })).toBeUndefined();
  expect(await reasonOf({ code: generic, customer: { id: 'x' } })).toBe('customer-limit');
  expect(await post('refund', { redemption: randomUUID() })).toMatchObject({ status: 404 });
});

test('a customer is the same however a shop spells their address', async () => {
  const generic = `SPELT-${randomUUID().slice(0, 6)}`;
  const terms = { codes: { generic }, limits: { total: 5, perContact: 1, perCode: 5 } };
  await issuedRun(harness.database, { terms, budget: 1_000 });
  const redeem = (email: string) => post('redeem', { code: generic, basket, customer: { email } });
  const { rows } = await harness.database.query<{ email: string }>(
    'select address as email from contacts order by id limit 1',
  );
  const known = rows[0]?.email ?? '';
  expect(await redeem(known)).toMatchObject({ status: 200 });
  expect((await redeem(` ${known.toUpperCase()}`)).body.reason).toBe('customer-limit');
  expect(await redeem('stranger@elsewhere.example')).toMatchObject({ status: 200 });
  expect((await redeem('Stranger@ELSEWHERE.example')).body.reason).toBe('customer-limit');
});

test('only a source that may redeem is heard, nothing happens without a key, and only whole bodies are read', async () => {
  const { codes } = await issuedRun(harness.database, { budget: 1_000 });
  const body = { code: codes[0], basket };
  expect(await post('redeem', body, randomUUID(), `${secret}-reader`)).toMatchObject({ status: 401 });
  expect(await post('redeem', body, randomUUID(), 'guessed-by-somebody')).toMatchObject({ status: 401 });
  expect(await askGateway(gateway.url, 'redeem', { body, secret })).toMatchObject({ status: 400 });
  expect(await post('burn', body)).toMatchObject({ status: 404 });
  expect(await post('validate', { ...body, redemption: randomUUID() })).toMatchObject({ status: 400 });
  for (const wrong of [
    '',
    '{',
    '[]',
    '{"code":1}',
    { ...body, extra: 1 },
    { code: codes[0] },
    { ...body, redemption: randomUUID() },
    { ...body, basket: { amount: '-1', currency: 'EUR' } },
  ])
    expect(await post('redeem', wrong)).toMatchObject({ status: 400 });
  expect(await post('redeem', { ...body, order: 'x'.repeat(20_000) })).toMatchObject({
    status: 413,
    body: { error: 'more than 16384 bytes' },
  });
  const held = await post('reserve', body);
  const { redemption } = held.body;
  expect(await post('redeem', { redemption }, randomUUID(), `${secret}-other`)).toMatchObject({ status: 404 });
});
