import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Temporal } from 'temporal-polyfill';
import type { ResolvedCampaign } from '../../definition/resolved';
import { controlRun } from '../../operations/control';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
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

/** Tomorrow at 22:00 in Madrid: quiet there and in Tokyo, afternoon in New York. */
const tomorrowNight = () =>
  Temporal.Now.zonedDateTimeISO('Europe/Madrid')
    .add({ days: 1 })
    .with({ hour: 22, minute: 0, second: 0, millisecond: 0 })
    .toInstant();

const zoneOf = new Map<string, string>();
const zones = ['Europe/Madrid', 'Asia/Tokyo', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];

async function importWorld(count: number) {
  await harness.importPeople(count, (n) => {
    const zone = zones[n % zones.length] ?? 'UTC';
    zoneOf.set(`p${n}@example.com`, zone);
    return { timeZone: zone };
  });
}

const sentAt = (raw: string) =>
  Temporal.Instant.fromEpochMilliseconds(Date.parse(/^Date: (.*)$/m.exec(raw)?.[1] ?? ''));

test('quiet hours in each recipient’s own zone: all are mailed, nobody at night; a later step follows in seconds', async () => {
  await importWorld(50);
  const start = tomorrowNight();
  const campaign = testCampaign({
    schedule: { start: start.toString(), quietHours: { from: '21:00', to: '08:30' } },
    steps: [
      gateStep(),
      emailStep(),
      { id: 'pause', kind: 'wait', wait: { for: 5 * 24 * 3600_000 } },
      emailStep({ id: 'reminder' }),
    ],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(stepOf(status, 'offer').books).toMatchObject({ sent: 50, open: 0 });
    expect(stepOf(status, 'reminder').books).toMatchObject({ sent: 50, open: 0 });
  });
  expect(harness.customerMail()).toHaveLength(100);
  for (const { to, raw } of harness.customerMail()) {
    const zone = zoneOf.get(to[0] ?? '') ?? '';
    const moment = sentAt(raw);
    const local = moment.toZonedDateTimeISO(zone).toPlainTime();
    expect(Temporal.Instant.compare(moment, start.subtract({ seconds: 1 }))).toBeGreaterThanOrEqual(0);
    expect(Temporal.PlainTime.compare(local, '08:29:59') >= 0 && Temporal.PlainTime.compare(local, '21:00') < 0).toBe(
      true,
    );
  }
});

test('after validUntil nothing is sent: who still waited for the morning is late, by name', async () => {
  await importWorld(50);
  const start = tomorrowNight();
  const campaign = testCampaign({
    schedule: { start: start.toString(), quietHours: { from: '21:00', to: '08:30' } },
    steps: [gateStep(), emailStep({ validUntil: start.add({ hours: 6 }).toString() })],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    const { books } = stepOf(await resultOf(harness, runId), 'offer');
    expect(books?.late).toBeGreaterThan(0);
    expect((books?.late ?? 0) + (books?.sent ?? 0)).toBe(50);
  });
  for (const { raw } of harness.customerMail())
    expect(Temporal.Instant.compare(sentAt(raw), start.add({ hours: 6 }))).toBeLessThan(0);
});

/** The gate is passed, but the run is paused over the moment at which it should have sent. */
async function approvedAndPausedFor(campaign: ResolvedCampaign, duration: string): Promise<string> {
  const operator = { client: environment.client, database: harness.database };
  const { runId } = await harness.launch(campaign);
  await decide(harness, runId, 'ana');
  await controlRun(operator, { runId, verb: 'pause', by: 'luis', reason: 'stock is being counted' });
  await environment.sleep(duration);
  await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'counted' });
  return runId;
}

test('a step that becomes ready too late asks before it sends', async () => {
  await harness.importPeople(4);
  const start = Temporal.Now.instant().add({ hours: 2 });
  const campaign = testCampaign({ schedule: { start: start.toString() }, steps: [gateStep(), emailStep()] });
  await harness.withWorkers(async () => {
    const runId = await approvedAndPausedFor(campaign, '5 hours');
    const status = await openGate(harness, runId, 'late-offer');
    expect(harness.customerMail()).toHaveLength(0);
    expect(stepOf(status, 'offer').detail).toMatch(/minutes late/);
    await decide(harness, runId, 'ana', { gate: 'late-offer' });
    expect(stepOf(await resultOf(harness, runId), 'offer').books?.sent).toBe(4);
  });
});

test('onLate skip: a step that is too late sends nothing and says so', async () => {
  await harness.importPeople(4);
  const start = Temporal.Now.instant().add({ hours: 2 });
  const campaign = testCampaign({
    schedule: { start: start.toString() },
    steps: [gateStep(), emailStep({ onLate: 'skip' })],
  });
  await harness.withWorkers(async () => {
    const runId = await approvedAndPausedFor(campaign, '5 hours');
    const offer = stepOf(await resultOf(harness, runId), 'offer');
    expect(offer).toMatchObject({ state: 'skipped', books: { late: 4, sent: 0 } });
  });
  expect(harness.customerMail()).toHaveLength(0);
});
