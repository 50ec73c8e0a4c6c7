/** What a run writes into, and reads from, its books between deliveries. */
import type { Books } from '../definition/run-status';
import { revokeApprovalTokens } from '../ledger/approval-tokens';
import { recordFact } from '../ledger/audit';
import { booksBalance, stepBooks } from '../ledger/books';
import { stepsTaken } from '../ledger/journeys/followed';
import { postSendCost } from '../ledger/money/send-cost';
import { setDispatch, setPhase } from '../ledger/runs';
import { planSweep } from '../ledger/sweeps';
import { storedRevision } from './campaign-steps';
import { closeRange } from './close-range';
import type { ControlActivities, RunRef } from './contract';
import type { ActivityDependencies } from './dependencies';

type StepEnd = Parameters<ControlActivities['closeStep']>[0] & { books?: Books };

const mostRanges = 500;

export function createBookActivities({
  database,
  metrics,
  workspace,
}: ActivityDependencies): Pick<
  ControlActivities,
  'planSweep' | 'closeDeliveries' | 'countBooks' | 'recordStep' | 'closeStep' | 'recordGate' | 'finishRun'
> {
  const taken = async ({ runNo, revision }: RunRef) => {
    const { campaign } = await storedRevision(database, revision);
    return (await stepsTaken(database, { no: runNo, campaign, revision })).map(({ step }) => step);
  };
  /** What was sent is spent, whatever becomes of the run. */
  const postCost = async ({ run, step, now }: { run: RunRef; step: string; now: string }) => {
    const found = (await taken(run)).find(({ id }) => id === step);
    const price = found?.kind === 'email' ? workspace.platforms[found.email.platform]?.costPerMessage : undefined;
    if (price) await postSendCost(database, { runNo: run.runNo, step, price, at: new Date(now) });
  };
  const recordEnd = (end: StepEnd) =>
    recordFact(database, {
      at: new Date(end.now),
      runId: end.run.runId,
      actor: 'volante',
      action: `step.${end.state}`,
      subject: end.step,
      detail: { ...(end.detail !== undefined && { detail: end.detail }), ...(end.books && { books: end.books }) },
      factKey: `${end.run.runId}:${end.step}:${end.state}:${end.now}`,
    });
  return {
    async planSweep({ run, step, range, now, stretch }) {
      const { nextDueAt, ...sweep } = await planSweep(database, {
        runNo: run.runNo,
        step,
        range,
        now: new Date(now),
        stretch,
        most: mostRanges,
      });
      return { ...sweep, nextDueAt: nextDueAt?.toISOString() };
    },

    async closeDeliveries({ run, step, range, as, detail, now }) {
      await closeRange(database, { runNo: run.runNo, step, range, as, detail, now: new Date(now) });
    },

    countBooks: ({ run, step }) => stepBooks(database, { runNo: run.runNo, step }),

    recordStep: recordEnd,

    async closeStep(end) {
      const books = await stepBooks(database, { runNo: end.run.runNo, step: end.step });
      await postCost(end);
      await recordEnd({ ...end, books });
      return books;
    },

    async recordGate({ run, gate, planHash, outcome, decisions, now }) {
      for (const { by, verdict, at, via, noteId } of decisions)
        await recordFact(database, {
          at: new Date(at),
          runId: run.runId,
          actor: by,
          action: 'gate.decided',
          subject: gate,
          detail: { verdict, via, planHash, ...(noteId !== undefined && { noteId }) },
          factKey: `${run.runId}:${gate}:${by}:${at}`,
        });
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: `gate.${outcome}`,
        subject: gate,
        detail: { planHash },
        factKey: `${run.runId}:${gate}:${outcome}:${now}`,
      });
      await revokeApprovalTokens(database, run.runId, gate);
    },

    async finishRun({ run, phase, now }) {
      if (phase !== 'done') await setDispatch(database, run.runNo, 'closed');
      const unbalanced: string[] = [];
      for (const step of await taken(run)) {
        if (step.kind !== 'email') continue;
        const ref = { runNo: run.runNo, step: step.id };
        const before = await stepBooks(database, ref);
        if (before.open > 0)
          await closeRange(database, {
            ...ref,
            range: { from: 1, to: before.targeted },
            as: 'cancelled',
            detail: `the run ended: ${phase}`,
            now: new Date(now),
          });
        await postCost({ run, step: step.id, now });
        if (!booksBalance(await stepBooks(database, ref))) unbalanced.push(step.id);
      }
      await setPhase(database, run.runNo, unbalanced.length === 0 ? phase : 'failed', new Date(now));
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: `run.${phase}`,
        detail: { unbalanced },
        factKey: `${run.runId}:finished`,
      });
      metrics.booksOutOfBalance.inc(unbalanced.length);
      return { balanced: unbalanced.length === 0, unbalanced };
    },
  };
}
