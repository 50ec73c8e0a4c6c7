/**
 * `npm run bench:launch`: the time from a pushed commit to the first mail, by webhook and by polling alone (every 5 seconds):
 * to the approvers' mail, and to the first customer's mail when an approver says yes at once. VOLANTE_BENCH_COMMITS makes it
 * shorter or longer (50 of each). Ends with one line of JSON.
 */
import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Workspace } from '../definition/workspace-types';
import { createGateway } from '../gateway/app';
import { importContacts } from '../ledger/contacts-import';
import { openDatabase } from '../ledger/database';
import { findRuns } from '../ledger/runs';
import { askStatus, decideAtGate } from '../operations/decide';
import { createLogger } from '../telemetry/logger';
import { createMetrics } from '../telemetry/metrics';
import { eventually } from '../tests/support/eventually';
import { type GitServer, gitServer } from '../tests/support/git-server';
import { campaignIn, WorkingCopy } from '../tests/support/git-sync';
import { testWorkspace } from '../tests/support/run-harness';
import { type SmtpSink, smtpSink } from '../tests/support/smtp-sink';
import { Stage, stageSecretKey } from '../tests/support/stage';

const commits = Number(process.env.VOLANTE_BENCH_COMMITS ?? 50);
const pollSeconds = 5;
const secret = 'webhook-secret-of-the-bench';

interface Times {
  asked: number[];
  mailed: number[];
}

async function main(): Promise<void> {
  const servers = { hooked: await gitServer(), polled: await gitServer() };
  const sink = await smtpSink();
  const stage = await Stage.open({
    smtpUrl: sink.url,
    connections: 5,
    repositories: [
      `hooked: { url: "${servers.hooked.url}", actor: luis, every: 1h, webhook: { secret: secret://GIT } }`,
      `polled: { url: "${servers.polled.url}", actor: luis, every: ${pollSeconds}s }`,
    ],
  });
  const gateway = await openGateway(stage);
  try {
    const csv = 'email,consent,consentSource,consentAt\nreader@example.com,granted,bench,2026-01-01\n';
    await importContacts(stage.database, {
      source: Readable.from([csv]),
      file: 'people.csv',
      secretKey: stageSecretKey,
    });
    await stage.startWorker();
    const hook = () => push(gateway.address);
    const hooked = await measure({ stage, sink, server: servers.hooked, name: 'hooked', afterPush: hook });
    say(`by webhook: approvers asked after ${inWords(hooked.asked)}, first mail after ${inWords(hooked.mailed)}`);
    const polled = await measure({
      stage,
      sink,
      server: servers.polled,
      name: 'polled',
      afterPush: async () => undefined,
    });
    say(`by polling: approvers asked after ${inWords(polled.asked)}, first mail after ${inWords(polled.mailed)}`);
    say(
      JSON.stringify({
        bench: 'launch',
        commits,
        pollSeconds,
        webhookAskedMsP50: at(hooked.asked, 0.5),
        webhookAskedMsP99: at(hooked.asked, 0.99),
        webhookFirstMailMsP50: at(hooked.mailed, 0.5),
        webhookFirstMailMsP99: at(hooked.mailed, 0.99),
        pollingAskedMsP50: at(polled.asked, 0.5),
        pollingAskedMsP99: at(polled.asked, 0.99),
        pollingFirstMailMsP50: at(polled.mailed, 0.5),
        pollingFirstMailMsP99: at(polled.mailed, 0.99),
      }),
    );
  } finally {
    await gateway.app.close();
    await stage.close();
    await sink.stop();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

interface Measured {
  stage: Stage;
  sink: SmtpSink;
  server: GitServer;
  name: string;
  afterPush: () => Promise<void>;
}

/** One campaign a commit, one after the other. */
async function measure({ stage, sink, server, name, afterPush }: Measured): Promise<Times> {
  const copy = WorkingCopy.of(server);
  const times: Times = { asked: [], mailed: [] };
  for (let n = 0; n < commits; n += 1) {
    const id = `${name}-${n}`;
    copy.commit(campaignIn(id, { id, name: `Campaign ${id}`, subject: `News ${id}` }), id, {
      email: 'luis@shop.example',
    });
    const pushed = performance.now();
    await afterPush();
    const mailWith = (words: string, to: string) =>
      eventually(() => sink.messages.some(({ raw, to: [first] }) => first === to && raw.includes(words)), {
        timeoutMs: 60_000,
        what: `a mail about ${id}`,
      });
    await mailWith(`Campaign ${id}`, 'ana@shop.example');
    times.asked.push(performance.now() - pushed);
    await approve(stage, id);
    await mailWith(`News ${id}`, 'reader@example.com');
    times.mailed.push(performance.now() - pushed);
  }
  copy.remove();
  return times;
}

async function approve({ client, database }: Stage, campaign: string): Promise<void> {
  const runId = (await findRuns(database, campaign))[0]?.runId ?? '';
  const person = testWorkspace.people.ana;
  if (!person) throw new Error('ana is not there');
  const { planHash } = await askStatus(client, runId);
  await decideAtGate(
    { client, database },
    { runId, gate: 'content', verdict: 'approve', person, planHash, via: 'cli' },
  );
}

async function openGateway(stage: Stage): Promise<{ app: FastifyInstance; address: string }> {
  const workspace: Workspace = {
    ...testWorkspace,
    repositories: {
      hooked: {
        id: 'hooked',
        url: 'https://git.shop.example/hooked.git',
        branch: 'main',
        path: 'campaigns',
        every: 3600_000,
        actor: 'luis',
        onRemoval: 'keep',
        webhook: { secret: 'secret://GIT' },
      },
    },
  };
  const app = await createGateway({
    database: openDatabase({ url: stage.databaseUrl, connections: 4 }),
    client: stage.client,
    workspace: async () => workspace,
    secretKey: stageSecretKey,
    baseUrl: 'http://127.0.0.1:8080',
    secretOf: () => secret,
    logger: createLogger({ service: 'bench', level: 'error' }),
    metrics: createMetrics({ service: 'bench' }),
  });
  return { app, address: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

async function push(address: string): Promise<void> {
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const response = await fetch(`${address}/hooks/git/hooked`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  });
  if (response.status !== 202) throw new Error(`the gateway answered ${response.status}`);
}

function at(times: number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

function inWords(times: number[]): string {
  return `${at(times, 0.5)} ms in the middle, ${at(times, 0.99)} ms at the 99th percentile`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench:launch cannot run: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
