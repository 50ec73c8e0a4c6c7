/**
 * `npm run bench:events`: on one machine, in one run: events a second that the gateway takes (a fifth of them repeated);
 * journeys a second that the dispatcher starts, beside a bare loop of `signalWithStart`; the time from an event's answer to
 * the first step of its journey; redemptions a second. VOLANTE_BENCH_EVENTS makes it shorter or longer (10,000). Ends with
 * one line of JSON.
 */
import { Readable } from 'node:stream';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { createGateway } from '../gateway/app';
import { importContacts } from '../ledger/contacts-import';
import { openDatabase } from '../ledger/database';
import { dispatchInbox } from '../operations/dispatch-inbox';
import { journeyConsumer } from '../operations/journeys/dispatch';
import { createLogger } from '../telemetry/logger';
import { createMetrics } from '../telemetry/metrics';
import { eventually } from '../tests/support/eventually';
import { testWorkspace } from '../tests/support/run-harness';
import { Stage, stageSecretKey } from '../tests/support/stage';
import { openTrigger } from '../tests/support/triggered-campaign';
import { customerEvent } from '../workflows/journey-messages';
import { type Figure, measureRedemptions } from './redemptions';
import { startSmtpSink } from './smtp-sink-program';

const events = Number(process.env.VOLANTE_BENCH_EVENTS ?? 10_000);
/** Journeys started in a row, and events whose way is timed one by one. */
const journeys = Math.min(2_000, events / 5);
const timed = Math.min(200, events / 50);
const atOnce = 40;
const secret = 'secret-of-the-shop-in-the-bench';

async function main(): Promise<void> {
  const sink = await startSmtpSink();
  const stage = await Stage.open({ smtpUrl: `smtp://127.0.0.1:${sink.port}`, connections: 10 });
  const gateway = await openGateway(stage);
  try {
    await importPeople(stage, journeys + timed);
    const accepted = await measureAccepting(gateway.address);
    say(`gateway: ${accepted.singly} events/s one by one, ${accepted.inBatches} in hundreds, a fifth repeated`);
    const started = await measureStarting(stage, gateway.address);
    say(`journeys: ${started.journeys} started/s, bare signalWithStart ${started.bare}/s`);
    const way = await measureWay(stage, gateway.address);
    say(`from answer to first step: ${way.p50} ms in the middle, ${way.p99} ms at the 99th percentile`);
    const count = Math.min(2_000, journeys);
    const redeemed = await measureRedemptions({
      database: stage.database,
      gatewayUrl: gateway.address,
      secret,
      count,
      lanes: 16,
    });
    say(`redemptions: ${inWords(redeemed.own)} of codes of their own; ${inWords(redeemed.shared)} of one code for all`);
    say(
      JSON.stringify({
        bench: 'events',
        events,
        acceptedPerSecond: accepted.singly,
        acceptedInBatchesPerSecond: accepted.inBatches,
        journeysStartedPerSecond: started.journeys,
        bareSignalWithStartPerSecond: started.bare,
        journeysToBare: Math.round((started.journeys / started.bare) * 100) / 100,
        firstStepMsP50: way.p50,
        firstStepMsP99: way.p99,
        redemptionsPerSecond: Math.round(redeemed.own.perSecond),
        redemptionMsP99: Math.round(redeemed.own.p99Ms),
        sharedRedemptionsPerSecond: Math.round(redeemed.shared.perSecond),
        sharedRedemptionMsP99: Math.round(redeemed.shared.p99Ms),
      }),
    );
  } finally {
    await gateway.app.close();
    await stage.close();
    sink.stop();
  }
}

function inWords({ perSecond, p50Ms, p99Ms }: Figure): string {
  return `${Math.round(perSecond)}/s (${Math.round(p50Ms)} ms in the middle, ${Math.round(p99Ms)} ms at the 99th percentile)`;
}

async function openGateway(stage: Stage): Promise<{ app: FastifyInstance; address: string }> {
  const app = await createGateway({
    database: openDatabase({ url: stage.databaseUrl, connections: 20 }),
    client: stage.client,
    workspace: async () => ({ ...testWorkspace, sources: { shop: { kind: 'events', secret: 'shop', redeem: true } } }),
    secretKey: stageSecretKey,
    baseUrl: 'http://127.0.0.1:8080',
    secretOf: () => secret,
    logger: createLogger({ service: 'bench', level: 'error' }),
    metrics: createMetrics({ service: 'bench' }),
    limits: { eventRequests: 10_000_000 },
  });
  return { app, address: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

async function post(address: string, list: readonly object[]): Promise<void> {
  const response = await fetch(`${address}/events/shop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify(list),
  });
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  await response.arrayBuffer();
}

const eventOf = (type: string, n: number) => ({
  id: `${type}-${n}`,
  type,
  occurredAt: new Date().toISOString(),
  externalId: `c-${n}`,
  data: { orderId: `${n}`, total: 49.9, currency: 'EUR' },
});

/** Of every five posted events one was posted before. */
const withRepeats = (type: string, count: number) =>
  Array.from({ length: count }, (_, n) => eventOf(type, n % 5 === 4 ? n - 4 : n));

async function measureAccepting(address: string): Promise<{ singly: number; inBatches: number }> {
  const singly = withRepeats('page.seen', events);
  const inBatches = withRepeats('page.left', events);
  return {
    singly: await rate(events, () => eachOf(singly, 16, (event) => post(address, [event]))),
    inBatches: await rate(events, () => {
      const batches = Array.from({ length: Math.ceil(events / 100) }, (_, n) =>
        inBatches.slice(n * 100, n * 100 + 100),
      );
      return eachOf(batches, 4, (batch) => post(address, batch));
    }),
  };
}

/** Nothing carries the workflows out meanwhile, neither ours nor the bare ones: both loops only start. */
async function measureStarting(stage: Stage, address: string): Promise<{ journeys: number; bare: number }> {
  const worker = await stage.startWorker();
  await openTrigger(stage, { id: 'bench-start', trigger: { events: ['order.paid'], key: 'event.data.orderId' } });
  await emptied(stage);
  await worker.stop();
  const bareBefore = await bareStarts(stage, 'before');
  await eachOf(
    Array.from({ length: journeys / 100 }, (_, n) =>
      Array.from({ length: 100 }, (_each, m) => eventOf('order.paid', n * 100 + m)),
    ),
    4,
    (batch) => post(address, batch),
  );
  const stopping = new AbortController();
  const consumers = [
    journeyConsumer({ client: stage.client, database: stage.database, secretKey: stageSecretKey, atOnce }),
  ];
  const started = await rate(journeys, async () => {
    const work = dispatchInbox({ database: stage.database, consumers }, stopping.signal);
    await emptied(stage);
    stopping.abort();
    await work;
  });
  const bareAfter = await bareStarts(stage, 'after');
  return { journeys: started, bare: Math.round((bareBefore + bareAfter) / 2) };
}

async function bareStarts(stage: Stage, mark: string): Promise<number> {
  const { client } = stage;
  return rate(journeys, () =>
    eachOf(
      Array.from({ length: journeys }, (_, n) => n),
      atOnce,
      async (n) => {
        await client.workflow.signalWithStart('journey', {
          workflowId: `bare/${mark}/${n}`,
          taskQueue: 'nobody-works-here',
          args: [{ run: { runId: 'campaign/bench/bare', runNo: 1, revision: 'bench' }, seq: n, event: String(n) }],
          signal: customerEvent,
          signalArgs: [{ no: String(n), type: 'order.paid' }],
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        });
      },
    ),
  );
}

/** From the gateway's answer until the ledger says that the journey has begun, one after the other, with a worker at work. */
async function measureWay(stage: Stage, address: string): Promise<{ p50: number; p99: number }> {
  const worker = await stage.startWorker();
  await eventually(async () => (await left(stage, `journeys where state = 'starting'`)) === 0, {
    timeoutMs: 300_000,
    what: 'the journeys before have begun',
  });
  await openTrigger(stage, { id: 'bench-way', trigger: { events: ['basket.left'], key: 'event.data.orderId' } });
  const waited: number[] = [];
  for (let n = journeys; n < journeys + timed; n += 1) {
    await post(address, [eventOf('basket.left', n)]);
    const answered = performance.now();
    await eventually(
      async () =>
        (await left(
          stage,
          `journeys j join inbox i on i.no = j.event_no where i.id = 'basket.left-${n}' and j.began_at is not null`,
        )) > 0,
      { what: 'the journey has begun' },
    );
    waited.push(performance.now() - answered);
  }
  await worker.stop();
  const sorted = waited.sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

const emptied = (stage: Stage) =>
  eventually(async () => (await left(stage, `inbox where state = 'new'`)) === 0, {
    timeoutMs: 600_000,
    what: 'the inbox is empty',
  });

async function left(stage: Stage, what: string): Promise<number> {
  const { rows } = await stage.database.query<{ n: number }>(`select count(*)::int as n from ${what}`);
  return rows[0]?.n ?? 0;
}

async function importPeople(stage: Stage, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) => `p${n}@shop.example,c-${n},granted,bench,2026-01-01`);
  const csv = ['email,externalId,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
}

async function eachOf<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return Math.round(count / ((performance.now() - begun) / 1000));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench:events cannot run: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
