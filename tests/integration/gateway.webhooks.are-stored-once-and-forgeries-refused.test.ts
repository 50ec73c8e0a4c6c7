/** Typed events, CloudEvents and Standard Webhooks: in the inbox before the answer, once, and only from those who prove it. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { startGateway, type TestGateway } from '../support/gateway';
import { type Harness, runHarness } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let limited: TestGateway;

const bearer = 'a key of the shop, long enough'.replaceAll(' ', '-');
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const nextWhsec = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const secretOf = (reference: string) => ({ shop: bearer, pay: `${whsec} ${nextWhsec}` })[reference] ?? '';

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, {
    workspace: {
      sources: {
        shop: {
          kind: 'events',
          secret: 'shop',
          kinds: { 'order.paid': 'converted', 'order.refunded': 'refund', 'link.followed': 'clicked' },
          fields: { email: 'customer.email', amount: 'total' },
        },
        pay: { kind: 'events', secret: 'pay' },
      },
    },
  });
  gateway = await startGateway(harness, { secretOf });
  limited = await startGateway(harness, { secretOf, limits: { eventRequests: 5, waitingEvents: 3 } });
  await harness.importPeople(3);
});

afterAll(async () => {
  await gateway?.close();
  await limited?.close();
  await harness?.close();
  await environment?.teardown();
});

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function send(source: string, body: string, headers: Record<string, string>, to = gateway): Promise<Answer> {
  const response = await fetch(`${to.url}/events/${source}`, { method: 'POST', body, headers });
  const { status } = response;
  return { status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

const authorized = { authorization: `Bearer ${bearer}` };
const json = { 'content-type': 'application/json' };
const post = (body: unknown) => send('shop', JSON.stringify(body), { ...json, ...authorized });

const inbox = async (id: string) =>
  (await harness.database.query('select source, id, type, state, data, occurred_at from inbox where id = $1', [id]))
    .rows;
const booked = async (id: string) =>
  (await harness.database.query('select kind, amount_micros, currency from events where id = $1', [id])).rows;
const stored = async () =>
  (await harness.database.query<{ n: number }>('select count(*)::int as n from inbox')).rows[0]?.n ?? 0;

test('an event with a type is in the inbox once, and in the book as what its source says', async () => {
  const order = {
    id: 'o-1',
    type: 'order.paid',
    occurredAt: '2026-11-20T10:00:00Z',
    data: { orderId: '1001', total: 49.9, currency: 'EUR', customer: { email: 'p1@example.com', city: 'Madrid' } },
  };
  expect((await post(order)).body).toEqual({ added: 1, repeated: 0, differing: 0, rejected: [] });
  expect((await post([order, order, { ...order, id: 'o-2' }])).body).toMatchObject({ added: 1, repeated: 2 });
  const [row] = await inbox('o-1');
  expect(row).toMatchObject({ source: 'shop', type: 'order.paid', state: 'new' });
  expect(row?.data).toEqual({ orderId: '1001', total: 49.9, currency: 'EUR', customer: { city: 'Madrid' } });
  expect(await booked('o-1')).toEqual([{ kind: 'converted', amount_micros: '49900000', currency: 'EUR' }]);
});

test('a type that nobody counts stays out of the book; one that counts as a click needs no money', async () => {
  const at = '2026-11-20T10:00:00Z';
  await post({ id: 'v-1', type: 'page.viewed', occurredAt: at, data: { customer: { email: 'p1@example.com' } } });
  await post({ id: 'l-1', type: 'link.followed', occurredAt: at, email: 'p2@example.com', data: { total: 3 } });
  expect(await inbox('v-1')).toHaveLength(1);
  expect(await booked('v-1')).toEqual([]);
  expect(await booked('l-1')).toEqual([{ kind: 'clicked', amount_micros: null, currency: null }]);
});

test.each([
  ['neither kind nor type', { kind: undefined }, /either kind or type/],
  ['both', { type: 'order.paid', kind: 'converted' }, /either kind or type/],
  ['a type with blanks', { type: 'order paid' }, /type/],
  ['data that is a list', { type: 'a.b', data: [1] }, /no JSON object/],
  ['a NUL in its data', { type: 'a.b', data: { a: 'x\u0000' } }, /cannot be stored/],
  ['half a surrogate pair', { type: 'a.b', data: { a: '\ud800' } }, /cannot be stored/],
  ['too much data', { type: 'a.b', data: { a: 'x'.repeat(70_000) } }, /bytes/],
  [
    'money for a refund that is none',
    { type: 'order.refunded', data: { total: -5, currency: 'EUR', customer: { email: 'p1@example.com' } } },
    /amount/,
  ],
])('an event with %s is refused with its reason', async (_what, fields, reason) => {
  const before = await stored();
  const answer = await post({ id: 'bad', occurredAt: '2026-11-20T10:00:00Z', ...fields });
  expect(answer.status).toBe(200);
  expect(answer.body.rejected).toEqual([{ index: 0, reason: expect.stringMatching(reason) }]);
  expect(await stored()).toBe(before);
});

test('data nested without end is refused', async () => {
  const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  const body = `{"id":"deep","type":"a.b","occurredAt":"2026-11-20T10:00:00Z","data":${deep}}`;
  const answer = await send('shop', body, { ...json, ...authorized });
  expect(answer.body.rejected).toEqual([{ index: 0, reason: expect.stringMatching(/nested/) }]);
});

describe('CloudEvents 1.0', () => {
  const event = (id: string) =>
    new CloudEvent({
      id,
      source: '/shop/es',
      type: 'order.paid',
      time: '2026-11-20T11:00:00Z',
      data: { total: '10', currency: 'EUR', customer: { email: 'p3@example.com' } },
    });

  test('structured, binary and in a batch are the same event', async () => {
    const structured = HTTP.structured(event('ce-1'));
    const binary = HTTP.binary(event('ce-1'));
    const plain = (headers: typeof binary.headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(
      (await send('shop', String(structured.body), { ...plain(structured.headers), ...authorized })).body,
    ).toMatchObject({ added: 1 });
    expect((await send('shop', String(binary.body), { ...plain(binary.headers), ...authorized })).body).toMatchObject({
      added: 0,
      repeated: 1,
    });
    const batch = JSON.stringify([event('ce-1'), event('ce-2')]);
    const type = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await send('shop', batch, { ...type, ...authorized })).body).toMatchObject({ added: 1, repeated: 1 });
    expect(await inbox('ce-1@/shop/es')).toMatchObject([
      { type: 'order.paid', occurred_at: new Date('2026-11-20T11:00:00Z') },
    ]);
    expect(await booked('ce-2@/shop/es')).toEqual([{ kind: 'converted', amount_micros: '10000000', currency: 'EUR' }]);
  });

  test.each([
    ['no id', { specversion: '1.0', source: '/s', type: 'a.b' }],
    ['no source', { specversion: '1.0', id: '1', type: 'a.b' }],
    ['no type', { specversion: '1.0', id: '1', source: '/s' }],
    ['another version', { specversion: '9.9', id: '1', source: '/s', type: 'a.b' }],
    ['a time that is none', { specversion: '1.0', id: '1', source: '/s', type: 'a.b', time: 'yesterday' }],
    ['nothing', null],
  ])('with %s: refused', async (_what, body) => {
    const type = { 'content-type': 'application/cloudevents+json' };
    const before = await stored();
    expect((await send('shop', JSON.stringify(body), { ...type, ...authorized })).status).toBe(400);
    expect(await stored()).toBe(before);
  });
});

describe('Standard Webhooks', () => {
  const payload = JSON.stringify({
    type: 'invoice.paid',
    timestamp: '2026-11-20T12:00:00Z',
    data: { email: 'p1@example.com', total: 5 },
  });
  const signed = (id: string, { secret = whsec, at = new Date(), body = payload } = {}) => ({
    ...json,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  });

  test('signed by either live secret it is taken; every further attempt of it counts for nothing', async () => {
    expect((await send('pay', payload, signed('msg_1'))).body).toMatchObject({ added: 1, repeated: 0 });
    expect((await send('pay', payload, signed('msg_1', { secret: nextWhsec }))).body).toMatchObject({
      added: 0,
      repeated: 1,
    });
    expect((await send('pay', payload, signed('msg_2', { secret: nextWhsec }))).body).toMatchObject({ added: 1 });
    expect(await inbox('msg_1')).toMatchObject([{ type: 'invoice.paid', data: { total: 5 } }]);
  });

  test('stale, ahead of time, for another id, another body or source, unsigned: refused, nothing stored', async () => {
    const before = await stored();
    const minutes = (n: number) => new Date(Date.now() + n * 60_000);
    const good = signed('msg_3');
    const attempts: [string, string, Record<string, string>][] = [
      ['pay', payload, signed('msg_3', { at: minutes(-6) })],
      ['pay', payload, signed('msg_3', { at: minutes(6) })],
      ['pay', payload, { ...good, 'webhook-id': 'msg_4' }],
      ['pay', `${payload} `, good],
      ['pay', payload, { ...good, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
      ['pay', payload, { ...good, 'webhook-signature': '' }],
      ['pay', payload, { ...good, 'webhook-signature': 'v1,AAAA' }],
      ['pay', payload, { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v1a,') }],
      ['shop', payload, good],
      ['nobody', payload, good],
    ];
    for (const [source, body, headers] of attempts) expect((await send(source, body, headers)).status).toBe(401);
    expect(await stored()).toBe(before);
  });

  test('any changed byte of the signature is refused', async () => {
    const good = signed('msg_5');
    const signature = good['webhook-signature'];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: signature.length - 2 }),
        fc.constantFrom(...'ABCabc019+/'),
        async (at, letter) => {
          fc.pre(signature[at] !== letter);
          const forged = `${signature.slice(0, at)}${letter}${signature.slice(at + 1)}`;
          expect((await send('pay', payload, { ...good, 'webhook-signature': forged })).status).toBe(401);
        },
      ),
      { numRuns: 60 },
    );
    expect(await inbox('msg_5')).toEqual([]);
  });

  test('signed, but no event: refused with its reason', async () => {
    for (const body of ['[]', '{}', '{"type":7}', '{"type":"a b"}', 'no json']) {
      const answer = await send('pay', body, signed('msg_6', { body }));
      expect(answer.status).toBe(400);
      expect(answer.body.error).toEqual(expect.any(String));
    }
    expect(await inbox('msg_6')).toEqual([]);
  });
});

test('too many waiting, or too many requests: 429 with the time to come back, and nothing stored', async () => {
  const before = await stored();
  expect(before).toBeGreaterThan(3);
  const event = { id: 'later', type: 'page.viewed', occurredAt: '2026-11-20T10:00:00Z' };
  const answers: Answer[] = [];
  for (let n = 0; n < 7; n += 1)
    answers.push(await send('shop', JSON.stringify(event), { ...json, ...authorized }, limited));
  for (const { status, headers } of answers) {
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(answers.at(0)?.body.error).toMatch(/too many events wait/);
  expect(answers.at(-1)?.body.error).toMatch(/too many requests/);
  expect(await stored()).toBe(before);
});
