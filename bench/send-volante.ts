/** Volante itself, as it runs: workers in processes of their own, ledger and Temporal on, mail into `smtp-sink`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ResolvedCampaign } from '../definition/resolved';
import { revisionOf } from '../definition/revision';
import { importContacts } from '../ledger/contacts-import';
import { askStatus, decideAtGate } from '../operations/decide';
import { launch, standardTuning } from '../operations/launch';
import { packageRoot } from '../settings/package-root';
import { eventually } from '../tests/support/eventually';
import { type Stage, type StageWorker, stageSecretKey } from '../tests/support/stage';

export interface SendFigures {
  workers: number;
  recipients: number;
  seconds: number;
  messagesPerSecond: number;
  peakWorkerRssMb: number;
  historyEvents: number;
  pages: number;
  eventsPerPage: number;
  sent: number;
  inDoubt: number;
}

/** People with consent, in a CSV made on the fly. */
function* peopleCsv(count: number): Generator<string> {
  yield 'email,firstName,city,orders,consent,consentSource,consentAt\n';
  for (let n = 1; n <= count; n += 1)
    yield `p${n}@d${n % 50}.example,Name${n},City${n % 90},${n % 7},granted,bench,2026-01-01\n`;
}

const files = ['offer.mjml', 'offer.txt'].map((path) => ({
  path,
  content: readFileSync(join(packageRoot(), 'campaigns', 'spring-sale', path)),
}));

function reference(path: string): { path: string; sha256: string } {
  const content = files.find((file) => file.path === path)?.content ?? '';
  return { path, sha256: createHash('sha256').update(content).digest('hex') };
}

function benchCampaign(id: string): ResolvedCampaign {
  return {
    version: 1,
    id,
    name: 'Bench',
    owner: 'luis',
    locale: 'es',
    audience: { from: 'contacts', holdout: 0 },
    schedule: { timezone: 'Europe/Madrid', maxLateness: 3_600_000, cron: [], catchupWindow: 600_000 },
    steps: [
      {
        id: 'content',
        kind: 'gate',
        needs: [],
        onLate: 'ask',
        onFailure: 'hold',
        gate: {
          approvers: ['marketing'],
          quorum: 1,
          expires: 86_400_000,
          onExpiry: 'reject',
          escalateTo: [],
          allowAuthor: false,
          remindAt: [],
        },
      },
      {
        id: 'offer',
        kind: 'email',
        needs: ['content'],
        onLate: 'send',
        onFailure: 'hold',
        email: {
          sender: {
            id: 'shop',
            name: 'Shop',
            address: 'hola@shop.example',
            postalAddress: 'Calle Mayor 1, 28013 Madrid',
            listId: 'offers.shop.example',
          },
          platform: 'mail',
          template: { ...reference('offer.mjml'), format: 'mjml' },
          text: reference('offer.txt'),
          subject: '{{ contact.firstName | default: "Hola" }}, 15 % esta semana',
        },
      },
    ],
  };
}

/** One campaign over everybody in the stage's contact book, with so many workers; the time runs from approval to the end. */
export async function measureSend(options: {
  stage: Stage;
  workers: number;
  recipients: number;
}): Promise<SendFigures> {
  const { stage, recipients } = options;
  const workers = await Promise.all(Array.from({ length: options.workers }, () => stage.startWorker()));
  const campaign = benchCampaign(`bench-${options.workers}-workers`);
  const operator = { client: stage.client, database: stage.database };
  const { runId } = await launch(operator, {
    campaign,
    revision: revisionOf(campaign),
    files,
    planHash: '0'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: recipients,
  });
  const status = await eventually(
    async () => {
      const seen = await askStatus(stage.client, runId);
      return seen.gates.some(({ state }) => state === 'open') ? seen : undefined;
    },
    { timeoutMs: 120_000, what: 'the gate is open' },
  );
  const memory = watchMemory(workers);
  const started = performance.now();
  const ana = {
    id: 'ana',
    name: 'Ana',
    email: 'ana@shop.example',
    roles: ['marketing'],
    locale: 'es' as const,
    timezone: 'Europe/Madrid',
  };
  await decideAtGate(operator, {
    runId,
    gate: 'content',
    verdict: 'approve',
    person: ana,
    planHash: status.planHash,
    via: 'cli',
  });
  const done = (await stage.client.workflow.getHandle(runId).result()) as typeof status;
  const seconds = (performance.now() - started) / 1000;
  const peak = memory();
  const shard = await stage.client.workflow.getHandle(`${runId}/offer/1`).describe();
  await Promise.all(workers.map((worker) => worker.stop()));
  const books = done.steps.find(({ id }) => id === 'offer')?.books;
  const pages = Math.ceil(recipients / standardTuning.pageSize);
  return {
    workers: options.workers,
    recipients,
    seconds: round(seconds),
    messagesPerSecond: Math.round((books?.sent ?? 0) / seconds),
    peakWorkerRssMb: Math.round(peak / 1e6),
    historyEvents: shard.historyLength,
    pages,
    eventsPerPage: round(shard.historyLength / pages),
    sent: books?.sent ?? 0,
    inDoubt: books?.inDoubt ?? 0,
  };
}

export async function importBenchPeople(stage: Stage, count: number): Promise<void> {
  await importContacts(stage.database, {
    source: Readable.from(peopleCsv(count)),
    file: 'bench.csv',
    secretKey: stageSecretKey,
  });
}

function watchMemory(workers: StageWorker[]): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    for (const worker of workers) peak = Math.max(peak, worker.memory());
  }, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
