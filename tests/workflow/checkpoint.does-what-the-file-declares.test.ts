import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { readDecisionActions, readDecisions } from '../../ledger/decisions';
import { askStatus } from '../../operations/decide';
import { overrideAtCheckpoint } from '../../operations/override';
import { eventually } from '../support/eventually';
import {
  clickMetric,
  complaintLimit,
  day,
  experimentCampaign,
  hour,
  readersDo,
  testCheckpoint,
} from '../support/experiments';
import { type Harness, runHarness, testWorkspace } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const wave = { do: 'promote', what: 'wave' } as const;

const soon = async (ms = hour) => new Date((await environment.currentTimeMs()) + ms);

async function runToEnd(campaign: ReturnType<typeof experimentCampaign>, options: { people: number }) {
  const { runId } = await harness.launch(campaign);
  await decide(harness, runId, 'ana');
  const status = await resultOf(harness, runId);
  const [run] = (await harness.database.query<{ no: number }>('select no from runs where run_id = $1', [runId])).rows;
  expect(stepOf(status, 'offer').books?.targeted).toBe(options.people);
  const runNo = run?.no ?? 0;
  return { runId, runNo, status, decisions: await readDecisions(harness.database, runNo) };
}

async function sentByArm(): Promise<Record<string, number>> {
  const { rows } = await harness.database.query<{ key: string; n: number }>(
    `select wave || ':' || arm as key, count(*)::int as n from deliveries where status = 'sent' group by 1`,
  );
  return Object.fromEntries(rows.map(({ key, n }) => [key, n]));
}

test('a real winner gets the rest of the audience, and the decision keeps its numbers', async () => {
  await harness.importPeople(800);
  await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.1, b: 0.5 } });
  await harness.withWorkers(async () => {
    const { status, decisions, runNo } = await runToEnd(experimentCampaign(), { people: 800 });
    expect(status.phase).toBe('done');
    expect(decisions).toHaveLength(1);
    expect(decisions[0]).toMatchObject({ state: 'pass', judgement: { winner: 'b' }, method: 'decisions/1' });
    const actions = await readDecisionActions(harness.database, runNo);
    expect(actions).toMatchObject([
      { actor: 'volante', isOverride: false, action: { do: 'promote', what: 'winner', arm: 'b', claimed: true } },
    ]);
    const sent = await sentByArm();
    expect((sent['1:a'] ?? 0) + (sent['1:b'] ?? 0)).toBe(400);
    expect(sent['2:b']).toBe(400);
  });
  const mail = harness.customerMail();
  expect(mail).toHaveLength(800);
  expect(mail.filter(({ raw }) => raw.includes('\r\nSubject: Otra linea\r\n')).length).toBeGreaterThan(500);
});

test('nothing is promoted where the arms are the same: the control gets the rest', async () => {
  await harness.importPeople(400);
  await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.2 } });
  await harness.withWorkers(async () => {
    const { decisions } = await runToEnd(experimentCampaign(), { people: 400 });
    expect(decisions[0]?.state).toBe('inconclusive');
    expect(await sentByArm()).toMatchObject({ '2:a': 200 });
  });
});

test('without a single measurement nothing is promoted: people are asked, and silence pauses', async () => {
  await harness.importPeople(200);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(
      experimentCampaign({ checkpoint: { after: { minRecipients: 10_000, timeout: day } } }),
    );
    await decide(harness, runId, 'ana');
    const held = await eventually(
      async () => {
        await environment.sleep('12 hours');
        const status = await askStatus(environment.client, runId);
        return stepOf(status, 'offer').state === 'held' ? status : undefined;
      },
      { what: 'the step is held' },
    );
    expect(held.decisions?.[0]).toMatchObject({ state: 'invalid' });
    expect(harness.customerMail()).toHaveLength(100);
    await overrideAtCheckpoint(
      { client: environment.client, database: harness.database },
      {
        runId,
        checkpoint: 'offer/canary',
        choice: { do: 'promote', arm: 'b' },
        person: testWorkspace.people.ana as never,
        reason: 'nobody clicks on Sundays',
      },
    );
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(status.decisions?.at(-1)).toMatchObject({ actor: 'ana', isOverride: true });
    expect(await sentByArm()).toMatchObject({ '2:b': 100 });
  });
});

test('complaints over their limit stop a running wave at the next page and abort the run', async () => {
  await harness.importPeople(1_000);
  const campaign = experimentCampaign({ metrics: [clickMetric, complaintLimit], share: 1 });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign, {
      tuning: { batchSize: 20, pageSize: 20, pagesPerActivity: 1, window: 1 },
    });
    await decide(harness, runId, 'ana');
    await eventually(async () => harness.customerMail().length >= 40 || undefined, { what: 'the wave has begun' });
    await harness.database.query(
      `insert into events (source, id, kind, contact_id, run_no, step, seq, occurred_at)
       select 'test', 'c' || seq, 'complained', contact_id, run_no, step, seq, settled_at from deliveries
        where status = 'sent' limit 20`,
    );
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('aborted');
    expect(status.decisions?.[0]).toMatchObject({ checkpoint: 'monitor', state: 'fail', action: 'abort' });
    const { books } = stepOf(status, 'offer');
    expect(books?.cancelled).toBeGreaterThan(500);
    expect(books?.open).toBe(0);
  });
});

test('an experiment that earns moves the coming waves towards what works, within its floor, and claims nothing', async () => {
  await harness.importPeople(900);
  await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.4 } });
  const campaign = experimentCampaign({
    experiment: { goal: 'earn', method: 'bandit' },
    checkpoint: { decide: { ...testCheckpoint().decide, pass: wave, inconclusive: wave } },
  });
  await harness.withWorkers(async () => {
    const { decisions, status } = await runToEnd(campaign, { people: 900 });
    const weights = decisions[0]?.judgement.bandit?.weights ?? {};
    expect(weights.b).toBeGreaterThan(0.9);
    expect(weights.a).toBeGreaterThanOrEqual(0.05);
    expect(decisions[0]?.judgement.winner).toBeUndefined();
    expect(status.phase).toBe('done');
    const sent = await sentByArm();
    expect((sent['2:a'] ?? 0) + (sent['2:b'] ?? 0)).toBe(450);
    expect(sent['2:b']).toBeGreaterThan(380);
  });
});

test('waiting again spends alpha once a look, then does what follows', async () => {
  await harness.importPeople(400);
  await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.2 } });
  const inconclusive = { do: 'wait', for: 6 * hour, max: 2, then: { do: 'end-early' } } as const;
  await harness.withWorkers(async () => {
    const { decisions, status, runNo } = await runToEnd(
      experimentCampaign({ checkpoint: { decide: { ...testCheckpoint().decide, inconclusive } } }),
      { people: 400 },
    );
    expect(decisions.map(({ look, state }) => [look, state])).toEqual([
      [1, 'inconclusive'],
      [2, 'inconclusive'],
      [3, 'inconclusive'],
    ]);
    const done = (await readDecisionActions(harness.database, runNo)).map(({ action }) => action.do);
    expect(done).toEqual(['wait', 'wait', 'end-early']);
    expect(stepOf(status, 'offer').books).toMatchObject({ sent: 200, cancelled: 200, open: 0 });
    // The same people at the same information: looking again has spent nothing more.
    const spent = decisions.map(({ judgement }) => judgement.look?.alphaSpent);
    expect(spent[1]).toBeCloseTo(spent[0] ?? 0, 12);
  });
});

test('people who say yes at a hold release the next wave; the report says that it was their word', async () => {
  await harness.importPeople(200);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(experimentCampaign());
    await decide(harness, runId, 'ana');
    await environment.sleep('7 hours');
    await decide(harness, runId, 'bea', { gate: 'offer.canary.1', note: 'the offer ends tonight' });
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'offer').books?.sent).toBe(200);
    expect(status.decisions?.[0]).toMatchObject({ state: 'invalid', actor: 'bea', isOverride: true });
  });
});

test('money moves between budget lines only within its bounds, and only when approved', async () => {
  await harness.importPeople(400);
  await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.2 } });
  const euros = (amount: number) => ({ currency: 'EUR', micros: amount * 1_000_000 });
  const adjustment = {
    what: 'budget',
    line: 'ads',
    from: 'promotion',
    by: { kind: 'relative', value: 0.5 },
    bounds: [euros(0), euros(900)],
  } as const;
  const campaign = experimentCampaign({
    campaign: { budget: { total: euros(3_000), lines: { ads: euros(800), promotion: euros(2_000) } } },
    checkpoint: {
      decide: {
        ...testCheckpoint().decide,
        inconclusive: {
          do: 'adjust',
          adjustments: [{ ...adjustment, bounds: [...adjustment.bounds] }],
          approve: ['marketing'],
          then: wave,
        },
      },
    },
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    await environment.sleep('7 hours');
    await decide(harness, runId, 'bea', { gate: 'offer.canary.1.adjust' });
    expect((await resultOf(harness, runId)).phase).toBe('done');
  });
  const { rows } = await harness.database.query(
    `select line, kind, e.micros::float8 / 1e6 as amount
       from money_journal j join money_entries e on e.journal_no = j.no join money_accounts a on a.no = e.account_no
      where j.why = 'move' order by amount`,
  );
  expect(rows).toEqual([
    { line: 'promotion', kind: 'available', amount: -100 },
    { line: 'ads', kind: 'available', amount: 100 },
  ]);
});
