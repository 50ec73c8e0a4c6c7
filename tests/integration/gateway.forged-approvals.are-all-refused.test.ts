import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { InjectOptions } from 'fastify';
import { createSessions } from '../../gateway/approval/session';
import { issueApprovalToken } from '../../ledger/approval-tokens';
import { readFacts } from '../../ledger/audit';
import { unsubscribeToken } from '../../ledger/unsubscribe-token';
import { askStatus } from '../../operations/decide';
import { eventually } from '../support/eventually';
import { hiddenFields, mailedLink, startGateway, type TestGateway } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { openGate } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let workers: Awaited<ReturnType<Harness['startWorkers']>>;
let runId: string;
let planHash: string;
/** Ana's open page of gate `content`, Bea's of `content`, Bea's of `legal`. */
let ana: OpenPage;
let bea: OpenPage;
let legal: OpenPage;

interface OpenPage {
  token: string;
  id: string;
  cookie: string;
  fields: Record<string, string>;
}

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness);
  workers = await harness.startWorkers();
  await harness.importPeople(3);
  const campaign = testCampaign({
    steps: [
      { ...gateStep(), needs: [] },
      { ...gateStep({ approvers: ['legal'] }, 'legal'), needs: [] },
      emailStep({ needs: ['content', 'legal'] }),
    ],
  });
  ({ runId } = await harness.launch(campaign));
  await openGate(harness, runId, 'legal');
  ({ planHash } = await openGate(harness, runId));
  ana = await open(tokenOf(await mailedLink(harness, 'ana@shop.example')));
  for (const gate of ['content', 'legal']) {
    const page = await open((await issue({ person: 'bea', gate })).token);
    if (gate === 'legal') legal = page;
    else bea = page;
  }
});

afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const tokenOf = (link: string) => link.slice(link.lastIndexOf('/') + 1);

function issue(binding: { person: string; gate?: string; planHash?: string; runId?: string; expiresAt?: Date }) {
  return issueApprovalToken(harness.database, {
    runId,
    gate: 'content',
    planHash,
    expiresAt: new Date(Date.now() + 3600_000),
    ...binding,
  });
}

async function open(token: string): Promise<OpenPage> {
  const first = await gateway.app.inject({ url: `/a/${token}` });
  const cookie = String(first.headers['set-cookie'] ?? '').split(';')[0] ?? '';
  const url = String(first.headers.location ?? '/');
  const page = await gateway.app.inject({ url, headers: { cookie } });
  return { token, id: url.slice(url.lastIndexOf('/') + 1), cookie, fields: hiddenFields(page.body) };
}

interface Submission {
  id?: string;
  method?: InjectOptions['method'];
  query?: string;
  fields?: Record<string, string> | string;
  headers?: Record<string, string | undefined>;
}

/** What Ana's browser would send when she approves, with whatever an attacker makes different about it. */
function submit({ id = ana.id, method = 'POST', query = '', fields, headers }: Submission = {}) {
  const body =
    typeof fields === 'string' ? fields : new URLSearchParams({ ...ana.fields, verdict: 'approve', ...fields });
  const sent = {
    cookie: ana.cookie,
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'same-origin',
    origin: 'null',
    ...headers,
  };
  return gateway.app.inject({
    method,
    url: `/approvals/${id}${query}`,
    payload: body.toString(),
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
  });
}

async function decisionsMade(): Promise<number> {
  const { gates } = await askStatus(environment.client, runId);
  return gates.flatMap(({ decisions }) => decisions).length;
}

async function burnedLinks(): Promise<number> {
  const { rows } = await harness.database.query("select 1 from approval_tokens where state = 'burned'");
  return rows.length;
}

async function expectNothingDecided(): Promise<void> {
  expect(await burnedLinks()).toBe(0);
  expect(await decisionsMade()).toBe(0);
}

/** Each text with one bit of one of its base64url characters turned over. */
function bitFlips(text: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return [...text].flatMap((character, at) =>
    alphabet.includes(character)
      ? [1, 2, 4, 8, 16, 32].map(
          (bit) => text.slice(0, at) + alphabet[alphabet.indexOf(character) ^ bit] + text.slice(at + 1),
        )
      : [],
  );
}

describe('a link that nobody was given opens nothing', () => {
  test('every single bit of a real token turned over', async () => {
    const forged = bitFlips(ana.token);
    expect(forged).toHaveLength(43 * 6);
    for (const token of forged) {
      const answer = await gateway.app.inject({ url: `/a/${token}` });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  test.each<[string, () => string]>([
    ['cut short', () => ana.token.slice(0, 42)],
    ['lengthened', () => `${ana.token}A`],
    ['padded', () => `${ana.token}=`],
    ['in lower case', () => ana.token.toLowerCase()],
    ['with a NUL', () => `${ana.token}%00`],
    ['with white space', () => `%20${ana.token}`],
    ['encoded twice', () => `%25${ana.token.charCodeAt(0).toString(16)}${ana.token.slice(1)}`],
    ['the row’s id', () => ana.id],
    ['the plan hash', () => planHash],
    ['the hash that the ledger keeps', () => 'the-hash'],
    ['nothing', () => ''],
    ['SQL', () => "'%20or%20'1'='1"],
    ['a path', () => '..%2f..%2fapprovals'],
    ['an unsubscribe token', () => unsubscribeToken({ contactId: '1', runNo: 1 }, testSecretKey)],
    ['malformed encoding', () => '%E0%A4%A'],
    ['very long', () => 'A'.repeat(5_000)],
  ])('%s', async (_what, make) => {
    const { rows } = await harness.database.query<{ hash: Buffer }>(
      'select token_hash as hash from approval_tokens limit 1',
    );
    const made = make();
    const token = made === 'the-hash' ? (rows[0]?.hash.toString('base64url') ?? '') : made;
    const answer = await gateway.app.inject({ url: `/a/${token}` });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('a form without the session that the link opened decides nothing', () => {
  const keeper = (secretKey = testSecretKey) => createSessions({ secretKey, https: false });
  const cookieOf = (header: string) => header.split(';')[0] ?? '';

  test('every single bit of a real session turned over', async () => {
    const [name, value = ''] = ana.cookie.split('=');
    for (const forged of bitFlips(value.slice(value.indexOf('.') + 1))) {
      const cookie = `${name}=${value.slice(0, value.indexOf('.') + 1)}${forged}`;
      expect((await submit({ headers: { cookie } })).statusCode).toBe(403);
    }
    await expectNothingDecided();
  });

  test.each<[string, () => string | undefined]>([
    ['none', () => undefined],
    ['empty', () => `approval-${ana.id}=`],
    ['of another approver, under its own name', () => bea.cookie],
    ['of another approver, under this name', () => bea.cookie.replace(bea.id, ana.id)],
    ['of another gate, under this name', () => legal.cookie.replace(legal.id, ana.id)],
    ['older than an hour', () => cookieOf(keeper().open(ana.id, new Date(Date.now() - 3601_000)))],
    ['with a later end', () => ana.cookie.replace(/=(\d+)/, (_all, end: string) => `=${Number(end) + 3600}`)],
    ['made with another key', () => cookieOf(keeper('22'.repeat(32)).open(ana.id, new Date()))],
    ['made with an empty key', () => cookieOf(keeper('').open(ana.id, new Date()))],
    ['twice: a forged one first', () => `approval-${ana.id}=1.x.y; ${ana.cookie}`],
    ['twice: a forged one last', () => `${ana.cookie}; approval-${ana.id}=1.x.y`],
    ['under a prefix that only https gives', () => `__Host-${ana.cookie}`],
    ['in the name of a secure cookie only', () => ana.cookie.replace('approval-', 'Approval-')],
    ['the token itself', () => `approval-${ana.id}=${ana.token}`],
    ['the form token', () => `approval-${ana.id}=9999999999.${'A'.repeat(22)}.${ana.fields.formToken}`],
  ])('session %s', async (_what, cookie) => {
    expect((await submit({ headers: { cookie: cookie() } })).statusCode).toBe(403);
    await expectNothingDecided();
  });
});

describe('a form that another site sends, or that is not ours, decides nothing', () => {
  test('every single bit of a real form token turned over', async () => {
    for (const formToken of bitFlips(ana.fields.formToken ?? ''))
      expect((await submit({ fields: { formToken } })).statusCode).toBe(403);
    await expectNothingDecided();
  });

  test.each<[string, () => Submission]>([
    ['from another site', () => ({ headers: { 'sec-fetch-site': 'cross-site' } })],
    ['from a sister site', () => ({ headers: { 'sec-fetch-site': 'same-site' } })],
    ['from nowhere', () => ({ headers: { 'sec-fetch-site': 'none' } })],
    ['with another origin', () => ({ headers: { origin: 'https://evil.example' } })],
    ['with our origin’s name in another', () => ({ headers: { origin: `${gateway.url}.evil.example` } })],
    ['old browser, no origin', () => ({ headers: { 'sec-fetch-site': undefined, origin: undefined } })],
    ['old browser, origin null', () => ({ headers: { 'sec-fetch-site': undefined } })],
    [
      'old browser, another origin',
      () => ({ headers: { 'sec-fetch-site': undefined, origin: 'https://evil.example' } }),
    ],
    ['without form token', () => ({ fields: `verdict=approve&planHash=${planHash}` })],
    ['with an empty form token', () => ({ fields: { formToken: '' } })],
    ['with the form token of another approver', () => ({ fields: { formToken: bea.fields.formToken ?? '' } })],
    ['with the session as form token', () => ({ fields: { formToken: ana.cookie.slice(-43) } })],
    ['as text', () => ({ headers: { 'content-type': 'text/plain' } })],
    ['as JSON', () => ({ fields: '{"verdict":"approve"}', headers: { 'content-type': 'application/json' } })],
    ['as multipart', () => ({ headers: { 'content-type': 'multipart/form-data; boundary=x' } })],
    ['without a type', () => ({ headers: { 'content-type': undefined } })],
    ['without a body', () => ({ fields: '' })],
    ['in the query', () => ({ query: `?${new URLSearchParams({ ...ana.fields, verdict: 'approve' })}`, fields: '' })],
    ['by GET', () => ({ method: 'GET', query: `?${new URLSearchParams({ ...ana.fields, verdict: 'approve' })}` })],
    ['by PUT', () => ({ method: 'PUT' })],
    ['by PATCH', () => ({ method: 'PATCH' })],
    ['by DELETE', () => ({ method: 'DELETE' })],
    ['by OPTIONS', () => ({ method: 'OPTIONS' })],
    ['by HEAD', () => ({ method: 'HEAD', headers: { 'x-http-method-override': 'POST' } })],
    ['verdict twice', () => ({ fields: `${form()}&verdict=reject` })],
    ['plan twice', () => ({ fields: `${form()}&planHash=${'0'.repeat(64)}` })],
    ['form token twice', () => ({ fields: `${form()}&formToken=x` })],
    ['comment twice', () => ({ fields: `${form()}&comment=a&comment=b` })],
    ['with a person', () => ({ fields: { by: 'bea' } })],
    ['with roles', () => ({ fields: { roles: 'marketing' } })],
    ['with a gate', () => ({ fields: { gate: 'legal' } })],
    ['with a prototype', () => ({ fields: `${form()}&__proto__[verdict]=approve` })],
    ['with a list', () => ({ fields: form().replace('verdict=', 'verdict[]=') })],
    ['APPROVE', () => ({ fields: { verdict: 'APPROVE' } })],
    ['approve with a space', () => ({ fields: { verdict: 'approve ' } })],
    ['a word of every object', () => ({ fields: { verdict: 'constructor' } })],
    ['no verdict', () => ({ fields: new URLSearchParams(ana.fields).toString() })],
  ])('%s', async (_what, submission) => {
    const answer = await submit(submission());
    expect(answer.headers.location).toBeUndefined();
    const isShown = answer.statusCode < 400 && submission().method !== 'HEAD';
    if (isShown) expect(answer.body).toContain('<form');
    await expectNothingDecided();
  });

  const form = () => new URLSearchParams({ ...ana.fields, verdict: 'approve' }).toString();
});

describe('a decision about another plan, gate, run or person is refused', () => {
  test.each<[string, () => Submission]>([
    ['another plan', () => ({ fields: { planHash: 'b'.repeat(64) } })],
    ['the plan in capitals', () => ({ fields: { planHash: planHash.toUpperCase() } })],
    ['part of the plan', () => ({ fields: { planHash: planHash.slice(0, 12) } })],
    ['no plan', () => ({ fields: { planHash: '' } })],
    ['another approver’s page with my session', () => ({ id: bea.id })],
    ['another gate’s page with my session', () => ({ id: legal.id })],
    ['another gate’s page with my session and its form', () => ({ id: legal.id, fields: legal.fields })],
    ['my page with another gate’s session', () => ({ headers: { cookie: legal.cookie }, fields: legal.fields })],
    ['a page that is none', () => ({ id: '00000000-0000-4000-8000-000000000000' })],
    ['a page in capitals', () => ({ id: ana.id.toUpperCase() })],
    ['a page by its token', () => ({ id: ana.token })],
    ['a page by SQL', () => ({ id: "x'%20or%201=1--" })],
  ])('%s', async (_what, submission) => {
    expect((await submit(submission())).statusCode).toBeGreaterThanOrEqual(400);
    await expectNothingDecided();
  });

  test.each<[string, () => Parameters<typeof issue>[0], number]>([
    ['who has no role here', () => ({ person: 'eva' }), 403],
    ['who applied the plan', () => ({ person: 'luis' }), 403],
    ['whom the workspace does not know', () => ({ person: 'mallory' }), 403],
    ['with a name that every object has', () => ({ person: 'constructor' }), 403],
    ['called __proto__', () => ({ person: '__proto__' }), 403],
    ['who does not decide at that gate', () => ({ person: 'ana', gate: 'legal' }), 403],
    ['at a gate that is none', () => ({ person: 'ana', gate: 'offer' }), 404],
    ['of a run that is none', () => ({ person: 'ana', runId: 'campaign/none/0' }), 404],
    ['about an earlier plan', () => ({ person: 'bea', planHash: 'c'.repeat(64) }), 409],
  ])('a link made for somebody %s', async (_what, binding, status) => {
    const { token, id } = await issue(binding());
    const page = await open(token);
    expect(page.fields).toEqual({});
    const session = createSessions({ secretKey: testSecretKey, https: false });
    const formToken = session.read(id, page.cookie, new Date())?.formToken(binding().planHash ?? planHash) ?? '';
    const fields = { planHash: binding().planHash ?? planHash, formToken };
    expect((await submit({ id, headers: { cookie: page.cookie }, fields })).statusCode).toBe(status);
    await expectNothingDecided();
  });

  test('an expired link opens nothing and decides nothing, even in a session opened before', async () => {
    const { token, id } = await issue({ person: 'bea' });
    const page = await open(token);
    expect(page.fields.planHash).toBe(planHash);
    await harness.database.query("update approval_tokens set expires_at = now() - interval '1 second' where id = $1", [
      id,
    ]);
    expect((await gateway.app.inject({ url: `/a/${token}` })).statusCode).toBe(410);
    const answer = await submit({ id, headers: { cookie: page.cookie }, fields: page.fields });
    expect(answer.statusCode).toBe(410);
    await expectNothingDecided();
  });

  test.each<[string, () => void]>([
    ['lost the role', () => people().ana?.roles.splice(0)],
    ['left', () => delete people().ana],
  ])('somebody who %s a moment ago decides nothing with a page opened before', async (_what, change) => {
    const before = structuredClone(gateway.workspace);
    change();
    expect((await submit()).statusCode).toBe(403);
    await expectNothingDecided();
    gateway.workspace = before;
  });
  const people = () => gateway.workspace.people as Partial<typeof gateway.workspace.people>;

  test('a link that a newer one replaced decides nothing', async () => {
    const replaced = await open((await issue({ person: 'bea' })).token);
    await issue({ person: 'bea' });
    const answer = await submit({ id: replaced.id, headers: { cookie: replaced.cookie }, fields: replaced.fields });
    expect(answer.statusCode).toBe(410);
    await expectNothingDecided();
  });
});

test('what was tried with a real link is in the audit', async () => {
  const refused = (await readFacts(harness.database, runId)).filter(({ action }) => action === 'gate.link-refused');
  const reasons = new Set(refused.map(({ detail }) => detail?.reason));
  for (const reason of ['no session', 'not from our page', 'not our form', 'form token', 'not-allowed', 'replaced'])
    expect(reasons).toContain(reason);
  expect(refused.length).toBeGreaterThan(60);
});

test('two hundred at once, half of them rejecting: exactly one decision; and every replay finds it taken', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      submit({ fields: { verdict: n % 2 === 0 ? 'approve' : 'reject', comment: `click ${n}` } }),
    ),
  );
  // 503: two hundred questions at once are more than a busy machine's worker answers in time; nothing was decided by those.
  for (const { statusCode } of answers) expect([200, 303, 503]).toContain(statusCode);
  await eventually(async () => (await submit()).statusCode !== 503, { what: 'the run answers' });
  expect(await decisionsMade()).toBe(1);
  expect(await burnedLinks()).toBe(1);
  for (let replay = 0; replay < 5; replay += 1) {
    const answer = await submit({ fields: { verdict: 'reject', comment: 'replayed' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).not.toContain('<form');
  }
  expect(await decisionsMade()).toBe(1);
  const used = (await readFacts(harness.database, runId)).filter(({ action }) => action === 'gate.link-used');
  expect(used).toHaveLength(1);
});
