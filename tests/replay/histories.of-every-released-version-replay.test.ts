import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { quietRuntime, workflowBundle } from '../support/temporal';

beforeAll(quietRuntime);

/** Recorded by `npm run record-histories`, one folder a release. A change of workflow code must not break a single one. */
const folder = join(__dirname, 'histories');
const recorded = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.json'))
  .sort();

test('there are histories of every step kind and way to end', () => {
  const names = recorded.map((name) => name.replace(/^.*\//, '').replace('.json', ''));
  for (const kind of [
    'approved',
    'rejected',
    'expired',
    'escalated',
    'aborted',
    'paused',
    'quiet-hours',
    'late',
    'shard',
    'shard-continued',
    'standing-run',
    'journey-timed-out',
    'journey-goal',
    'journey-held',
    'journey-every-step',
    'program',
    'program-taken-over',
    'program-continued',
    'program-carried',
    'promotion',
    'promotion-undone',
    'loyalty-undone',
  ])
    expect(names).toContain(kind);
});

test.each(recorded)('%s replays on today’s code', async (name) => {
  const { workflowId, history } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
    workflowId: string;
    history: unknown;
  };
  await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
});

test('a history that another code made does not replay: the check can fail', async () => {
  const [name] = recorded.filter((each) => each.endsWith('approved.json'));
  const { workflowId, history } = JSON.parse(readFileSync(join(folder, name ?? ''), 'utf8')) as {
    workflowId: string;
    history: { events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[] };
  };
  for (const { activityTaskScheduledEventAttributes: scheduled } of history.events)
    if (scheduled?.activityType.name === 'openStep') scheduled.activityType.name = 'somethingElse';
  await expect(Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId)).rejects.toThrow(
    /nondeterminism|Nondeterminism/i,
  );
});
