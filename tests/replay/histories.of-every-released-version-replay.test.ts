import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { stepKindSchemas } from '../../definition/schema/steps';
import { packageRoot } from '../../settings/package-root';
import * as workflows from '../../workflows';
import { quietRuntime, workflowBundle } from '../support/temporal';

beforeAll(quietRuntime);

/** Recorded by `npm run record-histories`, one folder a release. A change of workflow code must not break a single one. */
const folder = join(__dirname, 'histories');
const recorded = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.json'))
  .sort();

interface Recorded {
  workflowId: string;
  history: { events: RecordedEvent[] };
}

interface RecordedEvent {
  workflowExecutionStartedEventAttributes?: { workflowType: { name: string }; input: { payloads: Payload[] } };
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  activityTaskCompletedEventAttributes?: { result?: { payloads: Payload[] } };
  workflowExecutionUpdateAcceptedEventAttributes?: { acceptedRequest: { input: { name: string } } };
  workflowTaskScheduledEventAttributes?: object;
}

interface Payload {
  data?: string;
}

const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recorded;
const replay = ({ workflowId, history }: Recorded) =>
  Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
const textOf = (payloads: Payload[] = []) =>
  payloads.map(({ data = '' }) => Buffer.from(data, 'base64').toString()).join();

/** What a history began with and what its activities answered: where plans, and the steps of journeys, stand. */
const contentOf = ({ history }: Recorded) =>
  history.events
    .map(
      ({ workflowExecutionStartedEventAttributes: started, activityTaskCompletedEventAttributes: completed }) =>
        textOf(started?.input.payloads) + textOf(completed?.result?.payloads),
    )
    .join();

const releases = [...new Set(recorded.map((name) => name.split('/')[0]))];
const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };

test('this version has histories of every type of workflow, kind of step and way to end', () => {
  expect(releases).toContain(version);
  const own = recorded.filter((name) => name.startsWith(`${version}/`));
  const histories = own.map(read);
  const types = histories.map(
    ({ history }) => history.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name,
  );
  expect([...new Set(types)].sort()).toEqual(Object.keys(workflows).sort());
  const contents = histories.map(contentOf).join();
  const kinds = Object.keys(stepKindSchemas).filter((kind) => !contents.includes(`"kind":"${kind}"`));
  expect(kinds).toEqual([]);
  const names = own.map((name) => name.replace(/^.*\//, '').replace('.json', ''));
  for (const ending of ['approved', 'rejected', 'expired', 'escalated', 'aborted', 'paused', 'late'])
    expect(names).toContain(ending);
});

test.each(recorded)('%s replays on today’s code', (name) => replay(read(name)));

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
test('a run that was recorded up to its amendment replays, and so does what came after', async () => {
  const amended = recorded.filter((name) => name.endsWith('/amended.json'));
  expect(amended.length).toBeGreaterThan(0);
  for (const name of amended) {
    const whole = read(name);
    const { events } = whole.history;
    const accepted = events.findIndex(
      ({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update?.acceptedRequest.input.name === 'amend',
    );
    const before = events.slice(0, accepted).findLastIndex((event) => event.workflowTaskScheduledEventAttributes);
    expect(before).toBeGreaterThan(10);
    await replay({ ...whole, history: { events: events.slice(0, before) } });
    await replay(whole);
  }
});
