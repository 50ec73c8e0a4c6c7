import { connect } from 'node:net';
import { Writable } from 'node:stream';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { FastifyInstance } from 'fastify';
import { createGateway } from '../../gateway/app';
import { openDatabase } from '../../ledger/database';
import { createLogger } from '../../telemetry/logger';
import { createMetrics } from '../../telemetry/metrics';
import { eventually } from '../support/eventually';
import { mailedLink, startGateway, type TestGateway, Visitor } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { openGate } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let page: string;
let frame: string;
let link: string;
let workers: Awaited<ReturnType<Harness['startWorkers']>>;
const visitor = new Visitor();
const logged: string[] = [];

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ service: 'gateway', level: 'trace', destination });
  gateway = await startGateway(harness, { logger, metrics: createMetrics({ service: 'gateway' }) });
  workers = await harness.startWorkers();
  await harness.importPeople(3);
  const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }));
  await openGate(harness, runId);
  link = await mailedLink(harness, 'ana@shop.example');
  const opened = await visitor.open(link);
  page = opened.url;
  frame = new URL(/<iframe src="([^"]+)"/.exec(opened.body)?.[1] ?? '', page).href;
});

afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const everywhere = (): [string, string][] => [
  ['GET', `${gateway.url}/`],
  ['GET', `${gateway.url}/healthz`],
  ['GET', `${gateway.url}/metrics`],
  ['GET', `${gateway.url}/nothing`],
  ['GET', `${gateway.url}/%E0%A4%A`],
  ['PUT', `${gateway.url}/healthz`],
  ['GET', `${gateway.url}/u/forged`],
  ['POST', `${gateway.url}/u/forged`],
  ['GET', `${gateway.url}/a/forged`],
  ['GET', link],
  ['HEAD', link],
  ['GET', page],
  ['POST', page],
  ['GET', frame],
];

test('every answer forbids framing, sniffing, referring, storing and everything that is not ours', async () => {
  for (const [method, url] of everywhere()) {
    const { headers } = await visitor.get(url, {}, method);
    const isFrame = url === frame;
    expect([url, headers.get('x-content-type-options')]).toEqual([url, 'nosniff']);
    expect([url, headers.get('referrer-policy')]).toEqual([url, 'no-referrer']);
    expect([url, headers.get('cache-control')]).toEqual([url, 'no-store']);
    expect([url, headers.get('x-frame-options')]).toEqual([url, isFrame ? 'SAMEORIGIN' : 'DENY']);
    expect(headers.get('permissions-policy')).toContain('camera=()');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(isFrame ? "frame-ancestors 'self'" : "frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe-eval|\*/);
    if (!isFrame) expect(policy).not.toContain('unsafe-inline');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

test('a session’s cookie is HttpOnly, SameSite and short; under https it is Secure and bound to the host', async () => {
  const plain = (await new Visitor().get(link)).headers.get('set-cookie') ?? '';
  expect(plain).toMatch(/^approval-[0-9a-f-]{36}=[^;]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
  expect(plain).not.toContain(link.slice(link.lastIndexOf('/') + 1));
  const secure = await startGateway(harness, { baseUrl: 'https://mail.shop.example/' });
  harness.deps.gatewayUrl = gateway.url;
  try {
    const { headers } = await new Visitor().get(link.replace(gateway.url, secure.url));
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-approval-.*; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
  } finally {
    await secure.close();
  }
});

test('pages are whole: a language, a title, one heading, labels for fields, no script, nothing from elsewhere', async () => {
  for (const [, url] of everywhere().filter(([method, url]) => method === 'GET' && url !== frame)) {
    const { headers, body, status } = await visitor.get(url);
    if (!headers.get('content-type')?.startsWith('text/html')) continue;
    expect(body).toMatch(/^<!doctype html><html lang="(en|es)">/);
    expect(body).toMatch(/<title>[^<]+<\/title>/);
    expect(body.match(/<h1[ >]/g)).toHaveLength(1);
    expect(body).not.toMatch(/<script|\son\w+=|javascript:|style="/i);
    expect(body.match(/(?:src|href|action)="(?![/#])[^"]*"/g)).toBeNull();
    for (const [, id] of body.matchAll(/<textarea[^>]* id="([^"]+)"/g)) expect(body).toContain(`<label for="${id}">`);
    if (status >= 400) expect(body).not.toMatch(/\bat \/|Error:|node_modules|\.ts:/);
  }
});

test('the language of strangers is the one they ask for first among those we speak', async () => {
  const lang = async (accept: string) =>
    /lang="(\w+)"/.exec((await visitor.get(`${gateway.url}/nothing`, { 'accept-language': accept })).body)?.[1];
  expect(await lang('fr-FR, es;q=0.8, en;q=0.7')).toBe('es');
  expect(await lang('en-US,en;q=0.9,es;q=0.8')).toBe('en');
  expect(await lang('xx'.repeat(2_000))).toBe('en');
});

test('the style sheet and the icon may be kept, because their names change with their content', async () => {
  const { body } = await visitor.get(`${gateway.url}/`);
  for (const [, path] of body.matchAll(/<link rel="[^"]+"[^>]* href="([^"]+)"/g)) {
    const { status, headers } = await visitor.get(`${gateway.url}${path}`);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toContain('immutable');
  }
});

test('a body larger than 64 kB is refused', async () => {
  for (const url of [page, `${gateway.url}/u/x.y.z`]) {
    const { status } = await visitor.post(url, { comment: 'x'.repeat(70_000) });
    expect(status).toBe(413);
  }
});

test('who asks too often is asked to wait, addresses of one IPv6 network together', async () => {
  const limited = await startGateway(harness, { limits: { approvalLinks: 3 }, trustedProxies: ['127.0.0.1'] });
  harness.deps.gatewayUrl = gateway.url;
  const ask = async (ip: string) => (await visitor.get(`${limited.url}/a/x`, { 'x-forwarded-for': ip })).status;
  try {
    const statuses = [];
    for (const host of [1, 2, 3, 4, 5]) statuses.push(await ask(`2001:db8:0:1::${host}`));
    expect(statuses).toEqual([404, 404, 404, 429, 429]);
    expect(await ask('2001:db8:0:2::1')).toBe(404);
    expect(await ask('192.0.2.1')).toBe(404);
  } finally {
    await limited.close();
  }
});

test('a forwarded address is believed of nobody unless the proxy is named', async () => {
  const limited = await startGateway(harness, { limits: { approvalLinks: 2 } });
  harness.deps.gatewayUrl = gateway.url;
  try {
    const statuses = [];
    for (const host of [1, 2, 3]) {
      const headers = { 'x-forwarded-for': `192.0.2.${host}` };
      statuses.push((await visitor.get(`${limited.url}/a/x`, headers)).status);
    }
    expect(statuses).toEqual([404, 404, 429]);
  } finally {
    await limited.close();
  }
});

test('metrics count by route, never by address, and are told to no stranger behind a proxy', async () => {
  const { body, headers } = await visitor.get(`${gateway.url}/metrics`);
  expect(headers.get('content-type')).toContain('application/openmetrics-text');
  expect(body).toMatch(/volante_http_request_seconds_count\{[^}]*route="\/a\/:token"[^}]*\} \d+/);
  expect(body).not.toContain(link.slice(link.lastIndexOf('/') + 1));
  expect(body).toMatch(/# EOF\s*$/);
  expect((await visitor.get(`${gateway.url}/metrics`, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(404);
});

test('no log line holds a token, whatever came over it', async () => {
  const token = link.slice(link.lastIndexOf('/') + 1);
  await visitor.get(`${gateway.url}/a/${token}`);
  await visitor.post(page, { formToken: token, verdict: 'approve' });
  const broken = await gatewayWithoutDatabase();
  expect((await broken.inject(`/a/${token}`)).statusCode).toBe(503);
  await broken.close();
  expect(logged.join('')).toContain('refused');
  expect(logged.join('')).not.toContain(token);
});

async function gatewayWithoutDatabase(): Promise<FastifyInstance> {
  return createGateway({
    database: openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' }),
    client: environment.client,
    workspace: async () => gateway.workspace,
    secretKey: testSecretKey,
    baseUrl: gateway.url,
    secretOf: String,
    logger: createLogger({ service: 'gateway', level: 'silent' }),
    metrics: createMetrics({ service: 'gateway' }),
  });
}

test('without its database it says so, in plain words, everywhere', async () => {
  const broken = await gatewayWithoutDatabase();
  const health = await broken.inject('/healthz');
  expect([health.statusCode, health.body]).toEqual([503, 'database does not answer\n']);
  for (const path of [new URL(link).pathname, new URL(page).pathname]) {
    const cookie = [...visitor.cookies].map((pair) => pair.join('=')).join('; ');
    const { statusCode, body, headers } = await broken.inject({ url: path, headers: { cookie } });
    expect(statusCode).toBe(503);
    expect(headers['retry-after']).toBe('60');
    expect(body).toContain('Nothing was lost');
    expect(body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1:1/);
  }
  await broken.close();
});

test.each([
  ['no key', ''],
  ['a short key', 'abcd'],
  ['words', 'a key that is not written in hexadecimal digits but is quite long, longer than 64'],
])('with %s it does not start', async (_what, secretKey) => {
  const options = {
    ...harness.deps,
    client: environment.client,
    workspace: async () => gateway.workspace,
    secretOf: String,
  };
  await expect(createGateway({ ...options, secretKey, baseUrl: gateway.url })).rejects.toMatchObject({
    code: 'VOL-505',
  });
});

test('what is not HTTP, or half of it, brings nothing down', async () => {
  const { port } = new URL(gateway.url);
  for (const bytes of [
    '\x16\x03\x01\x02',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n',
    'NONSENSE\r\n\r\n',
    'PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ]) {
    const answer = await new Promise<string>((resolve) => {
      let heard = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('close', () => resolve(heard));
      socket.on('error', () => resolve(heard));
    });
    expect(answer).not.toMatch(/node_modules|\.ts:|\.js:/);
  }
  expect((await visitor.get(`${gateway.url}/healthz`)).body).toBe('ok\n');
});

test('closing answers what is in flight and takes nothing new', async () => {
  const { deps } = harness;
  const app = await createGateway({
    ...deps,
    client: environment.client,
    workspace: async () => gateway.workspace,
    baseUrl: gateway.url,
    secretOf: String,
  });
  let entered: () => void = () => undefined;
  let release: () => void = () => undefined;
  const inFlight = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  app.get('/held', async () => {
    entered();
    await held;
    return 'answered';
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`${url}/held`).then((response) => response.text());
  await inFlight;
  const closed = app.close();
  await eventually(() =>
    fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  release();
  expect(await answer).toBe('answered');
  await closed;
});
