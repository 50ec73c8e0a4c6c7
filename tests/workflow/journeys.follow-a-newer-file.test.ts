import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import { booksBalance, stepBooks } from '../../ledger/books';
import { listJourneys } from '../../ledger/journeys/counts';
import { gatherReport } from '../../ledger/report-facts';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, type Shop, shopOf, wait } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

const day = 24 * 3600_000;

let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
  shop = shopOf(harness, { clock: async () => new Date(await environment.currentTimeMs()) });
  await harness.importPeople(6);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const mail = (id: string, over: object = {}) => letter(id, { subject: id, ...over });
const rest = (id: string, days = 3) => wait(id, { for: days * day });
const series = (steps: Parameters<typeof journeyCampaign>[0], trigger: Partial<ResolvedTrigger> = {}) =>
  journeyCampaign(steps, { trigger: { reentry: 'never', ...trigger } });
const first = series([mail('hello'), rest('rest-1'), mail('mid'), rest('rest-2'), mail('last')]);
const longer = [
  mail('hello'),
  rest('rest-1'),
  mail('between'),
  mail('mid'),
  rest('rest-2'),
  mail('last'),
  mail('closing'),
];

async function enters(...people: number[]): Promise<void> {
  for (const person of people) await shop.tell('order.paid', person);
  await shop.dispatch();
}

/** Who was sent which steps, in their order. */
async function sent(): Promise<Record<string, string[]>> {
  const { rows } = await harness.database.query<{ person: string; steps: string[] }>(
    `select c.address as person, array_agg(d.step order by d.settled_at, d.step) as steps
       from deliveries d join contacts c on c.id = d.contact_id where d.status = 'sent' group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ person, steps }) => [person.replace('@example.com', ''), steps]));
}

async function abort(runId: string) {
  const operator = { client: environment.client, database: harness.database };
  await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'enough' });
  return resultOf(harness, runId);
}

async function runOf(runId: string) {
  const run = await findRun(harness.database, runId);
  if (!run) throw new Error(`no ${runId}`);
  return run;
}

/** Person 3 has been through, 2 waits for the last mail, 1 for the second. */
async function peopleAtEachPlace(): Promise<string> {
  const runId = await shop.open(first);
  await enters(3);
  await environment.sleep('2 days');
  await enters(2);
  await environment.sleep('84 hours');
  await enters(1);
  await environment.sleep('1 day');
  await shop.ended(1);
  expect(await sent()).toEqual({ p1: ['hello'], p2: ['hello', 'mid'], p3: ['hello', 'mid', 'last'] });
  return runId;
}

test('people inside take the steps of the newer file that they have not begun, and nobody one twice', async () => {
  let former = '';
  await harness.withWorkers(async () => {
    former = await peopleAtEachPlace();
    const newer = await shop.open(series(longer, { underWay: 'follow' }));
    await enters(4);
    const status = await resultOf(harness, former);
    expect(status.phase).toBe('done');
    await environment.sleep('7 days');
    await shop.ended(4);
    await abort(newer);
  });
  expect(await sent()).toEqual({
    p1: ['hello', 'between', 'mid', 'last', 'closing'],
    p2: ['hello', 'mid', 'last', 'closing'],
    p3: ['hello', 'mid', 'last'],
    p4: ['hello', 'between', 'mid', 'last', 'closing'],
  });
  expect(harness.customerMail()).toHaveLength(5 + 4 + 3 + 5);

  const run = await runOf(former);
  const { no: runNo } = run;
  for (const step of ['hello', 'mid', 'last', 'between', 'closing'])
    expect([step, booksBalance(await stepBooks(harness.database, { runNo, step }))]).toEqual([step, true]);
  const { balance, steps } = await gatherReport(harness.database, run);
  expect(balance).toBe('balanced');
  expect(steps.map(({ step, books }) => [step, books.sent])).toEqual([
    ['hello', 3],
    ['mid', 3],
    ['last', 3],
    ['between', 1],
    ['closing', 2],
  ]);
  const listed = await listJourneys(harness.database, { campaignId: run.campaignId, limit: 10 });
  expect(listed.filter(({ runId }) => runId === former).map(({ goesBy }) => goesBy === null)).toEqual([
    false,
    false,
    true,
  ]);
});

test('unless the newer file says so, people inside stay on theirs', async () => {
  await harness.withWorkers(async () => {
    const former = await peopleAtEachPlace();
    const newer = await shop.open(series(longer));
    await enters(4);
    await resultOf(harness, former);
    await environment.sleep('7 days');
    await shop.ended(4);
    await abort(newer);
  });
  expect(await sent()).toMatchObject({
    p1: ['hello', 'mid', 'last'],
    p2: ['hello', 'mid', 'last'],
    p4: ['hello', 'between', 'mid', 'last', 'closing'],
  });
});

test('what nobody has approved is sent to nobody; a step that is gone, or stands in no newer file, is not taken', async () => {
  await harness.withWorkers(async () => {
    const former = await shop.open(
      series([mail('hello'), rest('rest-1'), mail('mid'), rest('rest-2'), mail('last')], {}),
    );
    await enters(1);
    await environment.sleep('1 day');
    const { runId: newer } = await harness.launch(
      series([mail('hello'), rest('rest-1'), mail('other'), rest('rest-2'), mail('after')], { underWay: 'follow' }),
    );
    await openGate(harness, newer);
    await environment.sleep('50 hours');
    await eventually(async () => (await sent()).p1?.length === 2);
    expect(await sent()).toEqual({ p1: ['hello', 'mid'] });
    await decide(harness, newer, 'ana');
    const status = await resultOf(harness, former);
    expect(status.phase).toBe('done');
    expect(await sent()).toEqual({ p1: ['hello', 'mid', 'after'] });
    const { rows } = await harness.database.query<{ step: string; status: string; detail: string }>(
      `select step, status, detail from deliveries where run_no = 1 and status <> 'sent' order by step`,
    );
    expect(rows.map(({ step, status, detail }) => [step, status, detail])).toEqual([
      ['last', 'cancelled', 'a newer file no longer has this step'],
      ['other', 'cancelled', 'a newer file has this step before where the journey was'],
    ]);
    await abort(newer);
  });
});

test('exits of the newer file hold from then on, for those who wait as well', async () => {
  await harness.withWorkers(async () => {
    const former = await shop.open(
      series([mail('hello'), rest('rest-1'), mail('mid')], { exits: [{ name: 'left', on: ['gone'], goal: false }] }),
    );
    await enters(1, 2, 3);
    await environment.sleep('1 hour');
    // Means nothing to the file that holds by now.
    await shop.tell('bought', 1);
    await shop.dispatch();
    const newer = await shop.open(
      series([mail('hello'), rest('rest-1'), mail('mid')], {
        underWay: 'follow',
        exits: [{ name: 'bought', on: ['bought'], goal: true }],
      }),
    );
    await environment.sleep('1 hour');
    await shop.tell('bought', 2);
    await shop.tell('gone', 3);
    await shop.dispatch();
    const [left] = await shop.ended(1);
    expect(left).toMatchObject({ person: 'p2@example.com', outcome: 'goal', exit: 'bought' });
    await resultOf(harness, former);
    expect(await sent()).toEqual({ p1: ['hello', 'mid'], p2: ['hello'], p3: ['hello', 'mid'] });
    await abort(newer);
  });
});

test('a wait that goes on is what it was; a further file is followed in turn', async () => {
  await harness.withWorkers(async () => {
    const former = await shop.open(series([mail('hello'), rest('rest-1', 4), mail('mid')]));
    await enters(1);
    await environment.sleep('1 day');
    const second = await shop.open(
      series([mail('hello'), rest('rest-1', 9), mail('mid'), rest('rest-2', 5), mail('last')], { underWay: 'follow' }),
    );
    // Made to look, in the middle of its wait.
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await environment.sleep('100 hours');
    await eventually(async () => (await sent()).p1?.length === 2);
    const third = await shop.open(
      series([mail('hello'), mail('mid'), mail('new'), mail('last')], { underWay: 'follow' }),
    );
    await resultOf(harness, former);
    expect(await sent()).toEqual({ p1: ['hello', 'mid', 'new', 'last'] });
    await resultOf(harness, second);
    await abort(third);
  });
});
