/** Histories of what has books: loyalty programs, promotions, points, and a journey with a step of every kind. */
import { bookAwards } from '../../ledger/loyalty/award';
import { findProgram } from '../../ledger/loyalty/programs';
import { spendPoints } from '../../ledger/loyalty/spend';
import { countCredits } from '../../ledger/loyalty/store-credit';
import { askStatus } from '../../operations/decide';
import { dispatchOnce } from '../../operations/dispatch-inbox';
import { creditConsumer } from '../../operations/loyalty/pay-credits';
import { clubCampaign } from '../support/club';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, shopOf, wait } from '../support/journeys';
import { codesBudget, euros, pacedBudget, promotionStep } from '../support/promotions';
import { emailStep, gateStep, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { type RecordingStage, type Scenario, say } from './scenario';

const hourMs = 3600_000;
const bonus = (program: string) => ({
  id: 'bonus',
  kind: 'loyalty' as const,
  loyalty: { program, award: 50, to: 'all' as const, after: 0, undo: 'reverse' as const },
});

/** @returns the run of an open program */
async function openClub({ harness }: RecordingStage, name = 'Club'): Promise<string> {
  const { runId } = await harness.launch(clubCampaign({ pending: 0 }, { name }));
  await decide(harness, runId, 'ana', { gate: 'terms' });
  const isTended = async () => (await askStatus(harness.environment.client, runId)).phase === 'waiting';
  await eventually(async () => (await findProgram(harness.database, programOf(runId))) && (await isTended()));
  return runId;
}
const programOf = (runId: string) => runId.split('/')[1] ?? '';

export const bookScenarios: Record<string, Scenario> = {
  async program(stage) {
    const runId = await openClub(stage);
    await stage.environment.sleep('3 days');
    await say(stage, runId, 'pause');
    await stage.environment.sleep('3 days');
    await say(stage, runId, 'resume');
    await stage.environment.sleep('3 days');
    await say(stage, runId, 'abort');
    await resultOf(stage.harness, runId);
    return runId;
  },
  async 'program-taken-over'(stage) {
    const runId = await openClub(stage);
    const second = await openClub(stage, 'Changed');
    await resultOf(stage.harness, runId);
    await say(stage, second, 'abort');
    return runId;
  },
  async 'program-continued'(stage) {
    const runId = await openClub(stage);
    const first = await stage.environment.client.workflow.getHandle(runId).describe();
    await stage.environment.sleep('120 days');
    await say(stage, runId, 'abort');
    await resultOf(stage.harness, runId);
    return [runId, first.runId];
  },
  /** The history after the one that became too long. */
  async 'program-carried'(stage) {
    const runId = await openClub(stage);
    await stage.environment.sleep('120 days');
    await say(stage, runId, 'abort');
    await resultOf(stage.harness, runId);
    return runId;
  },
  async promotion({ harness }) {
    const steps = [gateStep(), promotionStep(), emailStep()];
    const { runId } = await harness.launch(testCampaign({ budget: codesBudget(400), steps }));
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
  /** It waits for the pace of its line. */
  async 'promotion-paced'({ harness }) {
    const steps = [gateStep(), promotionStep(), emailStep()];
    const { runId } = await harness.launch(testCampaign({ budget: pacedBudget(800, 300), steps }));
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
  async 'promotion-undone'(stage) {
    const steps = [gateStep(), promotionStep(), { id: 'rest', kind: 'wait' as const, wait: { for: 48 * hourMs } }];
    return untilRestAndAborted(stage, testCampaign({ budget: codesBudget(400), steps }));
  },
  async 'loyalty-undone'(stage) {
    const program = programOf(await openClub(stage));
    const steps = [gateStep(), bonus(program), { id: 'rest', kind: 'wait' as const, wait: { for: 48 * hourMs } }];
    return untilRestAndAborted(stage, testCampaign({ steps }));
  },
  async 'journey-every-step'(stage) {
    const { harness, environment } = stage;
    const program = programOf(await openClub(stage));
    const shop = shopOf(harness, { clock: async () => new Date(await environment.currentTimeMs()) });
    const runId = await shop.open(
      journeyCampaign(
        [
          promotionStep(),
          letter('hello'),
          wait('rest', { for: hourMs }),
          wait('morning', { timeOfDay: '10:00' }),
          wait('answer', { event: { events: ['review.written'], timeout: 48 * hourMs } }),
          bonus(program),
          {
            id: 'tell',
            kind: 'notify',
            notify: { to: ['ops'], subject: 'A journey', message: 'Somebody has points.' },
          },
          letter('never', { if: '!steps["answer"].happened' }),
        ],
        { budget: codesBudget(400) },
      ),
    );
    await shop.tell('order.paid', 1);
    await shop.dispatch();
    await environment.sleep('26 hours');
    await shop.tell('review.written', 1);
    await shop.dispatch();
    const [journey] = await shop.ended(1);
    await say(stage, runId, 'abort');
    await resultOf(harness, runId);
    return journey?.workflowId ?? '';
  },
};

async function untilRestAndAborted(
  stage: RecordingStage,
  campaign: Parameters<RecordingStage['harness']['launch']>[0],
): Promise<string> {
  const { harness } = stage;
  const { runId } = await harness.launch(campaign);
  await decide(harness, runId, 'ana');
  await eventually(async () => stepOf(await askStatus(harness.environment.client, runId), 'rest').state === 'running');
  await say(stage, runId, 'abort');
  await resultOf(harness, runId);
  return runId;
}

/** A member spends points for store credit; the shop does not know the member, so the points come back. */
export async function payOneCredit(stage: RecordingStage): Promise<string> {
  const { harness, environment } = stage;
  const { database, taskQueue } = harness;
  await harness.importPeople(1);
  const program = await findProgram(database, programOf(await openClub(stage)));
  const { rows } = await database.query<{ id: string }>('select id from contacts');
  const contactId = rows[0]?.id ?? '';
  if (!program) throw new Error('the program is not open');
  const now = new Date();
  await bookAwards(database, {
    program,
    awards: [{ contactId, key: 'recorded', points: 100n }],
    origin: { kind: 'adjust', detail: {} },
    activeAt: now,
    now,
  });
  const credit = { amount: euros(5), platform: 'shop' };
  const spent = await spendPoints(database, { program, contactId, key: 'bill', points: 50n, credit, now });
  if (!spent.done) throw new Error(spent.reason);
  const consumers = [creditConsumer({ client: environment.client, taskQueue })];
  while ((await dispatchOnce({ database, consumers })) > 0);
  const settled = async () => (await countCredits(database, program.id)).owed === 0;
  await eventually(settled, { what: 'the credit is settled' });
  const credits = await database.query<{ no: string }>('select no from loyalty_credits');
  return `store-credit/${credits.rows[0]?.no}`;
}
