/** Steps that award points, in journeys and in bulk runs, and messages that say what their reader has by then. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedCampaign } from '../../definition/resolved';
import { recordEvents } from '../../ledger/events';
import { findProgram } from '../../ledger/loyalty/programs';
import { spendPoints } from '../../ledger/loyalty/spend';
import { gatherReport } from '../../ledger/report-facts';
import { findRuns } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { renderReportHtml } from '../../reports/html';
import { renderReportText } from '../../reports/text';
import { balanceOf, clubCampaign, dispatchLoyalty, tellShopEvents } from '../support/club';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, shopOf } from '../support/journeys';
import { dayMs } from '../support/loyalty-terms';
import { gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let people: string[];

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  await harness.importPeople(4);
  people = (await harness.database.query<{ id: string }>('select id from contacts order by id')).rows.map(
    ({ id }) => id,
  );
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

/** @returns the name of an open program */
async function openClub(): Promise<string> {
  const { runId } = await harness.launch(clubCampaign({ pending: 0 }));
  await decide(harness, runId, 'ana', { gate: 'terms' });
  const program = runId.split('/')[1] ?? '';
  await eventually(() => findProgram(harness.database, program), { what: 'an open program' });
  return program;
}

const points = async (program: string) =>
  Promise.all(people.map(async (person) => (await balanceOf(harness, program, person))?.active ?? 0));
const award = (program: string, more: object = {}) =>
  ({
    id: 'bonus',
    kind: 'loyalty',
    loyalty: { program, award: 50, to: 'all', after: 0, undo: 'reverse', ...more },
  }) as Parameters<typeof testCampaign>[0]['steps'][number];
const abort = async (runId: string) => {
  const operator = { client: environment.client, database: harness.database };
  await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'enough' });
  return resultOf(harness, runId);
};

/** Its letters say what the reader has. */
function speaking(campaign: ResolvedCampaign, program: string): ResolvedCampaign {
  const steps = campaign.steps.map((step) =>
    step.kind === 'email'
      ? { ...step, email: { ...step.email, loyalty: program, subject: '{{ loyalty.points }} / {{ loyalty.pending }}' } }
      : step,
  );
  return { ...campaign, steps };
}
const subjects = () =>
  harness
    .customerMail()
    .map(({ to, raw }) => `${to[0]?.split('@')[0]}: ${/^Subject: (.*)$/m.exec(raw.toString())?.[1]}`)
    .sort();

test('a journey gives its own contact points, once, its letter says so, and an abort takes them back', async () => {
  await harness.withWorkers(async () => {
    const program = await openClub();
    const shop = shopOf(harness);
    const runId = await shop.open(speaking(journeyCampaign([award(program), letter()]), program));
    await shop.tell('order.paid', 1, { id: 'order-1' });
    await shop.tell('order.paid', 3, { id: 'order-3' });
    await shop.tell('order.paid', 1, { id: 'order-1' });
    await shop.dispatch();
    await shop.ended(2);
    expect(await points(program)).toEqual([50, 0, 50, 0]);
    expect(subjects()).toEqual(['p1: 50 / 0', 'p3: 50 / 0']);
    const status = await abort(runId);
    expect(stepOf(status, 'bonus').detail).toBe('undone: 100 points of 2 members taken back, none was spent');
    expect(await points(program)).toEqual([0, 0, 0, 0]);
  });
});

test('a journey whose program is not open is held with the reason; once it is open, resume gives the points', async () => {
  await harness.withWorkers(async () => {
    const { runId: club } = await harness.launch(clubCampaign({ pending: 0 }));
    const program = club.split('/')[1] ?? '';
    const shop = shopOf(harness);
    const runId = await shop.open(journeyCampaign([award(program)]));
    await shop.tell('order.paid', 2);
    await shop.dispatch();
    const [held] = await eventually(async () => {
      const journeys = await shop.journeys();
      return journeys[0]?.state === 'held' && journeys;
    });
    expect(held?.heldWhy).toContain(`no loyalty program ${program} is open`);
    await decide(harness, club, 'ana', { gate: 'terms' });
    await eventually(() => findProgram(harness.database, program));
    const operator = { client: environment.client, database: harness.database };
    await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'open now' });
    await shop.ended(1);
    expect(await points(program)).toEqual([0, 50, 0, 0]);
  });
});

test('`to: buyers` means whoever bought since the run was prepared, and no bot, and nobody before', async () => {
  await harness.withWorkers(async () => {
    const program = await openClub();
    const bought = (person: number, id: string, more: object) =>
      recordEvents(harness.database, [
        {
          source: 'shop',
          id,
          kind: 'converted',
          about: { contactId: people[person] ?? '' },
          occurredAt: new Date(),
          ...more,
        },
      ]);
    await bought(0, 'before', { occurredAt: new Date(Date.now() - dayMs) });
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), award(program, { to: 'buyers' })] }));
    await eventually(
      async () =>
        (await harness.database.query('select from runs where run_id = $1 and prepared_at is not null', [runId]))
          .rowCount === 1,
      { what: 'the run is prepared' },
    );
    await bought(1, 'after', {});
    await bought(1, 'twice', {});
    await bought(2, 'bot', { isBot: true });
    await bought(3, 'looked', { kind: 'clicked' });
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'bonus').detail).toBe(`1 have 50 points of ${program}, 3 have none`);
    expect(await points(program)).toEqual([0, 50, 0, 0]);
  });
});

test('the report of a program says what is owed for its points', async () => {
  await harness.withWorkers(async () => {
    const program = await openClub();
    const order = (id: string, person: number, total: number) => ({
      id,
      type: 'order.paid',
      contactId: people[person],
      data: { orderId: id, total },
    });
    await tellShopEvents(harness, [order('o1', 0, 100), order('o2', 1, 50)]);
    await dispatchLoyalty(harness);
    const found = await findProgram(harness.database, program);
    if (!found) throw new Error('no program');
    const spending = { program: found, contactId: people[0] ?? '', key: 'k1', points: 30n, now: new Date() };
    await spendPoints(harness.database, spending);
    const [run] = await findRuns(harness.database, program);
    if (!run) throw new Error('no run');
    const report = await gatherReport(harness.database, run);
    const worth = { currency: 'EUR', micros: 1_200_000 };
    expect(report.program).toMatchObject({ members: 2, active: { points: 120, worth }, spent: 30, expired: 0 });
    expect(renderReportText(report, 'en')).toMatch(/€1\.20 are owed to 2 members, at €0\.01 a point\./);
    expect(renderReportHtml(report, 'es')).toContain('<td>gastados</td>');
  });
});

test('a message says the points of the moment at which it is sent, not of the plan', async () => {
  await harness.withWorkers(async () => {
    const program = await openClub();
    const campaign = testCampaign({ steps: [gateStep(), letter()] });
    const { runId } = await harness.launch(speaking(campaign, program));
    await tellShopEvents(harness, [
      { id: 'o1', type: 'order.paid', contactId: people[2], data: { orderId: 'o1', total: 30 } },
    ]);
    await dispatchLoyalty(harness);
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    expect(subjects()).toEqual(['p1: 0 / 0', 'p2: 0 / 0', 'p3: 30 / 0', 'p4: 0 / 0']);
  });
});
