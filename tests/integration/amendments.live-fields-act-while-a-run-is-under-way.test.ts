import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedCampaign } from '../../definition/resolved';
import { readAmendments } from '../../ledger/amendments';
import { moneyLines } from '../../ledger/money/book';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { askStatus } from '../../operations/decide';
import { eventually } from '../support/eventually';
import { codesBudget, promotionStep } from '../support/promotions';
import { emailStep, gateStep, type Harness, runHarness, standardEmail, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
import { quiet, smallBatches, startSlowly, withEmail, withSubject } from '../support/slow-runs';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const hour = 3600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * hour).toISOString();
const offer = testCampaign({ schedule: { end: inHours(48) }, steps: [gateStep(), emailStep()] });
const withSchedule = (campaign: ResolvedCampaign, schedule: Partial<ResolvedCampaign['schedule']>) => ({
  ...campaign,
  schedule: { ...campaign.schedule, ...schedule },
});

const header = (name: string) =>
  harness.customerMail().map(({ raw }) => new RegExp(`^${name}: (.*)$`, 'm').exec(raw)?.[1]?.trim() ?? '');
const recipients = () => new Set(harness.customerMail().map(({ to }) => to[0])).size;
const status = (runId: string) => askStatus(environment.client, runId);

test('an end that is moved before now makes the rest late; one that is moved away lets it go on', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, offer, 200);
    await harness.apply(withSchedule(offer, { end: inHours(96) }));
    const stopped = await quiet(harness);
    await decide(harness, runId, 'ana');
    await eventually(() => harness.customerMail().length > stopped + 20, { what: 'mail goes on' });
    await harness.apply(withSchedule(offer, { end: inHours(-1) }));
    const sent = await quiet(harness);
    await decide(harness, runId, 'ana');
    const { books } = stepOf(await resultOf(harness, runId), 'offer');
    expect(books).toMatchObject({ sent, late: 200 - sent, open: 0 });
    expect(sent).toBeLessThan(200);
  });
});

test('quiet hours that come while mail goes out are kept by whoever waits, and gone again they hold nobody', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, offer, 150);
    // From an hour ago to ten hours on, in the zone in which people without one of their own live.
    const zone = (await harness.database.query<{ z: string }>('select distinct time_zone as z from members')).rows[0]
      ?.z;
    const local = (ms: number) =>
      new Intl.DateTimeFormat('en-GB', {
        timeZone: zone ?? 'Europe/Madrid',
        hour: '2-digit',
        minute: '2-digit',
      }).format(ms);
    const quietHours = { from: local(Date.now() - hour), to: local(Date.now() + 10 * hour) };
    await harness.apply(withSchedule(offer, { quietHours }));
    const stopped = await quiet(harness);
    await decide(harness, runId, 'ana');
    await eventually(
      async () => {
        const { rows } = await harness.database.query<{ n: number }>(
          "select count(*)::int as n from deliveries where status = 'waiting' and due_at > now() + interval '8 hours'",
        );
        return rows[0]?.n === 150 - stopped;
      },
      { what: 'the rest waits until the morning' },
    );
    expect(harness.customerMail()).toHaveLength(stopped);
    await harness.apply(offer);
    await decide(harness, runId, 'ana');
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 150, open: 0 });
  });
  expect(recipients()).toBe(150);
});

test('a start that is moved while a step waits for it is waited for anew', async () => {
  await harness.importPeople(5);
  const later = withSchedule(offer, { start: inHours(20) });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(later);
    await decide(harness, runId, 'ana');
    const waits = (at: string) =>
      eventually(async () => stepOf(await status(runId), 'offer').detail?.includes(at.slice(0, 16)), {
        what: `waits for ${at}`,
      });
    await waits(later.schedule.start ?? '');
    const other = inHours(30);
    await harness.apply(withSchedule(offer, { start: other }));
    await decide(harness, runId, 'ana');
    await waits(other);
    expect(harness.customerMail()).toHaveLength(0);
    await harness.apply(offer);
    await decide(harness, runId, 'ana');
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 5 });
  });
});

test('money is added to a line while a run goes on; what is reserved cannot be taken, and the refusal names the line', async () => {
  await harness.importPeople(10);
  const campaign = testCampaign({
    budget: codesBudget(300),
    steps: [gateStep(), promotionStep(), { id: 'rest', kind: 'wait', wait: { for: hour } }, emailStep()],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    await eventually(async () => stepOf(await status(runId), 'rest').state === 'running', { what: 'codes are issued' });
    await expect(harness.apply({ ...campaign, budget: codesBudget(150) })).rejects.toMatchObject({
      code: 'VOL-300',
      message: expect.stringMatching(/promotion has 50.* EUR too little/),
    });
    expect((await status(runId)).amendments).toBeUndefined();
    await harness.apply({ ...campaign, budget: codesBudget(260) });
    const run = await findRun(harness.database, runId);
    const lines = () => moneyLines(harness.database, run?.no ?? 0);
    expect((await lines())[0]).toMatchObject({ line: 'promotion', reserved: 200e6, available: 60e6 });
    await harness.apply({ ...campaign, budget: codesBudget(500) });
    expect((await lines())[0]).toMatchObject({ line: 'promotion', reserved: 200e6, available: 300e6 });
    await controlRun(
      { client: environment.client, database: harness.database },
      { runId, verb: 'abort', by: 'luis', reason: 'enough' },
    );
    expect((await resultOf(harness, runId)).phase).toBe('aborted');
  });
});

test('a promotion that is done and no longer in the file has its unused codes disabled and its money back', async () => {
  await harness.importPeople(8);
  const wait = { id: 'rest', kind: 'wait' as const, wait: { for: hour } };
  const campaign = testCampaign({ budget: codesBudget(300), steps: [gateStep(), promotionStep(), wait, emailStep()] });
  const without = testCampaign({
    budget: codesBudget(300),
    steps: [gateStep(), { ...wait, needs: ['content'] }, emailStep()],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    await eventually(async () => stepOf(await status(runId), 'rest').state === 'running', { what: 'codes are issued' });
    await harness.apply(without);
    const run = await findRun(harness.database, runId);
    await eventually(async () => (await moneyLines(harness.database, run?.no ?? 0))[0]?.reserved === 0, {
      what: 'the money is free',
    });
    const { rows } = await harness.database.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from promotion_codes group by 1',
    );
    expect(rows).toEqual([{ state: 'disabled', n: 8 }]);
    await controlRun(
      { client: environment.client, database: harness.database },
      { runId, verb: 'abort', by: 'luis', reason: 'enough' },
    );
    await resultOf(harness, runId);
  });
});

test('another sender, another subject and another question, three amendments within one wave: nobody is mailed twice', async () => {
  const people = 300;
  const outlet = { ...standardEmail.sender, id: 'outlet', name: 'Outlet', address: 'outlet@shop.example' };
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, offer, people);
    await harness.apply(withEmail(offer, { sender: outlet }));
    await harness.apply(withSubject(withEmail(offer, { sender: outlet }), 'Segundo'));
    const third = withSubject(withEmail(offer, { sender: outlet }), 'Tercero');
    await harness.apply(third);
    const stopped = await quiet(harness);
    await decide(harness, runId, 'ana');
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done', amendments: 3 });
    expect(header('Subject').filter((subject) => subject === 'Segundo')).toHaveLength(0);
    expect(header('Subject').filter((subject) => subject === 'Tercero')).toHaveLength(people - stopped);
    expect(header('From').filter((from) => from.includes('outlet@shop.example'))).toHaveLength(people - stopped);
    const run = await findRun(harness.database, runId);
    expect((await readAmendments(harness.database, run?.no ?? 0)).map(({ no }) => no)).toEqual([1, 2, 3]);
  });
  expect([recipients(), harness.customerMail().length]).toEqual([people, people]);
});

test('the question of a gate that is open is asked anew, and the former ask decides nothing', async () => {
  await harness.importPeople(3);
  const asks = (question: string) => testCampaign({ steps: [gateStep({ question }), emailStep()] });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(asks('Is it right?'));
    const before = await openGate(harness, runId);
    await harness.apply(asks('Is it really right?'));
    const after = await eventually(async () => {
      const now = await openGate(harness, runId);
      return now.planHash === before.planHash ? undefined : now;
    });
    expect(after.revision).not.toBe(before.revision);
    await expect(decide(harness, runId, 'ana', { planHash: before.planHash })).rejects.toMatchObject({
      code: 'VOL-300',
    });
    await decide(harness, runId, 'ana');
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done' });
  });
});

test('a step that is held after a failure obeys what the file says of failures now', async () => {
  await harness.importPeople(3);
  const fails = (onFailure: 'hold' | 'continue') =>
    testCampaign({
      steps: [
        gateStep(),
        emailStep({ if: 'steps["content"].nothing > 1', onFailure }),
        { id: 'tell', kind: 'notify', notify: { to: ['ops'], subject: 'Over', message: 'Over.' } },
      ],
    });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(fails('hold'));
    await decide(harness, runId, 'ana');
    await eventually(async () => stepOf(await status(runId), 'offer').state === 'held', { what: 'it is held' });
    await harness.apply(fails('continue'));
    await decide(harness, runId, 'ana');
    const { phase, steps } = await resultOf(harness, runId);
    expect(phase).toBe('done');
    expect(steps.map(({ id, state }) => `${id} ${state}`)).toEqual(
      expect.arrayContaining(['content done', 'offer failed', 'tell done']),
    );
  });
});

test('of two messages that go out side by side one is changed: the other goes on once both are approved again', async () => {
  const second = emailStep({
    id: 'second',
    needs: ['content'],
    email: { ...standardEmail, subject: 'Segunda' },
  } as never);
  const both = testCampaign({ steps: [gateStep(), emailStep(), second] });
  const people = 120;
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, both, people);
    const changed = {
      ...both,
      steps: both.steps.map((step) =>
        step.id === 'offer' && step.kind === 'email' ? { ...step, email: { ...step.email, subject: 'Ultimas' } } : step,
      ),
    };
    await harness.apply(changed);
    const stopped = await quiet(harness);
    expect(stopped).toBeLessThan(2 * people);
    await decide(harness, runId, 'ana');
    const result = await resultOf(harness, runId);
    for (const id of ['offer', 'second'])
      expect(stepOf(result, id).books).toMatchObject({ sent: people, open: 0, inDoubt: 0 });
  });
  const count = (kind: string) => header('Subject').filter((subject) => subject === kind).length;
  expect(count('Segunda')).toBe(people);
  expect(count('Ultimas')).toBeGreaterThan(0);
  expect(harness.customerMail()).toHaveLength(2 * people);
  expect(smallBatches.batchSize).toBeLessThan(people);
});

test('a file that becomes a standing one while a run is under way leaves the run as it is', async () => {
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, offer, 100);
    const weekly = withSchedule(offer, { cron: ['0 9 * * 2'] });
    const applied = await harness.apply(weekly);
    expect(applied).toMatchObject({ outcome: 'scheduled' });
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'done' });
    await environment.client.schedule.getHandle(applied.runId).delete();
  });
  expect(recipients()).toBe(100);
});
