import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { controlRun } from '../../operations/control';
import { examine } from '../../workers/stack/doctor/doctor';
import { type Said, volante } from '../support/command-line';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, shopOf, wait } from '../support/journeys';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { localEnvironment, temporalServer } from '../support/temporal';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('worker-versions');
let environment: TestWorkflowEnvironment;
let harness: Harness;
let deployment: string;
let running: Awaited<ReturnType<Harness['startWorkers']>>[] = [];

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  deployment = `volante-${harness.unique}`;
});

afterEach(async () => {
  for (const workers of running) workers.shutdown();
  await Promise.all(running.map(({ done }) => done));
  running = [];
  await harness?.close();
  await environment?.teardown();
});
afterAll(() => home.remove());

async function startBuild(buildId: string): Promise<void> {
  running.push(await harness.startWorkers({ deploymentName: deployment, buildId }));
  await eventually(
    async () => (await cli('workers --json')).json<Shown>().versions.some(({ build }) => build === buildId),
    {
      what: `Temporal knows build ${buildId}`,
    },
  );
}

interface Shown {
  current?: string;
  ramping?: { build: string; percentage: number };
  versions: { build: string; state: string; underWay?: { runs: number; others: number } }[];
}

const env = () => ({
  TEMPORAL_ADDRESS: temporalServer(),
  VOLANTE_WORKER_DEPLOYMENT: deployment,
  PATH: process.env.PATH,
});
const cli = (words: string): Promise<Said> => volante(words.split(' '), { cwd: home.path, env: env() });
const shown = async () => (await cli('workers --json')).json<Shown>();

/** A build becomes current once Temporal has seen its workers on every queue. */
const promote = (build: string, more = '') =>
  eventually(async () => (await cli(`workers promote ${build} --yes${more}`)).exitCode === 0, {
    what: `${build} is promoted`,
  });

const doctorOnVersions = async () =>
  (await examine({ ...env(), VOLANTE_WORKSPACE: home.path, VOLANTE_CACHE_DIR: home.path })).find(
    ({ name }) => name === 'worker versions',
  );

/** Builds that have taken the steps of a workflow, in order. */
async function buildsOf(workflowId: string): Promise<string[]> {
  const { events } = await environment.client.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
    completed ? [completed.deploymentVersion?.buildId ?? 'none'] : [],
  );
  return [...new Set(builds)];
}

test('a run ends on the build on which it began, while the next one begins on the new build', async () => {
  await harness.importPeople(5);
  await startBuild('one');
  expect(await doctorOnVersions()).toMatchObject({ ok: false, fix: 'volante workers promote one' });
  expect((await cli('workers')).stdout).toMatch(/No build is current[\s\S]*Next: volante workers promote one/);
  await promote('one');
  expect(await doctorOnVersions()).toMatchObject({ ok: true, detail: expect.stringMatching(/^one of /) });

  const campaign = testCampaign({ steps: [gateStep(), emailStep()] });
  const first = await harness.launch(campaign);
  await openGate(harness, first.runId);
  await startBuild('two');
  await promote('two');
  const second = await harness.launch(campaign, { again: 2 });
  await openGate(harness, second.runId);
  await eventually(async () => {
    const { versions } = await shown();
    return versions.every(({ underWay }) => underWay?.runs === 1);
  });
  expect(await shown()).toMatchObject({
    current: 'two',
    versions: [
      { build: 'two', state: 'current' },
      { build: 'one', state: 'draining' },
    ],
  });

  await decide(harness, first.runId, 'ana');
  await decide(harness, second.runId, 'ana');
  expect((await resultOf(harness, first.runId)).phase).toBe('done');
  expect((await resultOf(harness, second.runId)).phase).toBe('done');
  expect(await buildsOf(first.runId)).toEqual(['one']);
  expect(await buildsOf(`${first.runId}/offer/1`)).toEqual(['one']);
  expect(await buildsOf(second.runId)).toEqual(['two']);
  expect(harness.customerMail()).toHaveLength(10);
  await eventually(async () => (await shown()).versions[1]?.underWay?.runs === 0, { what: 'the old build has no run' });
});

test('a journey and the run that stands open move to the new build with what they do next', async () => {
  const shop = shopOf(harness);
  await harness.importPeople(1);
  await startBuild('one');
  await promote('one');
  const answer = wait('answer', { event: { events: ['review.written'], timeout: 48 * 3600_000 } });
  const runId = await shop.open(journeyCampaign([letter('hello'), answer, letter('thanks')]));
  await shop.tell('order.paid', 1);
  await shop.dispatch();
  await eventually(() => harness.customerMail().length === 1);
  const [journey] = await shop.journeys();

  await startBuild('two');
  await promote('two');
  await shop.tell('review.written', 1);
  await shop.dispatch();
  await shop.ended(1);
  expect(harness.customerMail()).toHaveLength(2);
  expect(await buildsOf(journey?.workflowId ?? '')).toEqual(['one', 'two']);

  await shop.tell('order.paid', 1);
  await shop.dispatch();
  await eventually(() => harness.customerMail().length === 3);
  const again = (await shop.journeys()).find(({ workflowId }) => workflowId !== journey?.workflowId);
  expect(await buildsOf(again?.workflowId ?? '')).toEqual(['two']);
  const operator = { client: environment.client, database: harness.database };
  await controlRun(operator, { runId, verb: 'pause', by: 'luis', reason: 'a look' });
  await eventually(async () => (await buildsOf(runId)).join() === 'one,two', { what: 'the standing run has moved' });
  await controlRun(operator, { runId, verb: 'abort', by: 'luis', reason: 'enough' });
  expect((await resultOf(harness, runId)).phase).toBe('aborted');
});

test('a ramp sends a share to the new build, its end sends none, and rolling back is another promotion', async () => {
  await startBuild('one');
  await promote('one');
  await startBuild('two');
  await promote('two', ' --percentage 25');
  expect(await shown()).toMatchObject({ current: 'one', ramping: { build: 'two', percentage: 25 } });
  expect((await cli('workers')).stdout).toMatch(/ramping 25 % +two/);
  expect(await doctorOnVersions()).toMatchObject({ ok: true, detail: expect.stringContaining('25 %') });
  await promote('two', ' --percentage 0');
  expect((await shown()).ramping).toBeUndefined();
  await promote('two');
  await promote('one');
  expect((await shown()).current).toBe('one');
});

test('what cannot be is said plainly', async () => {
  const unversioned = await volante(['workers'], { cwd: home.path, env: { TEMPORAL_ADDRESS: temporalServer() } });
  expect(unversioned).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('VOLANTE_WORKER_DEPLOYMENT') });
  expect(await cli('workers')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('No worker') });
  expect(await cli('workers promote one --yes')).toMatchObject({
    exitCode: 7,
    stderr: expect.stringContaining('VOL-504'),
  });
  expect(await doctorOnVersions()).toMatchObject({ ok: false, fix: expect.stringContaining('worker') });
  await startBuild('one');
  expect(await cli('workers promote three --yes')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/VOL-103[\s\S]*one/),
  });
  expect(await cli('workers promote one --yes --percentage 101')).toMatchObject({ exitCode: 3 });
  expect(await cli('workers drop one')).toMatchObject({ exitCode: 3 });
  expect(await cli('workers promote one')).toMatchObject({ exitCode: 4 });
});
