import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Client } from 'pg';
import { revisionOf } from '../../definition/revision';
import type { RunStatus } from '../../definition/run-status';
import { importContacts } from '../../ledger/contacts-import';
import { readDecisionActions, readDecisions } from '../../ledger/decisions';
import { findRun } from '../../ledger/runs';
import { askStatus, decideAtGate } from '../../operations/decide';
import { launch } from '../../operations/launch';
import { eventually } from '../support/eventually';
import { clickMetric, experimentCampaign } from '../support/experiments';
import { testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, stageSecretKey } from '../support/stage';
import { checkDeliveries } from './checker';

let stage: Stage;
let sink: SmtpSink;

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections: 5 });
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
}, 60_000);

const people = 400;

test('a worker killed while it waits at, measures in, and acts on a checkpoint: one decision, alpha spent once, nobody mailed twice', async () => {
  await importPeople();
  const operator = { client: stage.client, database: stage.database };
  const campaign = experimentCampaign({
    metrics: [{ ...clickMetric, window: 8_000 }],
    checkpoint: { after: { minRecipients: people / 2, timeout: 600_000 } },
  });
  let worker = await stage.startWorker();
  const { runId } = await launch(operator, {
    campaign,
    revision: revisionOf(campaign),
    files: [{ path: 'offer.html', content: readFileSync(`${__dirname}/../fixtures/offer.html`) }],
    planHash: 'c'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: people,
    tuning: { heartbeatTimeoutMs: 2_000 },
  });
  const { planHash } = await status(runId, ({ gates }) => gates.some(({ state }) => state === 'open'));
  const ana = testWorkspace.people.ana;
  if (!ana) throw new Error('ana');
  await decideAtGate(operator, { runId, gate: 'content', verdict: 'approve', person: ana, planHash, via: 'cli' });

  // While it waits.
  await status(runId, ({ waiting }) => waiting !== undefined);
  await stage.database.query(
    `insert into events (source, id, kind, contact_id, occurred_at)
     select 'test', 'c' || d.seq, 'clicked', d.contact_id, d.settled_at + interval '1 second' from deliveries d
      where d.status = 'sent' and (d.arm = 'b' and d.seq % 2 = 0 or d.seq % 20 = 0)`,
  );
  await worker.kill();
  const measuring = await block(`select pg_advisory_lock(hashtext('volante look'), hashtext('1:offer'))`);
  worker = await stage.startWorker();

  // While it measures.
  await measuring.somebodyWaits();
  await worker.kill();
  const acting = await block('begin; lock table decision_actions in access exclusive mode');
  await measuring.release();
  worker = await stage.startWorker();

  // While it acts.
  await acting.somebodyWaits();
  const run = await findRun(stage.database, runId);
  if (!run) throw new Error('no run');
  const decided = await readDecisions(stage.database, run.no);
  await worker.kill();
  await acting.release();
  worker = await stage.startWorker();

  const result = (await eventually(() => stage.client.workflow.getHandle(runId).result(), {
    timeoutMs: 180_000,
  })) as RunStatus;
  expect(result.phase).toBe('done');
  const decisions = await readDecisions(stage.database, run.no);
  expect(decisions).toEqual(decided);
  expect(decisions).toHaveLength(1);
  expect(decisions[0]).toMatchObject({ state: 'pass', judgement: { winner: 'b' } });
  expect(await readDecisionActions(stage.database, run.no)).toMatchObject([{ action: { do: 'promote', arm: 'b' } }]);
  expect(result.decisions).toMatchObject([{ look: 1, state: 'pass', action: 'promote b' }]);

  const messages = sink.messages.filter(({ to }) => !to.includes('ana@shop.example'));
  const verdict = await checkDeliveries({ databaseUrl: stage.databaseUrl, runId, step: 'offer', messages });
  expect(verdict).toMatchObject({ members: people, twice: [], sentButNotArrived: [], unaccounted: [] });
  const { rows } = await stage.database.query(
    `select arm, count(*)::int as n from deliveries where wave = 2 and status = 'sent' group by arm`,
  );
  expect(rows).toEqual([{ arm: 'b', n: people / 2 }]);
}, 420_000);

function status(runId: string, is: (status: RunStatus) => boolean): Promise<RunStatus> {
  return eventually(
    async () => {
      const seen = await askStatus(stage.client, runId);
      return is(seen) ? seen : undefined;
    },
    { timeoutMs: 120_000 },
  );
}

/** Holds a lock that the worker needs, so that it can be killed at that very place. */
async function block(statement: string): Promise<{ somebodyWaits(): Promise<void>; release(): Promise<void> }> {
  const holder = new Client({ connectionString: stage.databaseUrl });
  await holder.connect();
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  await holder.query(statement);
  return {
    async somebodyWaits() {
      await eventually(
        async () => {
          const waiting = await stage.database.query(
            'select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))',
            [rows[0]?.pid],
          );
          return (waiting.rowCount ?? 0) > 0 || undefined;
        },
        { timeoutMs: 120_000, what: 'the worker is where it shall be killed' },
      );
    },
    release: () => holder.end(),
  };
}

async function importPeople(): Promise<void> {
  const lines = Array.from({ length: people }, (_, n) => `p${n}@d${n % 20}.example,Name${n},granted,test,2026-01-01`);
  const csv = ['email,firstName,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
}
