import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { isMeasurementError } from '../../errors/measurement-error';
import { type MetricSources, openMetricSources } from '../../platforms/measuring';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

const question = { runId: 'campaign/sale/1', step: 'offer', metric: 'margin', until: new Date('2027-04-02T00:00:00Z') };

interface Heard {
  body: string;
  signature?: string;
}

let fresh: FreshDatabase;
let server: Server;
let answer: { status: number; body: string; headers?: Record<string, string> };
let heard: Heard[] = [];
let sources: MetricSources;

beforeAll(async () => {
  fresh = await freshDatabase();
  const client = new Client({ connectionString: fresh.url });
  await client.connect();
  await client.query(`create table margins (arm text, value float8, at timestamptz)`);
  await client.query(
    `insert into margins values ('a', 1, '2027-04-01'), ('a', 3, '2027-04-01'), ('b', 5, '2027-04-01'), ('b', 9, '2027-05-01')`,
  );
  await client.end();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signature = request.headers['volante-signature'];
      heard.push({ body: Buffer.concat(chunks).toString(), ...(typeof signature === 'string' && { signature }) });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  sources = openMetricSources({
    workspace: {
      sources: {
        warehouse: { kind: 'sql', url: 'env://WAREHOUSE' },
        web: { kind: 'http', url: `http://127.0.0.1:${port}/measure`, secret: 'env://WEB_SECRET' },
        gone: { kind: 'http', url: 'http://127.0.0.1:9/' },
        plain: { kind: 'http', url: 'http://metrics.example/' },
        shop: { kind: 'events', secret: 'env://X' },
      },
    },
    env: { WAREHOUSE: fresh.url, WEB_SECRET: 's3cret' },
  });
}, 60_000);

beforeEach(() => {
  heard = [];
});

afterAll(async () => {
  await sources.close();
  await new Promise((resolve) => server.close(resolve));
  await fresh.drop();
});

const sql = (query: string) => sources.measure('warehouse', { ...question, query });

async function refusal(asked: Promise<unknown>): Promise<{ message: string; mayPass: boolean }> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isMeasurementError(error)) throw new Error(`no MeasurementError: ${String(error)}`);
  return { message: error.message, mayPass: error.mayPass };
}

test('a query answers the sums of each arm, of what happened until now', async () => {
  const { arms, watermark } = await sql(
    `select arm, count(*) as n, sum(value) as sum, sum(value * value) as sum_squares, '2027-04-01'::timestamptz as watermark
       from margins where at < :until and :run::text like 'campaign/%' and :step = 'offer' group by arm;`,
  );
  expect(arms).toEqual({ a: { n: 2, sum: 4, sumSquares: 10 }, b: { n: 1, sum: 5, sumSquares: 25 } });
  expect(watermark).toEqual(new Date('2027-04-01T00:00:00Z'));
});

test.each([
  ['writes', `insert into margins values ('c', 1, now()) returning arm, 1 as n, 1 as sum, 1 as sum_squares`],
  ['is two statements', 'select :step::text; drop table margins'],
  ['names a table that is not there', 'select :run::text as arm from nowhere'],
  ['leaves out a column', 'select :run::text as x, 1 as n, 2 as sum'],
  ['says what is no number', `select 'a' as arm, 'many' as n, 1 as sum, 1 as sum_squares, :run::text as run`],
  ['has sums that nobody can have', `select 'a' as arm, 2 as n, 10 as sum, 1 as sum_squares, :run::text as run`],
  ['names an arm twice', `select 'a' as arm, 1 as n, 1 as sum, 1 as sum_squares from margins where :run::text <> ''`],
])('a query that %s is refused for good, and nothing was changed', async (_what, query) => {
  expect(await refusal(sql(query))).toMatchObject({ mayPass: false });
  expect(
    (await sql(`select 'a' as arm, count(*) as n, 0 as sum, 0 as sum_squares from margins where :run::text <> ''`))
      .arms,
  ).toMatchObject({
    a: { n: 4 },
  });
});

test('an address is asked with a signature over what it is asked', async () => {
  answer = {
    status: 200,
    body: JSON.stringify({ watermark: '2027-04-01T10:00:00Z', arms: { a: { n: 10, sum: 4, sumSquares: 4 } } }),
  };
  const { arms, watermark } = await sources.measure('web', question);
  expect(arms).toEqual({ a: { n: 10, sum: 4, sumSquares: 4 } });
  expect(watermark).toEqual(new Date('2027-04-01T10:00:00Z'));
  const [{ body, signature } = { body: '' }] = heard;
  const [, at, sent] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  expect(sent).toBe(createHmac('sha256', 's3cret').update(`${at}.${body}`).digest('hex'));
  expect(JSON.parse(body)).toEqual({
    run: 'campaign/sale/1',
    step: 'offer',
    metric: 'margin',
    until: '2027-04-02T00:00:00.000Z',
  });
});

test.each([
  [503, '{}', true],
  [429, '{}', true],
  [401, '{}', false],
  [200, 'not json', false],
  [200, '{"arms":{"a":{"n":"1","sum":0,"sumSquares":0}}}', false],
  [200, '{"arms":{"a":{"n":1,"sum":5,"sumSquares":1}}}', false],
  [200, '{"arms":{"__proto__x":{"n":1,"sum":1,"sumSquares":1}}}', false],
  [200, `{"arms":{},"rest":"${'x'.repeat(2 * 1024 * 1024)}"}`, false],
])('an answer of %s is an error, never zero', async (status, body, mayPass) => {
  answer = { status, body };
  expect(await refusal(sources.measure('web', question))).toMatchObject({ mayPass });
});

test('an answer that points elsewhere is not followed', async () => {
  answer = { status: 302, body: '', headers: { location: 'http://169.254.169.254/' } };
  expect(await refusal(sources.measure('web', question))).toMatchObject({ mayPass: false });
  expect(heard).toHaveLength(1);
});

test('what is away may come back; what is not allowed stays so', async () => {
  expect(await refusal(sources.measure('gone', question))).toMatchObject({ mayPass: true });
  for (const source of ['plain', 'shop', 'nowhere'])
    expect(await refusal(sources.measure(source, question))).toMatchObject({ mayPass: false });
});
