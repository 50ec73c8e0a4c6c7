import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { isWhole, plainCode } from '../../ledger/promotions/codes';
import { findRun } from '../../ledger/runs';
import { abortRun } from '../../workflows/messages';
import { askTill, codesBudget, euros, promotionStep } from '../support/promotions';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment, {
    workspace: {
      platforms: { mail: { kind: 'smtp', url: 'smtp://127.0.0.1', connections: 5, costPerMessage: euros(0.001) } },
    },
  });
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const offer = () => {
  const step = emailStep();
  const { email } = testCampaign({ steps: [step] }).steps[0] as { email: { subject: string } };
  return emailStep({
    email: { ...email, subject: 'Your code {{ promotion.code }}: {{ promotion.discount }}' },
  } as object);
};

test('codes are issued after the gate within the budget; who has none gets no mail that shows one, and the books balance', async () => {
  await harness.importPeople(30);
  const campaign = testCampaign({
    budget: codesBudget(500, 510),
    steps: [gateStep(), promotionStep(), offer()],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'codes').detail).toBe('25 have a code, 5 not: budget');
    expect(stepOf(status, 'offer').books).toMatchObject({ targeted: 30, sent: 25, invalid: 5, open: 0 });
    const run = await findRun(harness.database, runId);
    expect(await moneyLines(harness.database, run?.no ?? 0)).toMatchObject([
      { line: 'promotion', reserved: 500e6, available: 0, committed: 0 },
      { line: 'unassigned', committed: 25_000, available: 10e6 - 25_000, beyond: 0 },
    ]);
    expect(await auditBook(harness.database, run?.no ?? 0)).toEqual([]);
  });
  const subjects = harness.customerMail().map(({ raw }) => /Subject: (.*(?:\r\n .*)*)/.exec(raw.toString())?.[1] ?? '');
  const codes = subjects.map((subject) => /[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(decoded(subject))?.[0] ?? '');
  expect(new Set(codes).size).toBe(25);
  expect(codes.every((code) => isWhole(plainCode(code)))).toBe(true);
});

test('an abort disables what is not redeemed, gives its money back, and says what it cannot take back', async () => {
  await harness.importPeople(10);
  const campaign = testCampaign({
    budget: codesBudget(500),
    steps: [gateStep(), promotionStep(), { id: 'rest', kind: 'wait', wait: { for: 5 * 24 * 3600_000 } }, offer()],
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(campaign);
    await decide(harness, runId, 'ana');
    await environment.sleep('1 hour');
    const run = await findRun(harness.database, runId);
    const { rows } = await harness.database.query<{ code: string }>(
      'select code from promotion_codes order by no limit 1',
    );
    const use = { source: 'shop', code: rows[0]?.code ?? '', basket: euros(40), now: new Date() };
    expect(await askTill(harness.database, { act: 'redeem', ...use })).toMatchObject([{ state: 'redeemed' }]);
    await environment.client.workflow.getHandle(runId).signal(abortRun, { by: 'luis', reason: 'wrong discount' });
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('aborted');
    expect(stepOf(status, 'codes').detail).toBe(
      'undone: 9 codes disabled, 1 redeemed for 6.00 EUR cannot be taken back',
    );
    expect(await moneyLines(harness.database, run?.no ?? 0)).toMatchObject([
      { line: 'promotion', reserved: 0, committed: 6e6, available: 494e6 },
      {},
    ]);
    const { rows: left } = await harness.database.query(`select from promotion_codes where state = 'active'`);
    expect(left).toHaveLength(0);
  });
});

function decoded(subject: string): string {
  return subject.replace(/=\?UTF-8\?B\?([^?]*)\?=\s*/g, (_, text: string) => Buffer.from(text, 'base64').toString());
}
