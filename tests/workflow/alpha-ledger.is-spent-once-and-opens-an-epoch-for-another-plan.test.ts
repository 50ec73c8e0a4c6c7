import { MockActivityEnvironment, type TestWorkflowEnvironment } from '@temporalio/testing';
import { createControlActivities } from '../../activities';
import { revisionOf } from '../../definition/revision';
import type { DecisionView } from '../../definition/run-status';
import { readDecisions } from '../../ledger/decisions';
import { readRevision, storeRevision } from '../../ledger/revisions';
import { findRun } from '../../ledger/runs';
import { gatherMeasured } from '../../measured/run-measured';
import { experimentCampaign, hour, readersDo } from '../support/experiments';
import { type Harness, runHarness } from '../support/run-harness';
import { decide, resultOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
});

test('retries and concurrent calls of a look answer the same decision; another plan begins a new epoch without the old data', async () => {
  await harness.importPeople(400);
  const now = new Date((await environment.currentTimeMs()) + hour);
  await readersDo(harness, { kind: 'clicked', at: now, shares: { a: 0.1, b: 0.5 } });
  const campaign = experimentCampaign({ checkpoint: { decide: { ...decideNothing } } });
  const { runId } = await harness.withWorkers(async () => {
    const launched = await harness.launch(campaign);
    await decide(harness, launched.runId, 'ana');
    await resultOf(harness, launched.runId);
    return launched;
  });
  const run = await findRun(harness.database, runId);
  if (!run) throw new Error('no run');
  const [first] = await readDecisions(harness.database, run.no);
  const activities = createControlActivities(harness.deps);
  const later = new Date(await environment.currentTimeMs()).toISOString();
  const look = (revision: string, number: number) =>
    new MockActivityEnvironment().run(activities.judgeCheckpoint, {
      run: { runId, runNo: run.no, revision },
      step: 'offer',
      checkpoint: 'canary',
      look: number,
      excluded: [],
      final: false,
      timedOut: false,
      now: later,
    }) as Promise<DecisionView>;

  const again = await Promise.all([look(run.revision, 1), look(run.revision, 1), look(run.revision, 1)]);
  for (const view of again) expect(view).toMatchObject({ id: first?.id, at: first?.at.toISOString(), state: 'pass' });
  expect(await readDecisions(harness.database, run.no)).toHaveLength(1);

  const stored = await readRevision(harness.database, run.revision);
  if (!stored) throw new Error('no revision');
  const edited = structuredClone(stored.campaign);
  for (const metric of edited.metrics ?? []) metric.window = 5 * hour;
  const revision = revisionOf(edited);
  await storeRevision(harness.database, { ...stored, campaign: edited, revision });
  const anew = await look(revision, 2);
  expect(anew.state).toBe('invalid');
  const decisions = await readDecisions(harness.database, run.no);
  expect(decisions).toHaveLength(2);
  expect(decisions[1]?.epoch).not.toBe(decisions[0]?.epoch);
  expect('looks' in (decisions[1]?.evidence ?? {}) && decisions[1]?.evidence.looks).toEqual([]);

  await new MockActivityEnvironment().run(activities.releaseWave, {
    run: { runId, runNo: run.no, revision },
    step: 'offer',
    wave: 9,
    size: 'rest' as const,
    weights: {},
    now: later,
  });
  const { epochs } = await gatherMeasured(harness.database, run, new Date(later));
  expect(epochs).toEqual([{ step: 'offer', epochs: 2 }]);
});

const decideNothing = {
  pass: { do: 'end-early' },
  fail: { do: 'end-early' },
  invalid: { do: 'end-early' },
  error: { do: 'end-early' },
  inconclusive: { do: 'end-early' },
} as const;
