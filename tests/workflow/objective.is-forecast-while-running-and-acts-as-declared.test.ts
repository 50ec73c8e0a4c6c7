import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedCampaign } from '../../definition/resolved';
import { recordEvents } from '../../ledger/events';
import { findRun } from '../../ledger/runs';
import { gatherMeasured } from '../../measured/run-measured';
import { day, hour, testCheckpoint } from '../support/experiments';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
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

const micros = 1_000_000;

async function campaignFor(target: number): Promise<ResolvedCampaign> {
  const now = await environment.currentTimeMs();
  return testCampaign({
    metrics: [
      {
        name: 'revenue',
        role: 'success',
        kind: 'mean',
        from: { events: 'revenue' },
        window: 4 * day,
        goodDirection: 'up',
        cap: { currency: 'EUR', micros: 500 * micros },
      },
    ],
    objectives: [
      {
        id: 'sales',
        metric: 'revenue',
        target: target * micros,
        currency: 'EUR',
        by: new Date(now + 10 * day).toISOString(),
      },
    ],
    steps: [
      gateStep(),
      emailStep(),
      {
        id: 'review',
        kind: 'checkpoint',
        checkpoint: {
          after: { minTime: 2 * day, timeout: 30 * day },
          when: { forecast: 'sales', below: 0.4 },
          then: { do: 'abort' },
          error: { do: 'pause' },
          hold: testCheckpoint().hold,
        },
      },
    ],
  });
}

/** A tenth of the people buy for 50 EUR within a day. */
async function peopleBuy(): Promise<void> {
  const { rows } = await harness.database.query<{ id: string }>('select id from contacts where id % 10 = 0');
  const at = (await environment.currentTimeMs()) + hour;
  await recordEvents(
    harness.database,
    rows.map(({ id }, index) => ({
      source: 'shop',
      id: `order-${id}`,
      kind: 'converted' as const,
      about: { contactId: id },
      occurredAt: new Date(at + index * hour * 0.5),
      amount: { micros: BigInt(50 * micros), currency: 'EUR' },
    })),
  );
}

test.each([
  { target: 1_200, phase: 'done', likely: true },
  { target: 20_000, phase: 'aborted', likely: false },
])('a target of $target EUR: the run is $phase', async ({ target, phase, likely }) => {
  await harness.importPeople(400);
  await peopleBuy();
  const campaign = await campaignFor(target);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe(phase);
    expect(stepOf(status, 'offer').books?.sent).toBe(400);
    const [objective] = status.objectives ?? [];
    expect(objective?.reached).toBeGreaterThan(0);
    expect((objective?.probability ?? 0) > 0.4).toBe(likely);
    const run = await findRun(harness.database, runId);
    if (!run) throw new Error('no run');
    const measured = await gatherMeasured(
      harness.database,
      run,
      new Date((await environment.currentTimeMs()) + 20 * day),
    );
    expect(measured.objectives[0]).toMatchObject({ id: 'sales', reached: 40 * 50 * micros });
    expect(measured.decisions[0]).toMatchObject({ step: 'review', checkpoint: 'forecast' });
    expect(measured.decisions[0]?.wouldChange).toEqual(['a probability of 40 % or more']);
  });
});
