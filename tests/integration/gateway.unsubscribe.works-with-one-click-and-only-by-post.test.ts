import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parseAddress } from '../../email/address';
import { addressHash } from '../../ledger/address-hash';
import { findContact, recordConsents } from '../../ledger/contacts';
import { openDatabase } from '../../ledger/database';
import { findRun } from '../../ledger/runs';
import { unsubscribeToken } from '../../ledger/unsubscribe-token';
import { eventually } from '../support/eventually';
import { linkIn, startGateway, type TestGateway, Visitor } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness);
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const campaign = testCampaign({ steps: [gateStep(), emailStep()] });
const oneClick = { 'List-Unsubscribe': 'One-Click' };

async function contact(address: string) {
  const parsed = parseAddress(address);
  const found = parsed.ok && (await findContact(harness.database, parsed.key));
  if (!found) throw new Error(`no contact ${address}`);
  return found;
}

async function records(address: string) {
  const { id, consent } = await contact(address);
  const hash = addressHash(address, testSecretKey);
  const { rows: suppressions } = await harness.database.query(
    'select reason, source from suppressions where address_hash = $1',
    [hash],
  );
  const { rows: consents } = await harness.database.query(
    'select state, source, method from consents where contact_id = $1 order by id',
    [id],
  );
  return { consent, suppressions, consents };
}

async function linkTo(address: string, runNo = 1): Promise<string> {
  return `${gateway.url}/u/${unsubscribeToken({ contactId: (await contact(address)).id, runNo }, testSecretKey)}`;
}

test('one click during a running send: nothing more goes to that person from the next batch on', async () => {
  await harness.importPeople(200);
  const batchSize = 20;
  let afterMs = 300;
  harness.sink.behave(() => ({ do: 'accept', afterMs }));
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign, {
      tuning: { batchSize, pageSize: 100, pagesPerActivity: 1, window: 1 },
    });
    const run = await eventually(async () => {
      const row = await findRun(harness.database, runId);
      return row?.preparedAt ? row : undefined;
    });
    await openGate(harness, runId);
    const { rows } = await harness.database.query<{ address: string }>(
      'select c.address from members m join contacts c on c.id = m.contact_id where run_no = $1 and seq > 150 order by seq',
      [run.no],
    );
    const leaving = rows.slice(0, 40).map(({ address }) => address);
    await decide(harness, runId, 'ana');
    await eventually(() => harness.customerMail().length > 10, { what: 'mail is going out' });
    const answers = await Promise.all(
      leaving.map(async (address) =>
        new Visitor().post(await linkTo(address, run.no), oneClick, { 'sec-fetch-site': 'cross-site' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(leaving.map(() => 200));
    expect(harness.customerMail().length).toBeLessThan(130);
    afterMs = 0;
    const books = stepOf(await resultOf(harness, runId), 'offer').books;
    expect(books).toMatchObject({ targeted: 200, sent: 160, suppressed: 40, open: 0 });
    const reached = new Set(harness.customerMail().flatMap(({ to }) => to));
    expect(leaving.filter((address) => reached.has(address))).toEqual([]);
    expect(await records(leaving[0] ?? '')).toMatchObject({
      consent: 'withdrawn',
      suppressions: [{ reason: 'unsubscribed', source: runId }],
      consents: [{ state: 'granted' }, { state: 'withdrawn', source: runId, method: 'one-click' }],
    });

    const before = harness.customerMail().length;
    const second = await harness.launch(campaign, { again: 2 });
    await decide(harness, second.runId, 'ana');
    await resultOf(harness, second.runId);
    expect(harness.customerMail().length - before).toBe(160);
  });
});

test('the link in a message’s header and the one in its body lead to the page of that very person', async () => {
  const message = harness.customerMail()[0];
  const link = await linkIn(message, 'u');
  expect(message?.raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  const page = await new Visitor().get(link ?? '');
  expect(page.status).toBe(200);
  expect(page.body).toContain('<html lang="es">');
  const address = message?.to[0] ?? '';
  expect(page.body).toContain(`${address[0]}***@example.com`);
  expect(page.body).not.toContain(address);
  expect(page.body).toMatch(/¿Quieres que Shop deje de escribir a/);
});

test('GET, HEAD, OPTIONS and prefetching change nothing, however often', async () => {
  await harness.importPeople(1, () => ({ email: 'reader@example.com', locale: 'en' }));
  const link = await linkTo('reader@example.com');
  const scanner = new Visitor();
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET', 'PUT', 'DELETE', 'PATCH']) {
    const { status, headers } = await scanner.get(
      `${link}?List-Unsubscribe=One-Click`,
      { purpose: 'prefetch' },
      method,
    );
    expect(status).toBe(method === 'GET' || method === 'HEAD' ? 200 : 405);
    if (status === 405) expect(headers.get('allow')).toBe('GET, HEAD, POST');
  }
  const page = await scanner.get(link);
  expect(page.body).toContain('Shall Shop stop writing to r***@example.com?');
  expect(page.body.match(/<button/g)).toHaveLength(1);
  expect(await records('reader@example.com')).toMatchObject({ consent: 'granted', suppressions: [] });
});

const multipart = '--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n';

test.each([
  ['form-urlencoded', 'application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click', 'one-click'],
  ['multipart', 'multipart/form-data; boundary=xyz', multipart, 'one-click'],
  ['our own button', 'application/x-www-form-urlencoded', 'from=page', 'page'],
  ['an empty body', undefined, '', 'page'],
])('a POST by %s needs no cookie, is no redirect, and says it twice counts once', async (_what, type, body, method) => {
  const address = `post-${Math.random().toString(36).slice(2)}@example.com`;
  await harness.importPeople(1, () => ({ email: address }));
  const link = await linkTo(address);
  const post = () =>
    fetch(link, { method: 'POST', body, headers: type ? { 'content-type': type } : {}, redirect: 'manual' });
  for (const answer of [await post(), ...(await Promise.all([post(), post(), post()]))]) {
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await answer.text()).toContain('Te has dado de baja');
  }
  expect(await records(address)).toMatchObject({
    consent: 'withdrawn',
    suppressions: [{ reason: 'unsubscribed' }],
    consents: [{ state: 'granted' }, { state: 'withdrawn', method }],
  });
  expect((await records(address)).consents).toHaveLength(2);
});

test('said at the same moment four times, it is recorded once; said after a new consent, once more', async () => {
  await harness.importPeople(1, () => ({ email: 'again@example.com' }));
  const link = await linkTo('again@example.com');
  await Promise.all(Array.from({ length: 4 }, () => new Visitor().post(link, oneClick)));
  expect((await records('again@example.com')).consents.map(({ state }) => state)).toEqual(['granted', 'withdrawn']);
  const { id: contactId } = await contact('again@example.com');
  await recordConsents(harness.database, [
    { contactId, state: 'granted', basis: 'consent', source: 'shop', recordedAt: new Date() },
  ]);
  expect((await contact('again@example.com')).consent).toBe('granted');
  await new Visitor().post(link, oneClick);
  expect((await contact('again@example.com')).consent).toBe('withdrawn');
});

test('a forged link is told so, changes nothing, and who forges many is asked to wait; others are not', async () => {
  await harness.importPeople(1, () => ({ email: 'victim@example.com' }));
  const link = await linkTo('victim@example.com');
  const token = link.slice(link.lastIndexOf('/') + 1);
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
  const forged = [...token].map((character, at) => {
    const other = alphabet[(alphabet.indexOf(character.toLowerCase()) + 1) % alphabet.length] ?? '';
    return `${token.slice(0, at)}${character === '.' ? '-' : other}${token.slice(at + 1)}`;
  });
  for (const fake of [...forged, '', '1.1', token.toUpperCase(), `${token}x`, `x${token}`, '%00', '..%2f']) {
    const answer = await new Visitor().post(`${gateway.url}/u/${fake}`, oneClick);
    expect(answer.status).toBe(404);
  }
  expect(await records('victim@example.com')).toMatchObject({ consent: 'granted', suppressions: [] });

  const strict = await startGateway(harness, { limits: { forgedTokens: 5 } });
  try {
    const statuses = [];
    for (const fake of forged.slice(0, 8)) {
      statuses.push((await new Visitor().post(`${strict.url}/u/${fake}`, oneClick)).status);
    }
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429, 429]);
    expect((await new Visitor().post(link.replace(gateway.url, strict.url), oneClick)).status).toBe(200);
  } finally {
    await strict.close();
  }
  expect((await records('victim@example.com')).consent).toBe('withdrawn');
});

test('a contact or run that the ledger no longer knows gets the same answer', async () => {
  const link = `${gateway.url}/u/${unsubscribeToken({ contactId: '99999999', runNo: 4242 }, testSecretKey)}`;
  const page = await new Visitor().get(link, { 'accept-language': 'es-ES,es;q=0.9' });
  expect(page).toMatchObject({ status: 200 });
  expect(page.body).toContain('¿No quieres recibir más mensajes como este?');
  expect(await new Visitor().post(link, oneClick)).toMatchObject({ status: 200 });
});

test('the ledger is away: the answer says try again, and nothing is half done', async () => {
  await harness.importPeople(1, () => ({ email: 'later@example.com' }));
  const link = await linkTo('later@example.com');
  const broken = await startGateway(harness, { database: unreachableDatabase() });
  try {
    const answer = await new Visitor().post(link.replace(gateway.url, broken.url), oneClick);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
  } finally {
    await broken.close();
  }
  expect((await records('later@example.com')).suppressions).toEqual([]);
});

const unreachableDatabase = () => openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' });
