import { Client, type WorkflowClientInterceptor } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Person } from '../../definition/workspace-types';
import { readFacts } from '../../ledger/audit';
import { readDecisionNotes } from '../../ledger/decision-notes';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { clickMetric, experimentCampaign } from '../support/experiments';
import { hiddenFields, mailedLink, startGateway, type TestGateway, Visitor } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let workers: Awaited<ReturnType<Harness['startWorkers']>>;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness);
  workers = await harness.startWorkers();
  await harness.importPeople(20);
});

afterEach(async () => {
  workers?.shutdown();
  await workers?.done;
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const ana = 'ana@shop.example';
const bea = 'bea@shop.example';

async function launchSale(gate: Parameters<typeof gateStep>[0] = {}): Promise<string> {
  const question = '¿Textos y precios bien?';
  const campaign = testCampaign({
    name: 'Rebajas',
    audience: { from: 'contacts', holdout: 0.2 },
    steps: [gateStep({ question, ...gate }), emailStep()],
  });
  const { runId } = await harness.launch(campaign);
  await openGate(harness, runId);
  return runId;
}

test('from the mail to the page to the decision: the run goes on and everybody approved gets the message', async () => {
  const runId = await launchSale();
  const visitor = new Visitor();
  const page = await visitor.open(await mailedLink(harness, ana));
  expect(page.status).toBe(200);
  expect(page.url).not.toContain('/a/');
  expect(page.body).toContain('<html lang="es">');
  for (const text of ['Rebajas', '¿Textos y precios bien?', 'Luis pide tu decisión', 'Oferta para Lucía'])
    expect(page.body).toContain(text);
  const { planHash } = await openGate(harness, runId);
  expect(page.body).toContain(`<code>${planHash.slice(0, 12)}</code>`);
  expect(harness.customerMail()).toHaveLength(0);

  const receipt = await visitor.decide(await mailedLink(harness, ana), 'approve', 'Adelante');
  expect(receipt.status).toBe(200);
  expect(receipt.body).toMatch(/Ana aprobó la puerta «content» de «Rebajas»/);
  expect(receipt.body).toContain('<blockquote>Adelante</blockquote>');
  const status = await resultOf(harness, runId);
  expect(status).toMatchObject({ phase: 'done', gates: [{ decisions: [{ by: 'ana', via: 'page' }] }] });
  const books = status.steps.find(({ id }) => id === 'offer')?.books;
  expect(harness.customerMail()).toHaveLength(books?.sent ?? -1);
  expect((books?.sent ?? 0) + (books?.heldOut ?? 0)).toBe(20);
  expect((await readDecisionNotes(harness.database, runId)).map(({ note }) => note)).toEqual(['Adelante']);
  const used = (await readFacts(harness.database, runId)).filter(({ action }) => action === 'gate.link-used');
  expect(used).toMatchObject([{ actor: 'ana', subject: 'content', detail: { verdict: 'approve', ip: '127.0.0.1' } }]);
});

test('every arm is shown before it is approved, and a checkpoint that holds is decided on the same page', async () => {
  const campaign = experimentCampaign({ metrics: [{ ...clickMetric, window: 1_000 }] });
  const { runId } = await harness.launch(campaign);
  await openGate(harness, runId);
  const visitor = new Visitor();
  const first = await mailedLink(harness, bea);
  const page = await visitor.open(first);
  for (const subject of ['Oferta para', 'Otra linea']) expect(page.body).toContain(subject);
  await visitor.decide(first, 'approve');
  // Nobody has clicked: the data cannot be believed, and people are asked.
  await openGate(harness, runId, 'offer.canary.1');
  const asked = await eventually(
    async () => {
      const link = await mailedLink(harness, bea);
      return link === first ? undefined : link;
    },
    { what: 'the mail of the checkpoint' },
  );
  const receipt = await new Visitor().decide(asked, 'approve', 'go on');
  expect(receipt.body).toMatch(/was approved by Bea/);
  const status = await resultOf(harness, runId);
  expect(status.decisions?.[0]).toMatchObject({ state: 'invalid', actor: 'bea', isOverride: true });
  expect(status.steps.find(({ id }) => id === 'offer')?.books?.sent).toBe(20);
});

test('a rejection needs a reason, keeps what was typed, and ends the run with nothing sent', async () => {
  const runId = await launchSale();
  const visitor = new Visitor();
  const page = await visitor.open(await mailedLink(harness, bea));
  const empty = await visitor.post(page.url, { ...hiddenFields(page.body), verdict: 'reject', comment: ' \r\n ' });
  expect(empty.status).toBe(422);
  expect(empty.body).toContain('<title>Error: ');
  expect(empty.body).toMatch(/role="alert".*href="#comment">Say why you reject\./s);
  expect(empty.body).toMatch(/<textarea[^>]*aria-invalid="true"/);
  const long = 'x'.repeat(4_001);
  const tooLong = await visitor.post(page.url, { ...hiddenFields(empty.body), verdict: 'reject', comment: long });
  expect(tooLong.status).toBe(422);
  expect(tooLong.body).toContain(long);
  const taken = await visitor.post(page.url, {
    ...hiddenFields(tooLong.body),
    verdict: 'reject',
    comment: 'Wrong price',
  });
  expect(taken.status).toBe(303);
  const receipt = await visitor.get(page.url);
  expect(receipt.body).toMatch(/was rejected by Bea/);
  expect((await resultOf(harness, runId)).phase).toBe('rejected');
  expect(harness.customerMail()).toHaveLength(0);
  expect((await readDecisionNotes(harness.database, runId)).map(({ note }) => note)).toEqual(['Wrong price']);
});

test('opening a link decides nothing and does not use it up, however often and by whatever method', async () => {
  const runId = await launchSale();
  const link = await mailedLink(harness, ana);
  const scanner = new Visitor();
  for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'])
    await scanner.get(link, { 'sec-purpose': 'prefetch', purpose: 'prefetch' }, method);
  const { url, status } = await scanner.open(link);
  expect(status).toBe(200);
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])
    await scanner.get(`${url}?verdict=approve`, {}, method);
  expect((await openGate(harness, runId)).gates[0]?.decisions).toEqual([]);
  const { rows } = await harness.database.query('select distinct state from approval_tokens');
  expect(rows).toEqual([{ state: 'issued' }]);
});

test('who comes later, or again, reads what was decided, by whom and when: never an error', async () => {
  const runId = await launchSale();
  const [links, late] = [{ ana: await mailedLink(harness, ana), bea: await mailedLink(harness, bea) }, new Visitor()];
  const early = await late.open(links.bea);
  await new Visitor().decide(links.ana, 'approve');
  await resultOf(harness, runId);
  for (const answer of [
    await new Visitor().open(links.ana),
    await new Visitor().open(links.ana),
    await late.get(early.url),
    await late.post(early.url, { ...hiddenFields(early.body), verdict: 'reject', comment: 'too late' }),
    await new Visitor().open(links.bea),
  ]) {
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/Ana aprobó la puerta|was approved by Ana/);
    expect(answer.body).not.toContain('<form');
  }
  expect((await resultOf(harness, runId)).gates[0]?.decisions).toHaveLength(1);
});

test('two approvals: the first reads what is missing, the second opens the way', async () => {
  const runId = await launchSale({ quorum: 2 });
  const first = await new Visitor().decide(await mailedLink(harness, ana), 'approve');
  expect(first.body).toMatch(/Aprobaste la puerta «content».*Falta 1 aprobación/);
  const second = new Visitor();
  const page = await second.open(await mailedLink(harness, bea));
  expect(page.body).toContain('Ana approved, ');
  expect(page.body).toContain('Your approval is one of 2 that are needed.');
  const receipt = await second.decide(await mailedLink(harness, bea), 'approve');
  expect(receipt.body).toMatch(/was approved by Bea/);
  expect((await resultOf(harness, runId)).phase).toBe('done');
});

test('decided on the command line: the page says so; a paused run says who paused it', async () => {
  const runId = await launchSale();
  const link = await mailedLink(harness, bea);
  await controlRun(
    { client: environment.client, database: harness.database },
    { runId, verb: 'pause', by: 'luis', reason: 'wait' },
  );
  expect((await new Visitor().open(link)).body).toMatch(/The run is paused by Luis/);
  await decide(harness, runId, 'ana');
  expect((await new Visitor().open(link)).body).toMatch(/was approved by Ana/);
});

test('no worker answers: the page says so, the link still works afterwards, and the decision counts once', async () => {
  const runId = await launchSale();
  const visitor = new Visitor();
  const page = await visitor.open(await mailedLink(harness, ana));
  const fields = { ...hiddenFields(page.body), verdict: 'approve', comment: '' };
  workers.shutdown();
  await workers.done;
  const away = await visitor.post(page.url, fields);
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toBe('60');
  workers = await harness.startWorkers();
  expect((await visitor.post(page.url, fields)).status).toBe(303);
  const status = await resultOf(harness, runId);
  expect(status.gates[0]?.decisions).toHaveLength(1);
}, 90_000);

test('hostile names, questions and comments are shown as what they are', async () => {
  const attack = `</title></p><script>alert('1')</script><img src=x onerror="alert(1)">{who}`;
  const shown = attack.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  gateway.workspace.people.luis = { ...(gateway.workspace.people.luis as Person), name: `${attack} Luis` };
  const campaign = testCampaign({
    name: attack,
    steps: [gateStep({ question: `${attack}?`, quorum: 2 }), emailStep()],
  });
  const { runId } = await harness.launch(campaign);
  await openGate(harness, runId);
  const receipt = await new Visitor().decide(await mailedLink(harness, ana), 'approve', `${attack} fine`);
  const page = await new Visitor().open(await mailedLink(harness, bea));
  for (const { body } of [receipt, page]) {
    expect(body).not.toMatch(/<script|<img src=x/);
    expect(body).toContain(`${shown} fine`);
  }
  for (const text of [`${shown} Luis`, `${shown}?`]) expect(page.body).toContain(text);
});

test('the run is lost between using up the link and deciding: the link works again', async () => {
  const runId = await launchSale();
  let away = true;
  const workflow: WorkflowClientInterceptor = {
    startUpdate: (input, next) => (away ? Promise.reject(new Error('the line is cut')) : next(input)),
  };
  const { connection, options } = environment.client;
  const client = new Client({ connection, namespace: options.namespace, interceptors: { workflow: [workflow] } });
  const second = await startGateway(harness, { client });
  try {
    const visitor = new Visitor();
    const page = await visitor.open((await mailedLink(harness, ana)).replace(gateway.url, second.url));
    const fields = { ...hiddenFields(page.body), verdict: 'approve', comment: 'now' };
    expect((await visitor.post(page.url, fields)).status).toBe(503);
    expect((await openGate(harness, runId)).gates[0]?.decisions).toEqual([]);
    away = false;
    expect((await visitor.post(page.url, fields)).status).toBe(303);
    expect((await resultOf(harness, runId)).gates[0]?.decisions).toMatchObject([{ by: 'ana', verdict: 'approve' }]);
  } finally {
    await second.close();
  }
});

test('the message is shown in a frame of its own, by the sender’s own renderer, for nobody real', async () => {
  const runId = await launchSale();
  const visitor = new Visitor();
  const page = await visitor.open(await mailedLink(harness, ana));
  const frames = [...page.body.matchAll(/<iframe src="([^"]+)"[^>]*>/g)];
  expect(frames).toHaveLength(2);
  for (const [tag] of frames) expect(tag).toMatch(/sandbox(=""|(?=[\s>]))/);
  const [full, bare] = await Promise.all(frames.map(([, path]) => visitor.get(new URL(path ?? '', page.url).href)));
  expect(full?.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  expect(full?.headers.get('content-security-policy')).not.toContain('script-src');
  expect(full?.headers.get('x-frame-options')).toBe('SAMEORIGIN');
  const { revision } = await openGate(harness, runId);
  const compiled = await harness.deps.emails.get(revision, 'offer');
  expect(bare?.body).toBe(
    compiled.preview({
      key: 'k',
      messageId: '<k@shop.example>',
      to: 'sample@example.com' as never,
      envelopeFrom: 'hola@shop.example' as never,
      contact: {},
      unsubscribeUrl: 'https://example.com/u/sample',
      date: new Date(),
    }).html,
  );
  expect(full?.body).toContain('Lucía');
  const elsewhere = new URL(frames[0]?.[1] ?? '', page.url).href;
  expect((await new Visitor().get(elsewhere)).status).toBe(403);
  expect((await visitor.get(elsewhere, { 'sec-fetch-dest': 'document' })).status).toBe(404);
  expect((await visitor.get(elsewhere.replace('/offer/', '/nothing/'))).status).toBe(404);
});
