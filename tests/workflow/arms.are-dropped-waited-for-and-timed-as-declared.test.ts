import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Temporal } from 'temporal-polyfill';
import type { EmailArm, ResolvedMetric } from '../../definition/resolved-measuring';
import { readDecisionActions, readDecisions } from '../../ledger/decisions';
import { findRun } from '../../ledger/runs';
import { clickMetric, day, experimentCampaign, hour, readersDo, testCheckpoint } from '../support/experiments';
import { type Harness, runHarness } from '../support/run-harness';
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
const soon = async () => new Date((await environment.currentTimeMs()) + hour);

async function runToEnd(campaign: ReturnType<typeof experimentCampaign>) {
  return harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    const runNo = (await findRun(harness.database, runId))?.no ?? 0;
    return {
      status,
      books: stepOf(status, 'offer').books,
      decisions: await readDecisions(harness.database, runNo),
      actions: (await readDecisionActions(harness.database, runNo)).map(({ action }) => action),
    };
  });
}

async function countByArm(status: string): Promise<Record<string, number>> {
  const { rows } = await harness.database.query<{ key: string; n: number }>(
    `select wave || ':' || arm as key, count(*)::int as n from deliveries where status = $1 group by 1`,
    [status],
  );
  return Object.fromEntries(rows.map(({ key, n }) => [key, n]));
}

describe('drop-arms', () => {
  const arms: EmailArm[] = ['a', 'b', 'c'].map((name) => ({ name, share: 1 / 3, subject: `Oferta ${name}` }));
  const weights = Object.fromEntries(arms.map(({ name, share }) => [name, share]));
  const annoyed: ResolvedMetric = {
    name: 'annoyed',
    role: 'guardrail',
    kind: 'proportion',
    from: { events: 'unsubscribed' },
    window: 6 * hour,
    goodDirection: 'down',
    margin: { kind: 'relative', value: 0.5 },
  };
  const checkpoint = { decide: { ...testCheckpoint().decide, fail: { do: 'drop-arms' as const } } };

  test('an arm that fails gets nothing of the coming waves; the others share what it had, and it is judged no more', async () => {
    await harness.importPeople(1_200);
    const at = await soon();
    await readersDo(harness, { kind: 'unsubscribed', at, weights, shares: { a: 0.1, b: 0.1, c: 0.7 } });
    await readersDo(harness, { kind: 'clicked', at, weights, shares: { a: 0.2, b: 0.2, c: 0.2 } });
    const campaign = experimentCampaign({ arms, metrics: [clickMetric, annoyed], checkpoint });
    for (const step of campaign.steps)
      if (step.kind === 'email')
        step.rollout?.push({ kind: 'checkpoint', checkpoint: testCheckpoint({ ...checkpoint, id: 'last' }) });
    const { status, decisions, actions, books } = await runToEnd(campaign);
    expect(decisions[0]).toMatchObject({ checkpoint: 'canary', state: 'fail', judgement: { failing: ['c'] } });
    expect(actions[0]).toEqual({ do: 'drop-arms', arms: ['c'] });
    const sent = await countByArm('sent');
    expect(sent['1:c']).toBeGreaterThan(150);
    expect(sent['2:c']).toBeUndefined();
    const second = { a: sent['2:a'] ?? 0, b: sent['2:b'] ?? 0 };
    expect(second.a + second.b).toBe(600);
    expect(Math.abs(second.a - second.b)).toBeLessThan(4 * Math.sqrt(600));
    expect(books).toMatchObject({ sent: 1_200, open: 0 });
    expect(decisions[1]).toMatchObject({ checkpoint: 'last', judgement: { failing: [] } });
    expect(decisions[1]?.judgement.verdicts?.map(({ arm }) => arm)).not.toContain('c');
    expect(status.phase).toBe('done');
  });

  test('where the control itself fails there is nothing to compare with: the run is aborted', async () => {
    await harness.importPeople(400);
    const at = await soon();
    await readersDo(harness, { kind: 'unsubscribed', at, shares: { a: 0.6, b: 0.01 } });
    await readersDo(harness, { kind: 'clicked', at, shares: { a: 0.2, b: 0.2 } });
    const { margin: _, ...limited } = annoyed;
    const campaign = experimentCampaign({ metrics: [clickMetric, { ...limited, max: 0.1 }], checkpoint });
    const { status, decisions, actions, books } = await runToEnd(campaign);
    expect(decisions[0]).toMatchObject({ state: 'fail', judgement: { failing: ['a'] } });
    expect(actions).toEqual([{ do: 'abort' }]);
    expect(status.phase).toBe('aborted');
    expect(books).toMatchObject({ sent: 200, cancelled: 200, open: 0 });
  });
});

describe('extend', () => {
  const extending = (end: Date) =>
    experimentCampaign({
      schedule: { end: end.toISOString() },
      checkpoint: {
        decide: { ...testCheckpoint().decide, inconclusive: { do: 'extend', by: day, max: 1, then: wave } },
      },
    });

  test('moves the end of the campaign and looks again: what is released after the old end is still sent', async () => {
    await harness.importPeople(400);
    await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.2 } });
    const end = new Date((await environment.currentTimeMs()) + 8 * hour);
    const { status, decisions, actions, books } = await runToEnd(extending(end));
    expect(decisions.map(({ look, state }) => [look, state])).toEqual([
      [1, 'inconclusive'],
      [2, 'inconclusive'],
    ]);
    expect(actions).toMatchObject([
      { do: 'extend', by: day, end: new Date(end.getTime() + day).toISOString() },
      { do: 'promote', what: 'wave' },
    ]);
    expect(decisions[1]?.at.getTime()).toBeGreaterThan(end.getTime());
    expect(books).toMatchObject({ sent: 400, late: 0, open: 0 });
    expect(status.phase).toBe('done');
  });

  test('waiting alone moves no end: what would be released after it is never sent', async () => {
    await harness.importPeople(400);
    await readersDo(harness, { kind: 'clicked', at: await soon(), shares: { a: 0.2, b: 0.2 } });
    const end = new Date((await environment.currentTimeMs()) + 8 * hour);
    const campaign = extending(end);
    for (const step of campaign.steps)
      for (const entry of (step.kind === 'email' ? step.rollout : undefined) ?? [])
        if (entry.kind === 'checkpoint')
          entry.checkpoint.decide.inconclusive = { do: 'wait', for: day, max: 1, then: wave };
    const { books } = await runToEnd(campaign);
    expect(books).toMatchObject({ sent: 200, open: 0 });
  });
});

test('an arm with a time of day leaves then, in the zone of each recipient; the other leaves at once', async () => {
  const zones = ['Europe/Madrid', 'America/New_York', 'Asia/Kolkata'];
  const zoneOf = new Map<string, string>();
  await harness.importPeople(240, (n) => {
    const zone = zones[n % zones.length] ?? 'UTC';
    zoneOf.set(`p${n}@example.com`, zone);
    return { timeZone: zone };
  });
  const arms: EmailArm[] = [
    { name: 'a', share: 0.5, subject: 'At once' },
    { name: 'b', share: 0.5, subject: 'At ten', sendTime: '10:00' },
  ];
  const began = Temporal.Instant.fromEpochMilliseconds(await environment.currentTimeMs());
  const campaign = experimentCampaign({ arms, share: 1 });
  for (const step of campaign.steps) if (step.kind === 'email') step.rollout = [{ kind: 'wave', size: 'rest' }];
  const { books } = await runToEnd(campaign);
  expect(books).toMatchObject({ sent: 240, open: 0 });
  const sentAt = (raw: string) =>
    Temporal.Instant.fromEpochMilliseconds(Date.parse(/^Date: (.*)$/m.exec(raw)?.[1] ?? ''));
  const timed = harness.customerMail().filter(({ raw }) => raw.includes('\r\nSubject: At ten\r\n'));
  const others = harness.customerMail().filter(({ raw }) => raw.includes('\r\nSubject: At once\r\n'));
  expect(timed.length).toBeGreaterThan(60);
  expect(timed.length + others.length).toBe(240);
  for (const { to, raw } of timed) {
    const local = sentAt(raw).toZonedDateTimeISO(zoneOf.get(to[0] ?? '') ?? '');
    expect(local.toPlainTime().toString().slice(0, 3)).toBe('10:');
    expect(Temporal.Instant.compare(local.toInstant(), began.add({ hours: 25 }))).toBeLessThan(0);
  }
  const last = others.map(({ raw }) => sentAt(raw).epochMilliseconds).reduce((a, b) => Math.max(a, b));
  expect(last - began.epochMilliseconds).toBeLessThan(hour);
});
