import { createHash } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { simpleParser } from 'mailparser';
import { clickToken, stepMark } from '../../ledger/click-token';
import { findRun } from '../../ledger/runs';
import { eventually } from '../support/eventually';
import { startGateway, type TestGateway, Visitor } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign, testSecretKey } from '../support/run-harness';
import { decide, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;
let runNo = 0;

const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const template = `<html lang="es"><head><title>Oferta</title></head><body>
<p><a href="https://shop.example/offer?x=1&amp;y=2">Oferta</a>
<a href="https://shop.example/city/{{ contact.city | default: 'all' | url_encode }}">Tu ciudad</a>
<a href="https://shop.example/more">Más</a></p></body></html>`;
const file = { path: 'linked.html', content: Buffer.from(template) };
const campaign = testCampaign({ steps: [gateStep(), emailStep()], tracking: { clicks: true, opens: true } });
for (const step of campaign.steps)
  if (step.kind === 'email')
    step.email.template = {
      path: file.path,
      sha256: createHash('sha256').update(template).digest('hex'),
      format: 'html',
    };

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness);
  await harness.importPeople(10, (n) => ({ trackingConsent: n === 1 ? 'true' : '', city: n === 2 ? 'A Coruña' : '' }));
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign, { files: [file] });
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    runNo = (await findRun(harness.database, runId))?.no ?? 0;
  });
  // The messages left a while ago: nobody clicks within two seconds.
  await harness.database.query(
    `update deliveries set settled_at = settled_at - interval '1 minute' where run_no = $1`,
    [runNo],
  );
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

async function seqOf(address: string): Promise<number> {
  const { rows } = await harness.database.query<{ seq: number }>(
    'select seq from deliveries d join contacts c on c.id = d.contact_id where run_no = $1 and address = $2',
    [runNo, address],
  );
  return rows[0]?.seq ?? 0;
}

async function messageTo(address: string): Promise<string> {
  const { html } = await simpleParser(harness.customerMail().find(({ to }) => to.includes(address))?.raw ?? '');
  return html || '';
}

async function linksIn(address: string): Promise<string[]> {
  return [...(await messageTo(address)).matchAll(/href="([^"]+\/c\/[^"]+)"/g)].map(([, link]) => link ?? '');
}

async function eventsOf(address: string) {
  const { rows } = await harness.database.query<{ kind: string; id: string; bot: boolean }>(
    `select e.kind, e.id, e.is_bot as bot from events e join contacts c on c.id = e.contact_id
      where e.run_no = $1 and e.step = 'offer' and c.address = $2 order by e.id`,
    [runNo, address],
  );
  return rows;
}

/** What the book says about a person's message, as soon as it says so much. */
async function untilCounted(address: string, count: number) {
  return eventually(
    async () => {
      const rows = await eventsOf(address);
      return rows.length >= count ? rows : undefined;
    },
    { timeoutMs: 15_000, what: `${count} events of ${address}` },
  );
}

test('a click leads on, and is counted once however often the link is followed', async () => {
  const [link = ''] = await linksIn('p3@example.com');
  for (let time = 0; time < 3; time += 1) {
    const { status, headers } = await new Visitor().get(link, browser);
    expect([status, headers.get('location')]).toEqual([302, 'https://shop.example/offer?x=1&y=2']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toBeNull();
  }
  const seq = await seqOf('p3@example.com');
  expect(await untilCounted('p3@example.com', 1)).toEqual([
    { kind: 'clicked', id: `${runNo}:offer:${seq}:0`, bot: false },
  ]);
});

test('what is personal in a link is filled for the one who follows it', async () => {
  const links = await linksIn('p2@example.com');
  const { headers } = await new Visitor().get(links[1] ?? '', browser);
  expect(headers.get('location')).toBe('https://shop.example/city/A+Coru%C3%B1a');
});

test('HEAD counts nothing; programs are told apart and hide nobody', async () => {
  const [link = ''] = await linksIn('p4@example.com');
  expect((await new Visitor().get(link, browser, 'HEAD')).status).toBe(302);
  await new Visitor().get(link, {
    'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  });
  await new Visitor().get(link, { ...browser, 'sec-purpose': 'prefetch;prerender' });
  await new Visitor().get(link, browser);
  expect(
    (await untilCounted('p4@example.com', 2)).map(({ id, bot }) => [id.split(':').slice(3).join(':'), bot]),
  ).toEqual([
    ['0', false],
    ['0:bot', true],
  ]);
});

test('whoever follows every link of a message within a second is a program', async () => {
  const links = await linksIn('p5@example.com');
  expect(links.length).toBeGreaterThanOrEqual(3);
  await Promise.all(links.map((link) => new Visitor().get(link, browser)));
  const counted = await untilCounted('p5@example.com', links.length);
  expect(counted.map(({ bot }) => bot)).toEqual(links.map(() => true));
});

test('a link followed before its message can have been read was followed by a program', async () => {
  const address = 'p6@example.com';
  await harness.database.query(
    `update deliveries set settled_at = now() + interval '5 seconds' where run_no = $1 and seq = $2`,
    [runNo, await seqOf(address)],
  );
  const [link = ''] = await linksIn(address);
  await new Visitor().get(link, browser);
  expect((await untilCounted(address, 1)).map(({ bot }) => bot)).toEqual([true]);
});

test('only who agreed to it is seen opening', async () => {
  expect(await messageTo('p7@example.com')).not.toContain('/o/');
  const [, picture = ''] = /src="([^"]+\/o\/[^"]+)"/.exec(await messageTo('p1@example.com')) ?? [];
  const { status, headers } = await new Visitor().get(picture, browser);
  expect([status, headers.get('content-type')]).toEqual([200, 'image/gif']);
  await new Visitor().get(picture, browser);
  expect((await untilCounted('p1@example.com', 1)).map(({ kind }) => kind)).toEqual(['opened']);
});

test('forged links lead nowhere and count nothing, and who forges many is asked to wait', async () => {
  const seq = await seqOf('p8@example.com');
  const token = clickToken({ runNo, stepMark: stepMark('offer'), seq }, testSecretKey);
  const elsewhere = [
    `/c/${token}x/0`,
    `/c/${token}/99`,
    `/c/${token}/-1`,
    `/c/${token}/0x0`,
    `/c/${token}/https:%2F%2Fevil.example`,
    `/c/${clickToken({ runNo: 999_999, stepMark: stepMark('offer'), seq }, testSecretKey)}/0`,
    `/c/${clickToken({ runNo, stepMark: stepMark('content'), seq }, testSecretKey)}/0`,
    `/c/${clickToken({ runNo, stepMark: stepMark('offer'), seq: 9_999 }, testSecretKey)}/0`,
    `/c/${clickToken({ runNo, stepMark: stepMark('offer'), seq }, '22'.repeat(32))}/0`,
  ];
  for (const path of elsewhere) {
    const { status, headers } = await new Visitor().get(`${gateway.url}${path}?url=https://evil.example`, browser);
    expect([path, status, headers.get('location')]).toEqual([path, 404, null]);
  }
  for (const method of ['POST', 'PUT', 'DELETE'])
    expect((await new Visitor().get(`${gateway.url}/c/${token}/0`, browser, method)).status).toBe(405);
  const strict = await startGateway(harness, { limits: { forgedTokens: 3 } });
  try {
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1)
      statuses.push((await new Visitor().get(`${strict.url}/c/1.aaaaaa.1.${'A'.repeat(22)}/0`, browser)).status);
    expect(statuses).toEqual([404, 404, 404, 429, 429]);
    expect((await new Visitor().get(`${strict.url}/c/${token}/0`, browser)).status).toBe(302);
  } finally {
    await strict.close();
    harness.deps.gatewayUrl = gateway.url;
  }
});

test('what waits is written before the gateway ends', async () => {
  const own = await startGateway(harness);
  const seq = await seqOf('p9@example.com');
  const token = clickToken({ runNo, stepMark: stepMark('offer'), seq }, testSecretKey);
  await new Visitor().get(`${own.url}/c/${token}/0`, browser);
  await own.close();
  harness.deps.gatewayUrl = gateway.url;
  expect((await eventsOf('p9@example.com')).map(({ kind, bot }) => [kind, bot])).toEqual([['clicked', false]]);
});
