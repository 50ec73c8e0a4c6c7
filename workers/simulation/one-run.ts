/** One simulated run: the real workflows and activities in skipped time, over a ledger and a test server of their own. */
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createCompiledEmails } from '../../activities/compiled-emails';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { Instant, PersonId, ResolvedCampaign } from '../../definition/resolved';
import { revisionOf } from '../../definition/revision';
import type { Workspace } from '../../definition/workspace-types';
import { MeasurementError } from '../../errors/measurement-error';
import { VolanteError } from '../../errors/volante-error';
import { openDatabase } from '../../ledger/database';
import type { StoredFile } from '../../ledger/revisions';
import { launch } from '../../operations/launch';
import { shiftFor, simulatedCampaign, startOf } from '../../simulation/calendar';
import type { SimulatedRun } from '../../simulation/result';
import type { Scenario } from '../../simulation/scenario/schema';
import { createLogger } from '../../telemetry/logger';
import { createMetrics } from '../../telemetry/metrics';
import { runStatus } from '../../workflows/messages';
import { campaignQueue, deliveryQueue } from '../../workflows/queues';
import { registerAllSearchAttributes } from '../temporal/namespace';
import { createWorldlyControl, createWorldlyDelivery, type World } from './activities';
import { planRadius } from './blast-radius';
import { fillContactBook } from './contacts';
import { Customers, createCustomerActivities } from './customers';
import { FlagDouble } from './flag-double';
import { gatherRun } from './gather';
import type { Ground } from './ground';
import { mailDouble } from './mail-double';
import { Members } from './members';
import { createPersonActivities, type People, startPerson } from './people';
import { PromotionDouble } from './promotion-double';
import { Visitors } from './visitors';
import { roomToWork } from './workflows/room-to-work';

export interface RunRequest {
  campaign: ResolvedCampaign;
  files: StoredFile[];
  workspace: Workspace;
  scenario: Scenario;
  seed: number;
  /** Ends it early. */
  signal?: AbortSignal;
}

const secretKey = '00'.repeat(32);

/** Few statements for many members: nobody has to be able to pause within a batch. */
const tuning = { batchSize: 1_000, pageSize: 2_000, pagesPerActivity: 5, window: 2, heartbeatTimeoutMs: 60_000 };

export async function simulateRun(ground: Ground, request: RunRequest): Promise<SimulatedRun> {
  const { scenario, seed } = request;
  const start = startOf(request.campaign, scenario);
  const shiftMs = shiftFor(start, Date.now());
  const began = new Date(Date.parse(start) + shiftMs).toISOString();
  const campaign = simulatedCampaign(request.campaign, shiftMs);
  const workspace = unpaced(request.workspace);
  const [ledger, environment] = await Promise.all([
    ground.freshLedger(),
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: ground.testServer } },
    }),
  ]);
  const database = openDatabase({ url: ledger.url, connections: 12, applicationName: 'volante simulate' });
  try {
    await Promise.all([
      fillContactBook(database, { campaign, scenario, seed, now: began }),
      goForward(environment, Date.parse(began) - roomToWork),
    ]);
    const flags = new Map<string, FlagDouble>();
    const flagsOf = (platform: string): FlagDouble => {
      const known = flags.get(platform) ?? new FlagDouble(platform);
      flags.set(platform, known);
      return known;
    };
    let leave: () => void = () => undefined;
    let leaveOpen: () => void = () => undefined;
    let letGo: () => void = () => undefined;
    const gathered = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const left = new Promise<'left' | 'open'>((resolve) => {
      leave = () => resolve('left');
      leaveOpen = () => resolve('open');
    });
    const people: People = {
      client: environment.client,
      database,
      taskQueue: campaignQueue,
      workspacePeople: workspace.people,
      scenario,
      onLeave: () => leave(),
    };
    const deps = dependencies({ database, workspace, scenario, seed, began, flagsOf });
    const growth = { rows: 0, looked: 0 };
    const stands = campaign.trigger !== undefined || campaign.program !== undefined;
    const members = campaign.program && new Members({ database, programId: campaign.id, scenario, seed });
    const customers = stands
      ? new Customers({
          ...(members && { members }),
          client: environment.client,
          database,
          taskQueue: campaignQueue,
          secretKey,
          scenario,
          seed,
          growth,
          onLeave: () => {
            leaveOpen();
            return gathered;
          },
        })
      : undefined;
    const visitors = new Visitors({ database, scenario, seed, began, campaign, flagsOf, growth });
    const world: World = {
      deps,
      campaign,
      scenario,
      seed,
      began,
      people,
      visitors,
      growth,
      customers,
      members,
      waits: new Map(),
    };
    const workers = await createWorkers(environment, { ground, world });
    const running = Promise.all(workers.map((worker) => worker.run()));
    try {
      const by = applicant(campaign, workspace);
      const revision = revisionOf(campaign);
      const blastRadius = await planRadius(database, { campaign, revision, workspace, secretKey, now: began });
      const { runId } = await launch(
        { client: environment.client, database },
        {
          campaign,
          revision,
          files: request.files,
          planHash: '0'.repeat(64),
          environment: 'simulation',
          by,
          targeted: scenario.contacts,
          tuning,
          appliedAt: began,
        },
      );
      for (const [index, { event, after }] of scenario.signals.entries())
        await startPerson(people, { id: `report/${index}`, after, act: { kind: 'report', runId, event } });
      await startPerson(people, { id: 'watch', after: scenario.until, act: { kind: 'leave' } });
      const handle = environment.client.workflow.getHandle(runId);
      const over = outcomeOf(handle);
      try {
        const first = await Promise.race([over, left, interruption(request)]);
        // With the run over, nothing keeps time from leaping to the end of the watch: both may be told at once.
        const ended = first === 'left' && !(await isUnderWay(handle)) ? await over : first;
        const stuck = ended === 'left' ? await handle.query(runStatus) : undefined;
        const failure = ended instanceof Error ? (ended.cause?.message ?? ended.message) : undefined;
        const isOpen = ended === 'open';
        const flagDoubles = [...flags.values()];
        return await gatherRun({ ...world, runId, shiftMs, blastRadius, flags: flagDoubles, stuck, isOpen, failure });
      } finally {
        letGo();
        // Whoever still waits for the run is told before the server is gone.
        await handle.terminate('the simulation is over').catch(() => undefined);
        await over.catch(() => undefined);
      }
    } finally {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    }
  } finally {
    await environment.teardown();
    await database.end();
    await ledger.drop();
  }
}

async function isUnderWay(handle: WorkflowHandle): Promise<boolean> {
  return (await handle.describe()).status.name === 'RUNNING';
}

/** `over`, or why the run failed. */
function outcomeOf(handle: WorkflowHandle): Promise<'over' | WorkflowFailedError> {
  return handle.result().then(
    () => 'over' as const,
    (error: unknown) => {
      if (error instanceof WorkflowFailedError) return error;
      throw error;
    },
  );
}

async function goForward(environment: TestWorkflowEnvironment, to: number): Promise<void> {
  await environment.sleep(to - (await environment.currentTimeMs()));
  await registerAllSearchAttributes({ connection: environment.connection, namespace: 'default' });
}

const patienceMs = 300_000;
const patiencePerContactMs = 2;

/** Rejects when somebody stops it, or when it takes so long that it cannot come to an end. */
function interruption({ signal, scenario }: RunRequest): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new VolanteError('VOL-001', { message: 'the simulation was interrupted' }));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(
      () => reject(new VolanteError('VOL-001', { message: 'the simulated run does not come to an end' })),
      patienceMs + scenario.contacts * patiencePerContactMs,
    );
    timer.unref();
  });
}

/** Messages a second are real seconds; simulated mail leaves within its minute. */
function unpaced(workspace: Workspace): Workspace {
  const platforms = Object.entries(workspace.platforms).map(([name, { ratePerSecond: _, burst: __, ...rest }]) => [
    name,
    rest,
  ]);
  return { ...workspace, platforms: Object.fromEntries(platforms) };
}

function dependencies(world: {
  database: ActivityDependencies['database'];
  workspace: Workspace;
  scenario: Scenario;
  seed: number;
  began: Instant;
  flagsOf(platform: string): FlagDouble;
}): ActivityDependencies {
  const { database, workspace, scenario, seed, began, flagsOf } = world;
  return {
    database,
    workspace,
    secretKey,
    gatewayUrl: 'https://simulation.invalid',
    senderOf: (platform) => mailDouble(platform, { scenario, seed, began: Date.parse(began) }),
    flagsOf,
    promotionsOf: (platform) => new PromotionDouble(platform),
    creditsOf(platform) {
      throw new Error(`a simulation pays no store credit at ${platform}`);
    },
    async measureOutside({ metric }) {
      throw new MeasurementError(`a simulation has no source of ${metric.name}`, { mayPass: false });
    },
    emails: createCompiledEmails(database),
    metrics: createMetrics({ service: 'simulation' }),
    logger: createLogger({ service: 'simulation', level: 'silent' }),
    standsStill: true,
  };
}

async function createWorkers(
  { nativeConnection: connection }: TestWorkflowEnvironment,
  { ground, world }: { ground: Ground; world: World },
): Promise<Worker[]> {
  const shared = { connection, namespace: 'default', shutdownGraceTime: '5 seconds' } as const;
  const control = await Worker.create({
    ...shared,
    taskQueue: campaignQueue,
    workflowBundle: { codePath: ground.bundleFile },
    workflowThreadPoolSize: 1,
    activities: {
      ...createWorldlyControl(world),
      ...createPersonActivities(world.people),
      ...(world.customers && createCustomerActivities(world.customers)),
    },
  });
  const delivery = Object.keys(world.deps.workspace.platforms).map((platform) =>
    Worker.create({
      ...shared,
      taskQueue: deliveryQueue(campaignQueue, platform),
      activities: { ...createWorldlyDelivery(world) },
    }),
  );
  return [control, ...(await Promise.all(delivery))];
}

/** Whoever applies may not decide at most gates: the owner, or somebody whom no gate has to wait for. */
function applicant({ owner, steps }: ResolvedCampaign, { people }: Workspace): PersonId {
  const candidates = [owner, ...Object.keys(people).sort()].filter((person) => people[person]);
  const leavesEnough = (by: PersonId) =>
    steps.every(
      (step) =>
        step.kind !== 'gate' ||
        step.gate.allowAuthor ||
        Object.values(people).filter(
          ({ id, roles }) => id !== by && roles.some((role) => step.gate.approvers.includes(role)),
        ).length >= step.gate.quorum,
    );
  return candidates.find(leavesEnough) ?? owner;
}
