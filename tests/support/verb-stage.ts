/** A workspace on disk, a ledger, a mailbox and a namespace of its own on the shared Temporal server, for the verbs. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { loadWorkspace } from '../../definition/load-workspace';
import type { RunPhase } from '../../definition/run-status';
import { findRun } from '../../ledger/runs';
import { registerSearchAttributes } from '../../workers/temporal/namespace';
import { createWorkers } from '../../workers/worker/run-worker';
import { type Said, volante } from './command-line';
import { eventually } from './eventually';
import { type Harness, runHarness, testSecretKey } from './run-harness';
import { quietRuntime, temporalServer, workflowBundle } from './temporal';
import { temporaryFolder } from './temporary-folder';

const workspaceText = `environment: test
people:
  ana: { name: Ana, email: ana@shop.example, roles: [marketing] }
  bruno: { name: Bruno, email: bruno@shop.example, roles: [marketing] }
  luis: { name: Luis, email: luis@shop.example, roles: [ops, marketing] }
  eva: { name: Eva, email: eva@shop.example, roles: [board] }
senders: { shop: { name: Shop, address: hola@shop.example, postalAddress: "Calle Mayor 1, Madrid", listId: offers.shop.example } }
platforms: { mail: { smtp: { url: env://SMTP_URL, connections: 2, costPerMessage: 0.001 EUR } } }
team: { sender: shop, platform: mail }
defaults: { sender: shop, platform: mail, locale: en, timezone: Europe/Madrid }
`;

const template = `<!doctype html><html lang="en"><head><title>Offer</title></head><body>
<p>Hello {{ contact.firstName | default: 'friend' }}</p><p><a href="https://shop.example/offer">See the offer</a></p>
<p>{{ sender.name }}, {{ sender.postalAddress }} <a href="{{ unsubscribeUrl }}">Unsubscribe</a></p></body></html>\n`;
const text = `Hello\nSee the offer: https://shop.example/offer\n{{ sender.name }}, {{ sender.postalAddress }}\nUnsubscribe: {{ unsubscribeUrl }}\n`;

export interface VerbStage {
  cwd: string;
  env: NodeJS.ProcessEnv;
  harness: Harness;
  /** Runs a command line; nobody can be asked unless \`answer\` is given. */
  cli(words: string, options?: { answer?: string; env?: NodeJS.ProcessEnv }): Promise<Said>;
  /** Writes campaigns/<id>; its audience is everybody whose \`world\` is its id. */
  writeCampaign(id: string, keys?: string): Promise<string>;
  /** Imports that many consenting people for a campaign. */
  importPeople(id: string, count: number): Promise<void>;
  /** Writes a campaign, imports people for it, applies it as luis and answers its run id. */
  launch(id: string, options?: { people?: number; keys?: string }): Promise<string>;
  untilPhase(runId: string, phase: RunPhase): Promise<void>;
  startWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** @param more lines of volante.yaml */
export async function verbStage({ more = '' } = {}): Promise<VerbStage> {
  quietRuntime();
  const temporary = temporaryFolder('verbs');
  const cwd = temporary.path;
  await writeFile(join(cwd, 'volante.yaml'), `${workspaceText}${more}`);
  await mkdir(join(cwd, 'campaigns'));
  const environment = await environmentOfItsOwn();
  const { workspace } = await loadWorkspace(cwd);
  if (!workspace) throw new Error('the workspace of the stage is wrong');
  const harness = await runHarness(environment, { workspace });
  const env: NodeJS.ProcessEnv = {
    DATABASE_URL: databaseUrl(harness),
    TEMPORAL_ADDRESS: temporalServer(),
    TEMPORAL_NAMESPACE: environment.namespace,
    SMTP_URL: harness.sink.url,
    VOLANTE_SECRET_KEY: testSecretKey,
    VOLANTE_DATA_DIR: join(cwd, '.volante'),
  };
  let endWorkers: (() => Promise<void>) | undefined;
  let imports = 0;

  const stage: VerbStage = {
    cwd,
    env,
    harness,
    cli: (words, options = {}) =>
      volante(splitWords(words), {
        cwd,
        env: { ...env, ...options.env },
        ...(options.answer !== undefined && { terminal: { answer: options.answer } }),
      }),
    async writeCampaign(id, keys = '') {
      const folder = join(cwd, 'campaigns', id);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'offer.html'), template);
      await writeFile(join(folder, 'offer.txt'), text);
      const file = join(folder, 'campaign.yaml');
      await writeFile(file, campaignText(id, keys));
      return file;
    },
    async importPeople(id, count) {
      imports += 1;
      const lines = Array.from(
        { length: count },
        (_, n) => `${id}-${imports}-${n}@example.com,${id},granted,web,2026-01-01`,
      );
      await writeFile(join(cwd, 'people.csv'), ['email,world,consent,consentSource,consentAt', ...lines].join('\n'));
      const { exitCode, stderr } = await stage.cli('contacts import people.csv');
      if (exitCode !== 0) throw new Error(stderr);
    },
    async launch(id, { people = 5, keys } = {}) {
      await stage.writeCampaign(id, keys);
      await stage.importPeople(id, people);
      const said = await stage.cli(`apply ${id} --as luis --yes --json`);
      if (said.exitCode !== 0) throw new Error(said.stdout + said.stderr);
      return said.json<{ applied: { runId: string }[] }>().applied[0]?.runId ?? '';
    },
    async untilPhase(runId, phase) {
      await eventually(async () => (await findRun(harness.database, runId))?.phase === phase, {
        what: `${runId} is ${phase}`,
        timeoutMs: 45_000,
      });
    },
    async startWorkers() {
      const workers = await createWorkers({
        connection: environment.nativeConnection,
        namespace: environment.namespace ?? 'default',
        deps: harness.deps,
        sync: harness.sync,
        workflowBundle: workflowBundle(),
      });
      const done = workers.run();
      endWorkers = async () => {
        workers.shutdown();
        await done;
      };
    },
    async close() {
      await endWorkers?.();
      await harness.close();
      await environment.teardown();
      temporary.remove();
    },
  };
  return stage;
}

/** Verbs use the standard task queue: only a namespace keeps test files apart. */
async function environmentOfItsOwn(): Promise<TestWorkflowEnvironment> {
  const address = temporalServer();
  const namespace = `verbs-${randomBytes(4).toString('hex')}`;
  const founder = await TestWorkflowEnvironment.createFromExistingServer({ address });
  await founder.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const registered = { connection: founder.connection, namespace };
  await eventually(() => registerSearchAttributes(registered).then(() => true), { what: 'the namespace is known' });
  await founder.teardown();
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  await eventually(() => environment.connection.workflowService.describeNamespace({ namespace }));
  return environment;
}

function databaseUrl(harness: Harness): string {
  const { connectionString } = harness.database.options;
  if (!connectionString) throw new Error('the harness has no database');
  return connectionString;
}

function campaignText(id: string, keys: string): string {
  const steps = `steps:
  - id: content
    gate: { approvers: [marketing, ops], expires: 2d }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: Hello }
`;
  return `id: ${id}
name: Campaign ${id}
owner: luis
audience: { from: contacts, where: contact.world == "${id}" }
${keys.includes('schedule:') ? '' : 'schedule: { timezone: Europe/Madrid }\n'}${keys ? `${keys}\n` : ''}${keys.includes('steps:') ? '' : steps}`;
}

/** Words as a shell splits them; double quotes keep spaces. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
