import { MockActivityEnvironment, type TestWorkflowEnvironment } from '@temporalio/testing';
import { createControlActivities } from '../../activities';
import { pushCodes } from '../../activities/promotions-outside';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { readFacts, recordFact } from '../../ledger/audit';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { shownCode } from '../../ledger/promotions/codes';
import { promotionReports } from '../../ledger/promotions/report';
import { sweepPromotions } from '../../workers/worker/promotion-sweep';
import { OutsidePlatform } from '../support/outside-platform';
import { euros, issuedRun } from '../support/promotions';
import { type Harness, runHarness, testCampaign } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: OutsidePlatform;
const hour = 3600_000;
const issuedAt = new Date('2026-11-01T10:00:00Z');
const after = (hours: number) => new Date(issuedAt.getTime() + hours * hour);

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, { deps: { promotionsOf: () => shop } });
  await harness.importPeople(10);
});

beforeEach(() => {
  shop = new OutsidePlatform();
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
});

const terms: Partial<PromotionTerms> = {
  discount: { kind: 'amount', amount: euros(5) },
  worth: euros(5),
  platform: 'pay',
  validUntil: { for: 24 * hour },
};

async function pushedRun() {
  const issued = await issuedRun(harness.database, { terms, budget: 1_000, now: issuedAt });
  await pushCodes(harness.deps, {
    ...{
      runNo: issued.runNo,
      step: 'codes',
      runId: issued.run.runId,
      campaign: testCampaign({ steps: [] }),
      now: issuedAt,
    },
    onProgress: () => undefined,
  });
  return issued;
}

const line = async (runNo: number) => (await moneyLines(harness.database, runNo))[0];
const sweep = (hours: number) => sweepPromotions(harness.deps, after(hours));

test('what was used at the shop is spent when codes expire, and only the rest is available again', async () => {
  const { runNo, codes } = await pushedRun();
  for (const code of codes.slice(0, 4)) expect(shop.use(shownCode(code))).toBe(true);
  await sweep(23);
  expect(await line(runNo)).toMatchObject({ reserved: 50e6, committed: 0, available: 950e6 });
  await sweep(24);
  expect(await line(runNo)).toMatchObject({ reserved: 0, committed: 20e6, available: 980e6 });
  expect(shop.live).toBe(0);
  await sweep(25);
  expect(await line(runNo)).toMatchObject({ reserved: 0, committed: 20e6, available: 980e6 });
  expect(await promotionReports(harness.database, runNo)).toMatchObject([{ redeemed: 4 }]);
  expect(await auditBook(harness.database, runNo)).toEqual([]);
});

test('while the shop does not answer the money stays reserved, and others expire meanwhile', async () => {
  const { runNo, codes } = await pushedRun();
  const { runNo: own } = await issuedRun(harness.database, {
    terms: { ...terms, platform: 'built-in' },
    budget: 1_000,
    now: issuedAt,
  });
  shop.use(shownCode(codes[9] ?? ''));
  shop.isAway = true;
  await sweep(30);
  expect(await line(runNo)).toMatchObject({ reserved: 50e6, committed: 0, available: 950e6 });
  expect(await line(own)).toMatchObject({ reserved: 0, committed: 0, available: 1_000e6 });
  shop.isAway = false;
  await Promise.all([sweep(31), sweep(31)]);
  expect(await line(runNo)).toMatchObject({ reserved: 0, committed: 5e6, available: 995e6 });
  expect(await auditBook(harness.database, runNo)).toEqual([]);
});

test('a promotion in journeys is one fact of the audit, however many come; in a run for all it is one for each page', async () => {
  const { issueCodes } = createControlActivities(harness.deps);
  const planHash = 'd'.repeat(64);
  const factsOf = async (trigger: boolean) => {
    const { run } = await issuedRun(harness.database, {
      budget: 1_000,
      campaign: trigger ? { trigger: { events: ['order.paid'], reentry: 'never', exits: [] } } : {},
    });
    await harness.database.query('update runs set plan_hash = $2 where no = $1', [run.runNo, planHash]);
    const approval = {
      runId: run.runId,
      actor: 'ana',
      action: 'gate.approved',
      subject: 'content',
      detail: { planHash },
    };
    await recordFact(harness.database, { at: issuedAt, ...approval });
    for (const seq of [1, 2, 3, 1])
      await new MockActivityEnvironment().run(issueCodes, {
        ...{ run, step: 'codes', range: { from: seq, to: seq }, gates: ['content'], planHash },
        now: issuedAt.toISOString(),
      });
    return (await readFacts(harness.database, run.runId)).map(({ action }) => action);
  };
  expect(await factsOf(true)).toEqual(['gate.approved', 'promotion.opened']);
  expect(await factsOf(false)).toEqual(['gate.approved', 'promotion.issued', 'promotion.issued', 'promotion.issued']);
});
