import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createCompiledEmails } from '../../activities/compiled-emails';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { OnExpiry, ResolvedCampaign, ResolvedStep } from '../../definition/resolved';
import { revisionOf } from '../../definition/revision';
import type { DeliveryTuning } from '../../definition/run-plan';
import type { Workspace } from '../../definition/workspace-types';
import { MeasurementError } from '../../errors/measurement-error';
import { importContacts } from '../../ledger/contacts-import';
import { type Database, openDatabase } from '../../ledger/database';
import type { StoredFile } from '../../ledger/revisions';
import { type Applied, applyCampaign } from '../../operations/apply';
import { type Launched, type LaunchRequest, launch, standardTuning } from '../../operations/launch';
import { createSmtpSender } from '../../platforms/smtp';
import { packageRoot } from '../../settings/package-root';
import type { SyncDependencies } from '../../sync';
import { createLogger } from '../../telemetry/logger';
import { createMetrics } from '../../telemetry/metrics';
import { createWorkers, type WorkerProcess } from '../../workers/worker/run-worker';
import { type FreshDatabase, freshDatabase } from './fresh-database';
import { type SmtpSink, smtpSink } from './smtp-sink';
import { workflowBundle } from './temporal';
import { temporaryFolder } from './temporary-folder';

export const testSecretKey = '11'.repeat(32);

const sender = {
  id: 'shop',
  name: 'Shop',
  address: 'hola@shop.example',
  postalAddress: 'Calle Mayor 1, 28013 Madrid',
  listId: 'offers.shop.example',
};

export const testWorkspace: Workspace = {
  environment: 'test',
  people: {
    ana: {
      id: 'ana',
      name: 'Ana',
      email: 'ana@shop.example',
      roles: ['marketing'],
      locale: 'es',
      timezone: 'Europe/Madrid',
    },
    bea: {
      id: 'bea',
      name: 'Bea',
      email: 'bea@shop.example',
      roles: ['marketing', 'legal'],
      locale: 'en',
      timezone: 'Europe/Lisbon',
    },
    luis: {
      id: 'luis',
      name: 'Luis',
      email: 'luis@shop.example',
      roles: ['ops', 'marketing'],
      locale: 'es',
      timezone: 'Europe/Madrid',
    },
    eva: { id: 'eva', name: 'Eva', email: 'eva@shop.example', roles: ['board'], locale: 'en', timezone: 'UTC' },
  },
  senders: { shop: sender },
  platforms: { mail: { kind: 'smtp', url: 'smtp://127.0.0.1', connections: 5 } },
  flagPlatforms: {},
  sources: {},
  frequencyCaps: [],
  team: { sender: 'shop', platform: 'mail' },
  defaults: { sender: 'shop', platform: 'mail', locale: 'es', timezone: 'Europe/Madrid' },
};

const template = readFileSync(join(packageRoot(), 'tests', 'fixtures', 'offer.html'), 'utf8');
const templateFile = { path: 'offer.html', content: Buffer.from(template) };

type StepInput = Partial<ResolvedStep> & Pick<ResolvedStep, 'id' | 'kind'>;

const stepDefaults = { onLate: 'ask', onFailure: 'hold' } as const;
const kindDefaults = {
  email: {
    email: {
      sender,
      platform: 'mail',
      template: { path: templateFile.path, sha256: sha256(template), format: 'html' as const },
      subject: 'Oferta para {{ contact.firstName | default: "ti" }}',
    },
  },
  gate: {
    gate: {
      approvers: ['marketing'],
      quorum: 1,
      expires: 3 * 24 * 3600_000,
      onExpiry: 'reject' as OnExpiry,
      escalateTo: [] as string[],
      allowAuthor: false,
      remindAt: [0.5],
    },
  },
  wait: { wait: { for: 3600_000 } },
  notify: { notify: { to: ['ops'], subject: 'Done', message: 'Sent {{ steps.offer.sent }}.' } },
};

/** What an e-mail step says unless told otherwise. */
export const standardEmail = kindDefaults.email.email;

/** A resolved campaign; steps without `needs` need the one before them. */
export function testCampaign(
  options: Partial<Omit<ResolvedCampaign, 'steps' | 'schedule'>> & {
    steps: StepInput[];
    schedule?: Partial<ResolvedCampaign['schedule']>;
  },
): ResolvedCampaign {
  return {
    version: 1,
    id: 'sale',
    name: 'Sale',
    owner: 'luis',
    locale: 'es',
    audience: { from: 'contacts', holdout: 0 },
    ...options,
    schedule: {
      timezone: 'Europe/Madrid',
      maxLateness: 900_000,
      cron: [],
      catchupWindow: 600_000,
      ...options.schedule,
    },
    steps: options.steps.map(
      (step, index) =>
        ({
          needs: index === 0 ? [] : [options.steps[index - 1]?.id],
          ...stepDefaults,
          ...(step.kind in kindDefaults && kindDefaults[step.kind as keyof typeof kindDefaults]),
          ...step,
        }) as ResolvedStep,
    ),
  };
}

export const gateStep = (
  gate: Partial<(typeof kindDefaults)['gate']['gate']> & Record<string, unknown> = {},
  id = 'content',
) => ({
  id,
  kind: 'gate' as const,
  gate: { ...kindDefaults.gate.gate, ...gate },
});
export const emailStep = (step: Partial<ResolvedStep> = {}) =>
  ({ id: 'offer', kind: 'email' as const, ...step }) as StepInput;

export interface Harness {
  database: Database;
  sink: SmtpSink;
  deps: ActivityDependencies;
  sync: SyncDependencies;
  taskQueue: string;
  environment: TestWorkflowEnvironment;
  /** Of this harness alone; ids of workflows are for ever. */
  unique: string;
  /** `count` consenting people, `p1@example.com` on; `row` adds columns. */
  importPeople(count: number, row?: (n: number) => Record<string, string>): Promise<void>;
  launch(campaign: ResolvedCampaign, options?: LaunchOptions): Promise<Launched>;
  /** As a commit does: amends the run that is under way, or launches. */
  apply(campaign: ResolvedCampaign, options?: LaunchOptions): Promise<Applied>;
  /** Runs workers while `work` runs. */
  withWorkers<T>(work: () => Promise<T>): Promise<T>;
  startWorkers(version?: WorkerDeploymentVersion): Promise<WorkerProcess & { done: Promise<void> }>;
  /** Messages to customers, not to the team. */
  customerMail(): SmtpSink['messages'];
  teamMail(): SmtpSink['messages'];
  close(): Promise<void>;
}

interface LaunchOptions {
  tuning?: Partial<DeliveryTuning>;
  by?: string;
  again?: number;
  files?: StoredFile[];
}

let queues = 0;

/** Ledger, SMTP sink and workers of one test file, over whichever Temporal server the environment is. */
export async function runHarness(
  environment: TestWorkflowEnvironment,
  options: { workspace?: Partial<Workspace>; deps?: Partial<ActivityDependencies> } = {},
): Promise<Harness> {
  const fresh: FreshDatabase = await freshDatabase();
  const database = openDatabase({ url: fresh.url, connections: 12 });
  const sink = await smtpSink();
  const workspace = { ...testWorkspace, ...options.workspace };
  const logger = createLogger({ service: 'test', level: 'silent' });
  const senders = new Map(
    Object.entries(workspace.platforms).map(([platform, config]) => [
      platform,
      createSmtpSender({ platform, config, url: sink.url }),
    ]),
  );
  const deps: ActivityDependencies = {
    database,
    workspace,
    secretKey: testSecretKey,
    gatewayUrl: 'http://127.0.0.1:8080',
    senderOf(platform) {
      const found = senders.get(platform);
      if (!found) throw new Error(`no platform ${platform}`);
      return found;
    },
    flagsOf(platform) {
      throw new Error(`no flag platform ${platform}`);
    },
    promotionsOf(platform) {
      throw new Error(`no promotion platform ${platform}`);
    },
    creditsOf(platform) {
      throw new Error(`no store credit at ${platform}`);
    },
    async measureOutside({ metric }) {
      throw new MeasurementError(`no source of ${metric.name}`, { mayPass: false });
    },
    emails: createCompiledEmails(database),
    metrics: createMetrics({ service: 'test' }),
    logger,
    ...options.deps,
  };
  queues += 1;
  const unique = `${process.pid}-${Date.now()}-${queues}`;
  const taskQueue = `test-${unique}`;

  const repositories = temporaryFolder('repositories');
  const sync: SyncDependencies = {
    client: environment.client,
    database,
    workspace,
    secretKey: testSecretKey,
    folder: repositories.path,
    secretOf: (reference) => reference,
  };
  const startWorkers = async (version?: WorkerDeploymentVersion) => {
    const workers = await createWorkers({
      connection: environment.nativeConnection,
      namespace: environment.namespace ?? 'default',
      deps,
      workflowBundle: workflowBundle(),
      taskQueue,
      sync,
      ...(version && { version }),
    });
    return { ...workers, done: workers.run() };
  };

  const requestOf = (
    given: ResolvedCampaign,
    { tuning, by = 'luis', again, files = [templateFile] }: LaunchOptions = {},
  ): LaunchRequest => {
    // The development server is shared by test files; a workflow id is for ever.
    const campaign = { ...given, id: `${given.id}-${unique}` };
    return {
      campaign,
      revision: revisionOf(campaign),
      files,
      planHash: 'a'.repeat(64),
      environment: 'test',
      by,
      targeted: 0,
      again,
      tuning: { ...standardTuning, heartbeatTimeoutMs: 3_000, ...tuning },
      taskQueue,
    };
  };

  const teamAddresses = new Set(Object.values(workspace.people).map(({ email }) => email));
  const isTeam = ({ to }: { to: string[] }) => to.some((address) => teamAddresses.has(address));

  return {
    database,
    sink,
    deps,
    sync,
    taskQueue,
    environment,
    unique,
    async importPeople(count, row = () => ({})) {
      const columns = [
        ...new Set(['email', 'firstName', 'consent', 'consentSource', 'consentAt', ...Object.keys(row(1))]),
      ];
      const lines = Array.from({ length: count }, (_, index) => {
        const n = index + 1;
        const fields: Record<string, string> = {
          email: `p${n}@example.com`,
          firstName: `Name${n}`,
          consent: 'granted',
          consentSource: 'test',
          consentAt: '2026-01-01',
          ...row(n),
        };
        return columns.map((column) => fields[column] ?? '').join(',');
      });
      const csv = [columns.join(','), ...lines].join('\n');
      await importContacts(database, { source: Readable.from([csv]), file: 'people.csv', secretKey: testSecretKey });
    },
    launch: (given, options) => launch({ client: environment.client, database }, requestOf(given, options)),
    apply: (given, options) => applyCampaign({ client: environment.client, database }, requestOf(given, options)),
    async withWorkers(work) {
      const workers = await startWorkers();
      try {
        return await work();
      } finally {
        workers.shutdown();
        await workers.done;
      }
    },
    startWorkers,
    customerMail: () => sink.messages.filter((message) => !isTeam(message)),
    teamMail: () => sink.messages.filter(isTeam),
    async close() {
      await Promise.all([...senders.values()].map((each) => each.close()));
      await sink.stop();
      repositories.remove();
      await database.end();
      await fresh.drop();
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
