/** Worker processes that die between asking Medusa and writing down its answer. */
import { Readable } from 'node:stream';
import { revisionOf } from '../../definition/revision';
import { importContacts } from '../../ledger/contacts-import';
import { bookAwards } from '../../ledger/loyalty/award';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { spendPoints } from '../../ledger/loyalty/spend';
import { countCredits } from '../../ledger/loyalty/store-credit';
import { askStatus, decideAtGate } from '../../operations/decide';
import { launch } from '../../operations/launch';
import { clubCampaign } from '../support/club';
import { CuttingProxy } from '../support/cutting-proxy';
import { describeWhen } from '../support/describe-when';
import { eventually } from '../support/eventually';
import { MedusaServer, whyNoMedusa } from '../support/medusa-server';
import { addCustomer, creditsOf } from '../support/medusa-shop';
import { euros } from '../support/promotions';
import { testWorkspace } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, type StageWorker, stageSecretKey } from '../support/stage';

const credit = { amount: euros(5), platform: 'shop' };

describeWhen('Medusa 2.21.2, workers killed', whyNoMedusa(), () => {
  const medusa = new MedusaServer();
  let proxy: CuttingProxy;
  let sink: SmtpSink;
  let stage: Stage;
  let worker: StageWorker;
  let program: Program;

  beforeAll(async () => {
    await medusa.start();
    proxy = await CuttingProxy.before(medusa.url);
    const shop = { url: proxy.url, token: medusa.token };
    sink = await smtpSink();
    stage = await Stage.open({ smtpUrl: sink.url, connections: 1, medusa: shop });
    worker = await stage.startWorker();
    program = await openClub();
  }, 300_000);

  afterAll(async () => {
    await stage?.close();
    await sink?.stop();
    await proxy?.close();
    await medusa.remove();
  }, 60_000);

  async function openClub(): Promise<Program> {
    const rewards = [{ id: 'voucher', cost: 50, storeCredit: credit }];
    const campaign = clubCampaign({ rewards });
    const operator = { client: stage.client, database: stage.database };
    const { runId } = await launch(operator, {
      campaign,
      revision: revisionOf(campaign),
      files: [],
      planHash: 'c'.repeat(64),
      environment: 'stage',
      by: 'luis',
      targeted: 0,
    });
    const { planHash } = await eventually(async () => {
      const seen = await askStatus(stage.client, runId);
      return seen.gates.some(({ state }) => state === 'open') ? seen : undefined;
    });
    const { ana } = testWorkspace.people;
    if (!ana) throw new Error('ana');
    await decideAtGate(operator, { runId, gate: 'terms', verdict: 'approve', person: ana, planHash, via: 'cli' });
    return eventually(() => findProgram(stage.database, campaign.id), { what: 'an open program' });
  }

  /** Somebody spends points for 5 EUR. @returns the customer at Medusa */
  async function spend(name: string): Promise<string> {
    const email = `${name}@example.com`;
    const csv = `email,consent,consentSource,consentAt\n${email},granted,test,2026-01-01`;
    await importContacts(stage.database, { source: Readable.from([csv]), file: 'm.csv', secretKey: stageSecretKey });
    const { rows } = await stage.database.query<{ id: string }>('select id from contacts where address = $1', [email]);
    const contactId = rows[0]?.id ?? '';
    const customer = await addCustomer(medusa, email);
    const now = new Date();
    const awards = [{ contactId, key: `test:${name}`, points: 100n }];
    const origin = { kind: 'adjust', detail: {} } as const;
    await bookAwards(stage.database, { program, awards, origin, activeAt: now, now });
    await spendPoints(stage.database, { program, contactId, key: name, points: 50n, credit, now });
    return customer;
  }

  const paid = (count: number) =>
    eventually(async () => (await countCredits(stage.database, program.id)).paid === count, {
      timeoutMs: 240_000,
      what: `${count} credits are paid`,
    });

  /** Holds the first request for a credit, or its answer, until `release`. */
  function holdCredit(where: 'before' | 'after'): { release(): void; asked: number } {
    const held = { release: () => {}, asked: 0 };
    const until = new Promise<void>((resolve) => {
      held.release = resolve;
    });
    proxy.meddle = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/credit')) return undefined;
      held.asked += 1;
      return held.asked === 1 ? { [where]: until } : undefined;
    };
    return held;
  }

  test('killed after Medusa has credited and before it is written down: the next worker finds it', async () => {
    const held = holdCredit('after');
    const customer = await spend('ana');
    await eventually(async () => (await creditsOf(medusa, customer)).length === 1, { what: 'Medusa has credited' });
    await worker.kill();
    held.release();
    expect(await countCredits(stage.database, program.id)).toMatchObject({ inDoubt: 1, paid: 0 });
    worker = await stage.startWorker();
    await paid(1);
    expect([await creditsOf(medusa, customer), held.asked]).toEqual([[5], 1]);
  }, 300_000);

  test('killed while the request is on its way: the next worker waits until it has arrived', async () => {
    const held = holdCredit('before');
    const customer = await spend('eva');
    await eventually(() => held.asked === 1, { what: 'the request is on its way' });
    await worker.kill();
    let looked = 0;
    const meddle = proxy.meddle;
    proxy.meddle = (request) => {
      if (request.path.includes('/transactions')) looked += 1;
      return meddle?.(request);
    };
    worker = await stage.startWorker();
    await eventually(() => looked >= 2, { timeoutMs: 180_000, what: 'the next worker looks for it' });
    expect([await creditsOf(medusa, customer), held.asked]).toEqual([[], 1]);
    held.release();
    await paid(2);
    expect([await creditsOf(medusa, customer), held.asked]).toEqual([[5], 1]);
  }, 300_000);
});
