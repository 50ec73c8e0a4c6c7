/**
 * Events with duplicates, in no order, while workers, Temporal and PostgreSQL are killed: each takes effect once. Counted
 * at the inbox, at the book of events and at the SMTP sink, with statements of this test's own.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Client } from 'pg';
import { createRandom } from '../../decisions/random';
import { createGateway } from '../../gateway/app';
import { importContacts } from '../../ledger/contacts-import';
import { createLogger } from '../../telemetry/logger';
import { createMetrics } from '../../telemetry/metrics';
import { eventually } from '../support/eventually';
import { testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, type StageWorker, stageSecretKey } from '../support/stage';
import { openTrigger } from '../support/triggered-campaign';

/** Distinct events and kills; `VOLANTE_CHAOS_EVENTS=40000 VOLANTE_CHAOS_KILLS=25` is the long form. */
const distinct = Number(process.env.VOLANTE_CHAOS_EVENTS ?? 4_000);
const kills = Number(process.env.VOLANTE_CHAOS_KILLS ?? 5);
const seed = Number(process.env.VOLANTE_CHAOS_SEED ?? Date.now() % 1_000_000);
/** Events that start a journey; one journey sends one mail. */
const startsJourney = (n: number) => n % 20 === 0;
const posted = Math.round(distinct * 1.25);
const people = distinct;

const secret = 'the secret of the shop in this test';
let stage: Stage;
let sink: SmtpSink;
let gateway: FastifyInstance;
let address = '';

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections: 5 });
  await importPeople();
  gateway = await createGateway({
    database: stage.database,
    client: stage.client,
    workspace: async () => ({
      ...testWorkspace,
      sources: {
        shop: { kind: 'events', secret: 'shop', kinds: { 'order.paid': 'converted' }, fields: { amount: 'total' } },
      },
    }),
    secretKey: stageSecretKey,
    baseUrl: 'http://127.0.0.1:8080',
    secretOf: () => secret.replaceAll(' ', '-'),
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics({ service: 'test' }),
  });
  address = await gateway.listen({ host: '127.0.0.1', port: 0 });
}, 240_000);

afterAll(async () => {
  await gateway?.close();
  await stage?.close();
  await sink?.stop();
}, 60_000);

test(`each of ${distinct} events takes effect once, a fifth of the posts being repeated, through ${kills} kills of workers, one of Temporal and one of PostgreSQL`, async () => {
  const workers = [await stage.startWorker(), await stage.startWorker()];
  const runId = await openTrigger(stage, {
    id: 'thanks',
    trigger: { events: ['order.paid'], where: 'event.data.mail == true', key: 'event.data.orderId' },
  });
  const random = createRandom(seed).uniform;
  const [answers] = await Promise.all([postAll(random), storm(workers, random)]);
  await Promise.all(workers.map((worker) => worker.kill()));
  await stage.startWorker();
  await eventually(async () => ((await count(`inbox where state = 'new'`)) === 0 ? true : undefined), {
    timeoutMs: 300_000,
    what: 'the inbox is empty',
  });
  await eventually(async () => ((await count(`journeys where state <> 'ended'`)) === 0 ? true : undefined), {
    timeoutMs: 300_000,
    what: 'every journey has ended',
  });

  const wanted = Array.from({ length: distinct }, (_, n) => n)
    .filter(startsJourney)
    .map((n) => `p${n}@shop.example`);
  const arrived = sink.messages
    .flatMap(({ to }) => to)
    .filter((to) => to !== testWorkspace.people.ana?.email)
    .sort();
  const verdict = {
    posted,
    answers,
    inbox: await count('inbox'),
    parked: await count(`inbox where state <> 'done'`),
    booked: await count(`events where kind = 'converted'`),
    micros: await total(),
    journeys: await count('journeys'),
    arrivedTwice: arrived.filter((to, index) => arrived[index - 1] === to),
    strangers: arrived.filter((to) => !wanted.includes(to)),
    inDoubt: await count(`deliveries where status = 'in_doubt'`),
    sent: await count(`deliveries where status = 'sent'`),
  };
  process.stderr.write(`storm with seed ${seed}: ${JSON.stringify({ ...verdict, arrived: arrived.length })}\n`);
  expect(verdict).toMatchObject({
    inbox: distinct,
    parked: 0,
    booked: distinct,
    micros: Array.from({ length: distinct }, (_, n) => 1 + (n % 100)).reduce((sum, euro) => sum + euro, 0) * 1e6,
    journeys: wanted.length,
    arrivedTwice: [],
    strangers: [],
  });
  // What is in doubt is listed, and is never more than what was on its way when a worker died.
  expect(verdict.sent + verdict.inDoubt).toBe(wanted.length);
  expect(verdict.inDoubt).toBeLessThanOrEqual((kills + 3) * 5);
  expect(arrived.length).toBeGreaterThanOrEqual(verdict.sent);
  expect(await balance(runId)).toEqual({ members: wanted.length, settled: wanted.length });
}, 1_500_000);

/** Every event once in any order, and a quarter as many repetitions; whatever gets no answer is posted again. */
async function postAll(random: () => number): Promise<{ added: number; repeated: number; again: number }> {
  const list = Array.from({ length: posted }, (_, n) => (n < distinct ? n : Math.floor(random() * distinct)));
  for (let n = list.length - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    [list[n], list[other]] = [list[other] ?? 0, list[n] ?? 0];
  }
  const batches = Array.from({ length: Math.ceil(list.length / 10) }, (_, n) => list.slice(n * 10, n * 10 + 10));
  const sums = { added: 0, repeated: 0, again: 0 };
  let next = 0;
  const lane = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const answer = await postUntilAnswered(batch, () => {
        sums.again += 1;
      });
      sums.added += answer.added;
      sums.repeated += answer.repeated;
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return sums;
}

async function postUntilAnswered(
  batch: readonly number[],
  onAgain: () => void,
): Promise<{ added: number; repeated: number }> {
  return eventually(
    async () => {
      const response = await fetch(`${address}/events/shop`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret.replaceAll(' ', '-')}` },
        body: JSON.stringify(batch.map(eventOf)),
      });
      if (response.ok) return (await response.json()) as { added: number; repeated: number };
      onAgain();
      if (response.status < 429) throw new Error(`answered ${response.status}`);
      return undefined;
    },
    { timeoutMs: 120_000, what: 'events are taken' },
  );
}

const eventOf = (n: number) => ({
  id: `order-${n}`,
  type: 'order.paid',
  occurredAt: new Date(Date.parse('2026-11-20T10:00:00Z') + ((n * 7919) % 100_000) * 1000).toISOString(),
  externalId: `c-${n}`,
  data: { orderId: `${n}`, total: 1 + (n % 100), currency: 'EUR', mail: startsJourney(n) },
});

/** Kills a worker whenever another part of the events has been acted on, and each server once. */
async function storm(workers: StageWorker[], random: () => number): Promise<void> {
  for (let kill = 1; kill <= kills; kill += 1) {
    const goal = Math.floor((distinct * 0.95 * kill) / (kills + 1));
    await eventually(async () => ((await count(`inbox where state = 'done'`)) >= goal ? true : undefined), {
      timeoutMs: 120_000,
      what: `${goal} events are done`,
    });
    const victim = Math.floor(random() * workers.length);
    await workers[victim]?.kill();
    if (kill === Math.ceil(kills / 3)) await stage.restartTemporal('SIGKILL');
    if (kill === Math.ceil((2 * kills) / 3)) await stage.restartDatabase('kill');
    workers[victim] = await stage.startWorker();
  }
}

async function importPeople(): Promise<void> {
  const lines = Array.from({ length: people }, (_, n) => `p${n}@shop.example,c-${n},Name,granted,test,2026-01-01`);
  const csv = ['email,externalId,firstName,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
}

/** With a connection of its own, which a server that was killed meanwhile does not spoil. */
async function ask<T extends object>(statement: string, values: unknown[] = []): Promise<T> {
  const client = new Client({ connectionString: stage.databaseUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<T>(statement, values);
    const [row] = rows;
    if (!row) throw new Error('no row');
    return row;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const count = async (what: string) => (await ask<{ n: number }>(`select count(*)::int as n from ${what}`)).n;
const total = async () =>
  Number(
    (await ask<{ micros: string }>(`select sum(amount_micros) as micros from events where kind = 'converted'`)).micros,
  );

const balance = (runId: string) =>
  ask<{ members: number; settled: number }>(
    `select count(*)::int as members, count(d.settled_at)::int as settled
       from runs r join members m on m.run_no = r.no
       left join deliveries d on d.run_no = m.run_no and d.seq = m.seq and d.step = 'offer'
      where r.run_id = $1`,
    [runId],
  );
