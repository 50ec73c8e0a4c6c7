/**
 * `npm run record-histories`: runs one campaign for every step kind and way to end, and keeps its history as a fixture of
 * this version. To be run once a release, and when workflow code gains a new path; recorded files are never edited.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Temporal } from 'temporal-polyfill';
import { controlRun } from '../../operations/control';
import { packageRoot } from '../../settings/package-root';
import { eventually } from '../support/eventually';
import { experimentCampaign, readersDo } from '../support/experiments';
import { journeyCampaign, letter, type Shop, shopOf, wait as waitStep } from '../support/journeys';
import { emailStep, gateStep, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { provideTestServer, provideWorkflowBundle, startDatabase, stopServers } from '../support/setup/shared-servers';
import { timeSkippingEnvironment } from '../support/temporal';
import { bookScenarios } from './record-books';
import { outsideScenarios, steeredScenarios } from './record-steered';
import { type RecordingStage, type Scenario, say } from './scenario';

const wait = { id: 'pause', kind: 'wait' as const, wait: { for: 3600_000 } };
const tell = { id: 'tell', kind: 'notify' as const };
const never = { id: 'never', kind: 'notify' as const, if: 'steps["offer"].sent > 1000', needs: ['offer'] };

const scenarios: Record<string, Scenario> = {
  async approved({ harness }) {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep(), wait, tell, never] }));
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
  async rejected({ harness }) {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }));
    await decide(harness, runId, 'ana', { verdict: 'reject' });
    await resultOf(harness, runId);
    return runId;
  },
  async expired({ harness }) {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }));
    await openGate(harness, runId);
    await resultOf(harness, runId);
    return runId;
  },
  async escalated({ harness, environment }) {
    const gate = gateStep({ onExpiry: 'escalate', escalateTo: ['board'] });
    const { runId } = await harness.launch(testCampaign({ steps: [gate, emailStep()] }));
    await openGate(harness, runId);
    await environment.sleep('4 days');
    await decide(harness, runId, 'eva');
    await resultOf(harness, runId);
    return runId;
  },
  async aborted({ harness, environment }) {
    harness.sink.behave(() => ({ do: 'accept', afterMs: 20 }));
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }), {
      tuning: { batchSize: 5, window: 1 },
    });
    await decide(harness, runId, 'ana');
    await eventually(() => harness.customerMail().length > 5);
    await controlRun(
      { client: environment.client, database: harness.database },
      { runId, verb: 'abort', by: 'luis', reason: 'stop' },
    );
    await resultOf(harness, runId);
    return runId;
  },
  async paused({ harness, environment }) {
    const operator = { client: environment.client, database: harness.database };
    harness.sink.behave(() => ({ do: 'accept', afterMs: 20 }));
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }), {
      tuning: { batchSize: 5, window: 1 },
    });
    await decide(harness, runId, 'ana');
    await eventually(() => harness.customerMail().length > 5);
    await controlRun(operator, { runId, verb: 'pause', by: 'luis', reason: 'wait' });
    await environment.sleep('10 minutes');
    await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'go' });
    await resultOf(harness, runId);
    return runId;
  },
  async 'quiet-hours'({ harness }) {
    const start = Temporal.Now.zonedDateTimeISO('Europe/Madrid')
      .add({ days: 1 })
      .with({ hour: 22, minute: 0 })
      .toInstant();
    const { runId } = await harness.launch(
      testCampaign({
        schedule: { start: start.toString(), quietHours: { from: '21:00', to: '08:30' } },
        steps: [gateStep(), emailStep()],
      }),
    );
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
  async late({ harness, environment }) {
    const operator = { client: environment.client, database: harness.database };
    const start = Temporal.Now.instant().add({ hours: 2 }).toString();
    const { runId } = await harness.launch(testCampaign({ schedule: { start }, steps: [gateStep(), emailStep()] }));
    await decide(harness, runId, 'ana');
    await controlRun(operator, { runId, verb: 'pause', by: 'luis', reason: 'wait' });
    await environment.sleep('5 hours');
    await controlRun(operator, { runId, verb: 'resume', by: 'luis', reason: 'go' });
    await decide(harness, runId, 'ana', { gate: 'late-offer' });
    await resultOf(harness, runId);
    return runId;
  },
  async shard({ harness }) {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }));
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return `${runId}/offer/1`;
  },
  async checkpoint({ harness, environment }) {
    await harness.importPeople(400);
    const at = new Date((await environment.currentTimeMs()) + 3600_000);
    await readersDo(harness, { kind: 'clicked', at, shares: { a: 0.1, b: 0.5 } });
    const { runId } = await harness.launch(experimentCampaign());
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
  async 'checkpoint-held'({ harness, environment }) {
    const { runId } = await harness.launch(experimentCampaign());
    await decide(harness, runId, 'ana');
    await environment.sleep('7 hours');
    await decide(harness, runId, 'bea', { gate: 'offer.canary.1' });
    await resultOf(harness, runId);
    return runId;
  },
  async 'shard-continued'({ harness, environment }) {
    const { runId } = await harness.launch(testCampaign({ steps: [gateStep(), emailStep()] }), {
      tuning: { pageSize: 5, pagesPerActivity: 1, activitiesPerRun: 3, window: 2 },
    });
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    const shard = `${runId}/offer/1`;
    const { raw } = await environment.client.workflow.getHandle(shard).describe();
    return [shard, raw.workflowExecutionInfo?.firstRunId ?? ''];
  },
};

/** Journeys, and the run that stands while they are on their way. */
const journeyScenarios: Record<string, Scenario> = {
  async 'standing-run'(stage) {
    const { shop, runId } = await stand(stage);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await say(stage, runId, 'pause');
    await stage.environment.sleep('1 hour');
    await say(stage, runId, 'resume');
    await shop.open({ ...walk, name: 'Changed' });
    await stage.environment.sleep('3 days');
    await resultOf(stage.harness, runId);
    return runId;
  },
  async 'journey-timed-out'(stage) {
    const { shop, runId } = await stand(stage);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await stage.environment.sleep('3 days');
    return endJourneys(stage, { shop, runId });
  },
  async 'journey-goal'(stage) {
    const { shop, runId } = await stand(stage);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await stage.environment.sleep('3 hours');
    await shop.tell('review.written', 1);
    await shop.tell('order.paid', 1, { data: { bought: true } });
    await shop.dispatch();
    return endJourneys(stage, { shop, runId });
  },
  async 'journey-held'(stage) {
    const { shop, runId } = await stand(stage);
    await say(stage, runId, 'pause');
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await eventually(async () => (await shop.journeys())[0]?.state === 'held');
    await stage.environment.sleep('1 hour');
    await say(stage, runId, 'resume');
    await stage.environment.sleep('1 hour');
    return endJourneys(stage, { shop, runId });
  },
  async 'journey-follows'(stage) {
    const { shop, runId } = await stand(stage);
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await stage.environment.sleep('3 hours');
    const more = await shop.open(walkOn);
    await stage.environment.sleep('3 days');
    await resultOf(stage.harness, runId);
    return endJourneys(stage, { shop, runId: more });
  },
};

const walk = journeyCampaign(
  [
    letter('hello'),
    waitStep('answer', { event: { events: ['review.written'], timeout: 2 * 24 * 3600_000 } }),
    letter('thanks', { if: 'steps["answer"].happened' }),
    { ...tell, needs: ['hello'], notify: { to: ['ops'], subject: 'A journey', message: 'Somebody was greeted.' } },
  ],
  { trigger: { exits: [{ name: 'bought', on: ['order.paid'], goal: true }] } },
);

/** One step in between, one at the end, one less. */
const walkOn = journeyCampaign(
  [
    letter('hello'),
    waitStep('answer', { event: { events: ['review.written'], timeout: 2 * 24 * 3600_000 } }),
    letter('between'),
    waitStep('night', { for: 12 * 3600_000 }),
    letter('closing'),
  ],
  { trigger: { underWay: 'follow', exits: [{ name: 'left', on: ['newsletter.left'], goal: false }] } },
);

async function stand({ harness, environment }: RecordingStage): Promise<{ shop: Shop; runId: string }> {
  const shop = shopOf(harness, { clock: async () => new Date(await environment.currentTimeMs()) });
  return { shop, runId: await shop.open(walk) };
}

/** @returns the workflow id of the first journey */
async function endJourneys(stage: RecordingStage, { shop, runId }: { shop: Shop; runId: string }): Promise<string> {
  await say(stage, runId, 'abort');
  await resultOf(stage.harness, runId);
  const [first] = await shop.journeys();
  return first?.workflowId ?? '';
}

async function record(folder: string, name: string, scenario: Scenario): Promise<void> {
  const environment = await timeSkippingEnvironment();
  const harness = await runHarness(environment);
  try {
    await harness.importPeople(40, (n) => ({ timeZone: n % 2 ? 'Europe/Madrid' : 'America/New_York' }));
    const found = await harness.withWorkers(() => scenario({ harness, environment }));
    const [workflowId, executionId] = Array.isArray(found) ? found : [found, undefined];
    const history = await environment.client.workflow.getHandle(workflowId, executionId).fetchHistory();
    writeFileSync(
      join(folder, `${name}.json`),
      `${JSON.stringify({ workflowId, history: anonymous(JSON.parse(historyToJSON(history))) }, null, 1)}\n`,
    );
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  } finally {
    await harness.close();
    await environment.teardown();
  }
}

/** Without what says where it was recorded. */
function anonymous(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anonymous);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'identity' || key === 'stackTrace' ? 'recorded' : anonymous(inner),
    ]),
  );
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const folder = join(packageRoot(), 'tests', 'replay', 'histories', version);
  mkdirSync(folder, { recursive: true });
  await Promise.all([startDatabase(), provideTestServer(), provideWorkflowBundle()]);
  try {
    const wanted = process.argv.slice(2);
    for (const [name, scenario] of Object.entries({
      ...scenarios,
      ...journeyScenarios,
      ...bookScenarios,
      ...steeredScenarios,
      ...outsideScenarios,
    }))
      if (wanted.length === 0 || wanted.includes(name)) await record(folder, name, scenario);
  } finally {
    await stopServers();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
