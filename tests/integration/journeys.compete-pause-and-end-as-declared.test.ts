import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { booksBalance, stepBooks } from '../../ledger/books';
import { countJourneys } from '../../ledger/journeys/counts';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, type Shop, shopOf, wait } from '../support/journeys';
import { gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

const day = 24 * 3600_000;
let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

async function open(options: Parameters<typeof runHarness>[1] = {}): Promise<void> {
  harness = await runHarness(environment, options);
  shop = shopOf(harness);
  await harness.importPeople(6, (n) => ({ country: n % 2 ? 'ES' : 'PT' }));
}

beforeEach(async () => {
  environment = await localEnvironment();
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const operator = () => ({ client: environment.client, database: harness.database });
const say = (runId: string, verb: 'pause' | 'resume' | 'abort') =>
  controlRun(operator(), { runId, verb, by: 'luis', reason: 'because' });
const longWait = wait('rest', { for: 30 * day });

async function books(runId: string, step: string) {
  const run = await findRun(harness.database, runId);
  return stepBooks(harness.database, { runNo: run?.no ?? 0, step });
}

test('of two campaigns of a group the higher priority wins, and the other is told why', async () => {
  await open();
  await harness.withWorkers(async () => {
    const low = await shop.open(
      journeyCampaign([longWait, letter()], { id: 'low', priority: 1, exclusive: 'winback' }),
    );
    const high = await shop.open(
      journeyCampaign([longWait, letter()], { id: 'high', priority: 9, exclusive: 'winback' }),
    );
    const other = await shop.open(journeyCampaign([longWait, letter()], { id: 'other' }));
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    const journeys = await shop.journeys();
    expect(journeys.map(({ runId }) => runId).sort()).toEqual([high, other].sort());
    expect(await shop.refusals()).toMatchObject([
      { campaign: low.split('/')[1], reason: 'exclusive', detail: expect.stringContaining('in a journey of high') },
    ]);
    await Promise.all([low, high, other].map((runId) => say(runId, 'abort')));
    await Promise.all([low, high, other].map((runId) => resultOf(harness, runId)));
    // The contact is free again.
    expect((await shop.journeys()).every(({ outcome }) => outcome === 'aborted')).toBe(true);
  });
});

test('two dispatchers at once put a contact into one campaign of a group, once', async () => {
  await open();
  await harness.withWorkers(async () => {
    const runs = [];
    for (const id of ['a', 'b'])
      runs.push(
        await shop.open(journeyCampaign([longWait], { id, exclusive: 'winback', trigger: { events: [`seen.${id}`] } })),
      );
    for (let n = 1; n <= 6; n += 1) {
      await shop.tell('seen.a', n);
      await shop.tell('seen.b', n);
    }
    await Promise.all([shop.dispatch(), shop.dispatch(), shop.dispatch()]);
    expect(await shop.journeys()).toHaveLength(6);
    expect(await shop.refusals()).toHaveLength(6);
    await Promise.all(runs.map((runId) => say(runId, 'abort')));
    await Promise.all(runs.map((runId) => resultOf(harness, runId)));
  });
});

test.each([
  ['after-end', 2, []],
  ['never', 1, ['this contact has made this journey; reentry is never']],
] as const)('reentry %s', async (reentry, starts, declined) => {
  await open();
  await harness.withWorkers(async () => {
    await shop.open(journeyCampaign([letter()], { trigger: { reentry } }));
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await shop.ended(1);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await shop.ended(starts);
    expect((await shop.refusals()).map(({ detail }) => detail)).toEqual(declined);
  });
  expect(harness.customerMail()).toHaveLength(starts);
});

test('whoever comes again the moment a journey has ended begins another, each time', async () => {
  await open();
  await harness.withWorkers(async () => {
    await shop.open(journeyCampaign([letter()]));
    for (let time = 1; time <= 8; time += 1) {
      await shop.tell('order.paid', 1);
      await shop.dispatch();
      await shop.ended(time);
    }
    expect((await shop.journeys()).map(({ workflowId }) => workflowId.replace(/^.*\//, ''))).toEqual([
      '-',
      ...[2, 3, 4, 5, 6, 7, 8].map((n) => `-~${n}`),
    ]);
  });
  expect(harness.customerMail()).toHaveLength(8);
});

test('journeys of one contact are told apart by their key; a key on its way begins no second', async () => {
  await open();
  await harness.withWorkers(async () => {
    await shop.open(journeyCampaign([longWait, letter()], { trigger: { key: 'event.data.orderId' } }));
    for (const orderId of ['A1', 'A2', 'A1', 'pepa@example.com'])
      await shop.tell('order.paid', 1, { data: { orderId } });
    await shop.tell('order.paid', 2, { data: {} });
    await shop.dispatch();
    const keys = (await shop.journeys()).map(({ key }) => key);
    expect(keys).toEqual(['A1', 'A2', expect.stringMatching(/^h-[0-9a-f]{40}$/)]);
    expect(await shop.refusals()).toMatchObject([
      { reason: 'reentry' },
      { reason: 'undecidable', detail: 'key: a value is missing at "orderId"' },
    ]);
  });
});

test('cooldown counts from the beginning of the last journey', async () => {
  await open();
  let now = Date.parse('2026-11-22T10:00:00Z');
  const later = shopOf(harness, { clock: () => new Date(now) });
  await harness.withWorkers(async () => {
    await shop.open(journeyCampaign([letter()], { trigger: { cooldown: 7 * day } }));
    for (const step of [0, 6 * day, day]) {
      now += step;
      await later.tell('order.paid', 1);
      await later.dispatch();
      await later.ended(1);
    }
    await later.ended(2);
    expect(await later.refusals()).toMatchObject([
      { reason: 'cooldown', detail: 'the last journey began 2026-11-22T10:00:00.000Z' },
    ]);
  });
});

test('frequency caps hold across journeys; a capped letter is in the books', async () => {
  await open({ workspace: { frequencyCaps: [{ limit: 1, per: 7 * day }] } });
  await harness.withWorkers(async () => {
    const first = await shop.open(journeyCampaign([letter()], { id: 'first' }));
    const second = await shop.open(
      journeyCampaign([letter(), letter('more', { if: 'steps["letter"].outcome == "sent"' })], { id: 'second' }),
    );
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await shop.ended(2);
    const all = [await books(first, 'letter'), await books(second, 'letter'), await books(second, 'more')];
    expect(all.reduce((sum, { sent }) => sum + sent, 0)).toBe(1);
    expect(all.reduce((sum, { capped }) => sum + capped, 0)).toBeGreaterThanOrEqual(1);
    expect(all.every((each) => each.targeted === 1 && booksBalance(each))).toBe(true);
  });
  expect(harness.customerMail()).toHaveLength(1);
});

test('frequency caps hold between a bulk run and journeys, side by side: everybody hears from one of them', async () => {
  await open({ workspace: { frequencyCaps: [{ limit: 1, per: 7 * day }] } });
  await harness.withWorkers(async () => {
    const standing = await shop.open(journeyCampaign([letter()]));
    const bulk = await harness.launch(testCampaign({ steps: [gateStep(), letter('news')] }));
    for (const n of [1, 2, 3, 4]) await shop.tell('order.paid', n);
    await Promise.all([shop.dispatch(), decide(harness, bulk.runId, 'ana')]);
    await shop.ended(4);
    const status = await resultOf(harness, bulk.runId);
    const [journeys, news] = [await books(standing, 'letter'), await books(bulk.runId, 'news')];
    expect(stepOf(status, 'news').books).toMatchObject({ targeted: 6, open: 0 });
    expect(journeys).toMatchObject({ targeted: 4, open: 0 });
    expect(news.sent + journeys.sent).toBe(6);
    expect(news.capped + journeys.capped).toBe(4);
    expect(booksBalance(journeys) && booksBalance(news)).toBe(true);
  });
  expect(
    harness
      .customerMail()
      .flatMap(({ to }) => to)
      .sort(),
  ).toEqual([1, 2, 3, 4, 5, 6].map((n) => `p${n}@example.com`));
});

test('a pause holds journeys and loses nobody, also those who come meanwhile; resume wakes them', async () => {
  await open();
  await harness.withWorkers(async () => {
    const runId = await shop.open(
      journeyCampaign([wait('ready', { event: { events: ['go'], timeout: 20 * day } }), letter()]),
    );
    for (let n = 1; n <= 3; n += 1) await shop.tell('order.paid', n);
    await shop.dispatch();
    await say(runId, 'pause');
    for (let n = 1; n <= 3; n += 1) await shop.tell('go', n);
    await shop.tell('order.paid', 4);
    await shop.tell('go', 4);
    await shop.dispatch();
    await eventually(async () => (await shop.journeys()).filter(({ state }) => state === 'held').length === 4);
    const run = await findRun(harness.database, runId);
    expect(await countJourneys(harness.database, run?.no ?? 0)).toMatchObject({
      started: 4,
      held: 4,
      heldBecause: [{ why: 'the campaign is paused', count: 4 }],
    });
    expect(harness.customerMail()).toHaveLength(0);
    await say(runId, 'resume');
    const ended = await shop.ended(4);
    expect(ended.every(({ outcome }) => outcome === 'completed')).toBe(true);
  });
  expect(new Set(harness.customerMail().flatMap(({ to }) => to)).size).toBe(4);
});

test('an edited campaign leaves running journeys on their revision; new events begin on the new one', async () => {
  await open();
  await harness.withWorkers(async () => {
    const go = wait('ready', { event: { events: ['go'], timeout: 20 * day } });
    const before = journeyCampaign([go, letter()]);
    const first = await shop.open(before);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    const second = await shop.open({ ...before, name: 'Changed' });
    await shop.tell('order.paid', 2);
    await shop.dispatch();
    expect((await shop.journeys()).map(({ runId }) => runId)).toEqual([first, second]);
    for (const n of [1, 2]) await shop.tell('go', n);
    await shop.dispatch();
    await shop.ended(2);
    const status = await resultOf(harness, first);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'letter').books).toMatchObject({ targeted: 1, sent: 1 });
    await say(second, 'abort');
    expect((await resultOf(harness, second)).phase).toBe('aborted');
  });
  expect(harness.customerMail()).toHaveLength(2);
});

test('an exit ends the journey early, a goal counts as reached; what was not sent is cancelled with the reason', async () => {
  await open();
  await harness.withWorkers(async () => {
    const exits = [
      { name: 'bought', on: ['order.paid'], when: 'event.data.total > 10', goal: true },
      { name: 'left', on: ['account.closed'], goal: false },
    ];
    const runId = await shop.open(
      journeyCampaign([longWait, letter()], { trigger: { events: ['basket.left'], exits } }),
    );
    for (const n of [1, 2, 3]) await shop.tell('basket.left', n);
    await shop.dispatch();
    await shop.tell('order.paid', 1, { data: { total: 20 } });
    await shop.tell('order.paid', 3, { data: { total: 5 } });
    await shop.tell('account.closed', 2);
    await shop.dispatch();
    const ended = await shop.ended(2);
    expect(ended).toMatchObject([
      { person: 'p1@example.com', outcome: 'goal', exit: 'bought' },
      { person: 'p2@example.com', outcome: 'exited', exit: 'left' },
    ]);
    await say(runId, 'abort');
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'letter').books).toMatchObject({ targeted: 3, cancelled: 3, open: 0 });
    const { rows } = await harness.database.query('select seq, detail from deliveries order by seq');
    expect(rows.map(({ detail }) => detail)).toEqual(['left by exit bought', 'left by exit left', 'because']);
  });
});

test('an exit event that was handed out before the journey is seen when it begins', async () => {
  await open();
  await harness.withWorkers(async () => {
    const exits = [{ name: 'bought', on: ['order.paid'], goal: true }];
    await shop.open(journeyCampaign([letter()], { trigger: { events: ['basket.left'], exits } }));
    await shop.tell('basket.left', 1);
    await harness.database.query(`update inbox set next_try_at = now() + interval '1 hour'`);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await harness.database.query(`update inbox set next_try_at = now() where state = 'new'`);
    await shop.dispatch();
    expect(await shop.ended(1)).toMatchObject([{ outcome: 'goal', exit: 'bought' }]);
  });
  expect(harness.customerMail()).toHaveLength(0);
});

test('a letter of a journey shows its event; a field that is missing makes it invalid, not wrong', async () => {
  await open();
  await harness.withWorkers(async () => {
    const email = letter();
    const subject = { ...('email' in email ? email.email : {}), subject: 'Pedido {{ event.data.orderId }}' };
    const campaign = journeyCampaign([email]);
    const steps = campaign.steps.map((step) =>
      step.kind === 'email' ? { ...step, email: { ...step.email, ...subject } } : step,
    );
    const runId = await shop.open({ ...campaign, steps });
    await shop.tell('order.paid', 1, { data: { orderId: 'A-77' } });
    await shop.tell('order.paid', 2);
    await shop.dispatch();
    await shop.ended(2);
    expect(await books(runId, 'letter')).toMatchObject({ targeted: 2, sent: 1, invalid: 1 });
  });
  expect(harness.customerMail().map(({ raw }) => /Subject: (.*)/.exec(raw.toString())?.[1])).toEqual(['Pedido A-77']);
});

test('a mail to the team from a journey counts the messages of its own contact', async () => {
  await open();
  await harness.withWorkers(async () => {
    const words = {
      to: ['ops'],
      subject: 'A journey',
      message: 'Sent {{ steps.letter.sent }}, late {{ steps.letter.late }}.',
    };
    const validUntil = new Date(Date.now() - day).toISOString();
    for (const [id, over] of [
      ['in-time', {}],
      ['too-late', { validUntil }],
    ] as const)
      await shop.open(
        journeyCampaign([letter('letter', over), { id: 'tell', kind: 'notify', notify: words }], {
          id,
          trigger: { events: [`seen.${id}`] },
        }),
      );
    for (const n of [1, 2]) await shop.tell('seen.in-time', n);
    await shop.tell('seen.too-late', 3);
    await shop.dispatch();
    await shop.ended(3);
  });
  const told = harness.teamMail().flatMap(({ raw }) => /Sent \d, late \d/.exec(raw.toString()) ?? []);
  expect(told.map(String).sort()).toEqual(['Sent 0, late 1', 'Sent 1, late 0', 'Sent 1, late 0']);
});
