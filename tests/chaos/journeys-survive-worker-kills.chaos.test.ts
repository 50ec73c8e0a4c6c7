/**
 * Workers killed while journeys send and, in the long form (VOLANTE_CHAOS_KILLS=3), while they wait between steps and while
 * they send again. What arrived is counted at the SMTP sink, what was recorded with statements of this test's own.
 */
import { Readable } from 'node:stream';
import type { ResolvedStep } from '../../definition/resolved';
import type { RunStatus } from '../../definition/run-status';
import { importContacts } from '../../ledger/contacts-import';
import { storeInbox } from '../../ledger/inbox';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { wait } from '../support/journeys';
import { codesBudget, promotionStep } from '../support/promotions';
import { emailStep, standardEmail, testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, stageSecretKey } from '../support/stage';
import { openTrigger } from '../support/triggered-campaign';

const people = 40;
const isLong = Number(process.env.VOLANTE_CHAOS_KILLS ?? 1) >= 3;
// Longer than a dead worker can hold a journey up.
const timeout = isLong ? 150_000 : 45_000;
const connections = 5;
let stage: Stage;
let sink: SmtpSink;

beforeAll(async () => {
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections });
  const lines = Array.from({ length: people }, (_, n) => `p${n}@shop.example,c-${n},Name,granted,test,2026-01-01`);
  const csv = ['email,externalId,firstName,consent,consentSource,consentAt', ...lines].join('\n');
  await importContacts(stage.database, { source: Readable.from([csv]), file: 'people.csv', secretKey: stageSecretKey });
}, 240_000);

afterAll(async () => {
  await stage?.close();
  await sink?.stop();
}, 60_000);

const told = (n: number) => n % 2 === 0;
const tell = (type: string, wanted: (n: number) => boolean) =>
  storeInbox(
    stage.database,
    Array.from({ length: people }, (_, n) => n)
      .filter(wanted)
      .map((n) => ({
        source: 'shop',
        id: `${type}-${n}`,
        type,
        about: { externalId: `c-${n}` },
        occurredAt: new Date(),
        data: {},
      })),
  );
const count = async (what: string) =>
  (await stage.database.query<{ count: number }>(`select count(*)::int as count from ${what}`)).rows[0]?.count ?? 0;
const customerMail = () =>
  sink.messages.filter(({ to }) => !to.some((address) => address === testWorkspace.people.ana?.email));
const subjectOf = (raw: string) => /^Subject: (.*)$/m.exec(raw)?.[1]?.trim() ?? '';
const said = (subject: string) => customerMail().filter(({ raw }) => subjectOf(raw) === subject).length;
const saying = (id: string, more: Partial<ResolvedStep> = {}) =>
  emailStep({ id, onLate: 'send', email: { ...standardEmail, subject: id }, ...more });

test('journeys go on where they were: nobody is mailed twice, nobody has two codes, all end, and every book balances', async () => {
  sink.behave(() => ({ do: 'accept', afterMs: 300 }));
  let worker = await stage.startWorker();
  const runId = await openTrigger(stage, {
    id: 'winback',
    trigger: { events: ['basket.left'] },
    budget: codesBudget(people * 20),
    steps: [
      promotionStep(),
      saying('first'),
      wait('answer', { event: { events: ['came.back'], timeout } }),
      saying('thanks', { if: 'steps["answer"].happened' }),
      saying('again', { if: '!steps["answer"].happened', needs: ['thanks'] }),
    ],
  });
  await tell('basket.left', () => true);
  await eventually(() => said('first') >= people / 4, { timeoutMs: 60_000, what: 'first letters' });
  await worker.kill();
  worker = await stage.startWorker();

  await eventually(async () => (await count(`journeys where step = 'answer'`)) === people, {
    timeoutMs: 120_000,
    what: 'everybody waits',
  });
  if (isLong) await worker.kill();
  await tell('came.back', told);
  if (isLong) worker = await stage.startWorker();
  await eventually(() => said('thanks') >= people / 4, { timeoutMs: 120_000, what: 'second letters' });
  if (isLong) {
    await worker.kill();
    worker = await stage.startWorker();
  }
  await eventually(async () => (await count(`journeys where state <> 'ended'`)) === 0, {
    timeoutMs: 300_000,
    what: 'every journey has ended',
  });

  const heard = customerMail().map(({ to, raw }) => `${to.join()} ${subjectOf(raw)}`);
  const inDoubt = await count(`deliveries where status = 'in_doubt'`);
  process.stderr.write(`journeys: ${heard.length} letters arrived, ${inDoubt} in doubt\n`);
  expect(heard.filter((each, n) => heard.indexOf(each) !== n)).toEqual([]);
  expect(await count(`journeys where outcome <> 'completed'`)).toBe(0);
  expect(await count('promotion_codes')).toBe(people);
  expect(await count(`(select from deliveries where status = 'sent' and step = 'first') d`)).toBeGreaterThan(0);
  const { rows } = await stage.database.query<{ address: string; step: string; status: string }>(
    `select c.address, d.step, d.status from deliveries d join contacts c on c.id = d.contact_id`,
  );
  expect(rows).toHaveLength(people * 3);
  const arrived = new Set(heard);
  for (const { address, step, status } of rows) {
    const isOther = step !== 'first' && (step === 'thanks') !== told(Number(/\d+/.exec(address)?.[0]));
    if (isOther) expect([address, step, status]).toEqual([address, step, 'cancelled']);
    else expect(['sent', 'in_doubt']).toContain(status);
    if (status !== 'in_doubt')
      expect([address, step, arrived.has(`${address} ${step}`)]).toEqual([address, step, !isOther]);
  }
  // Doubt is bounded by what is on the wire when a worker dies.
  expect(inDoubt).toBeLessThanOrEqual(2 * connections);

  await controlRun(
    { client: stage.client, database: stage.database },
    { runId, verb: 'abort', by: 'luis', reason: 'enough' },
  );
  const result = (await stage.client.workflow.getHandle(runId).result()) as RunStatus;
  const booksOf = (id: string) => result.steps.find((step) => step.id === id)?.books;
  for (const id of ['first', 'thanks', 'again']) expect(booksOf(id)).toMatchObject({ targeted: people, open: 0 });
  const { no = 0 } =
    (await stage.database.query<{ no: number }>('select no from runs where run_id = $1', [runId])).rows[0] ?? {};
  expect(await auditBook(stage.database, no)).toEqual([]);
  expect((await moneyLines(stage.database, no))[0]).toMatchObject({ reserved: 0, committed: 0 });
  await worker.stop();
}, 780_000);
