/** A checkpoint's three questions: is it time, what do the data say, and what was done. */
import { Context } from '@temporalio/activity';
import { judge } from '../decisions/judge';
import type { CheckpointState, Judgement } from '../decisions/judgement';
import { epochOf, metricsOf } from '../definition/epoch';
import type { DecisionView } from '../definition/run-status';
import { recordFact } from '../ledger/audit';
import { moveBudget } from '../ledger/budget';
import { type DecisionRow, recordDecisionAction, takeLook } from '../ledger/decisions';
import { setPhase } from '../ledger/runs';
import { refreshStatistics } from '../ledger/statistics';
import { whileAlive } from '../telemetry/alive';
import { checkpointOf, releasingStep, storedRevision } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';
import { gatherEvidence } from './evidence';
import type { MeasuringActivities } from './measuring-contract';
import { readinessOf } from './readiness';

/** Tries at a measurement before it counts as one that cannot be taken. */
const mostTries = 5;

export function createCheckpointActivities(
  deps: ActivityDependencies,
): Pick<
  MeasuringActivities,
  'probeCheckpoint' | 'judgeCheckpoint' | 'recordBreach' | 'recordDecisionAction' | 'adjustBudget'
> {
  const { database } = deps;
  return {
    async probeCheckpoint({ run, step: stepId, checkpoint: id, waitingSince, reported, now }) {
      const { campaign } = await storedRevision(database, run.revision);
      const step = releasingStep(campaign, stepId);
      const { after } = checkpointOf(step, id);
      return readinessOf(database, {
        runNo: run.runNo,
        step,
        after,
        metrics: metricsOf(campaign.metrics, step.id),
        waitingSince: new Date(waitingSince),
        reported,
        now: new Date(now),
      });
    },

    async judgeCheckpoint({ run, step: stepId, checkpoint: id, look, excluded, final, timedOut, now }) {
      const { campaign, gitCommit } = await storedRevision(database, run.revision);
      const step = releasingStep(campaign, stepId);
      const checkpoint = checkpointOf(step, id);
      const epoch = epochOf(campaign.metrics, step);
      const key = { runNo: run.runNo, step: step.id, epoch, id: decisionId(run.runId, `${step.id}/${id}`, look) };
      await setPhase(database, run.runNo, 'checkpoint');
      await refreshStatistics(database);
      const row = await whileAlive(() =>
        takeLook(database, key, async (looks): Promise<DecisionRow> => {
          const evidence = await gatherEvidence(deps, {
            run,
            campaign,
            step,
            quality: checkpoint.quality,
            requireGuardrails: checkpoint.requireGuardrails,
            excluded,
            final,
            looks,
            now: new Date(now),
            mayRetry: Context.current().info.attempt < mostTries,
          });
          const judgement = judge(evidence);
          const state = timedOut && judgement.state === 'pass' ? 'inconclusive' : judgement.state;
          return {
            ...key,
            checkpoint: id,
            look,
            at: new Date(now),
            state,
            declared: checkpoint.decide[state],
            evidence,
            judgement,
            method: judgement.methodVersion,
            revision: run.revision,
            gitCommit,
          };
        }),
      );
      await recordJudged(deps, run.runId, row);
      return decisionView(row);
    },

    async recordBreach({ run, step, breach, no, now }) {
      const id = decisionId(run.runId, `${step}/monitor`, no);
      const { campaign, gitCommit } = await storedRevision(database, run.revision);
      const epoch = epochOf(campaign.metrics, releasingStep(campaign, step));
      const row = await takeLook(database, { runNo: run.runNo, step, epoch, id }, async () => ({
        id,
        runNo: run.runNo,
        step,
        checkpoint: 'monitor',
        look: no,
        epoch,
        at: new Date(now),
        state: 'fail',
        declared: { do: 'abort' },
        evidence: {},
        judgement: breachJudgement(breach),
        method: 'decisions/1',
        revision: run.revision,
        gitCommit,
      }));
      await recordJudged(deps, run.runId, row);
      return decisionView(row);
    },

    async recordDecisionAction({ run, record, now }) {
      const { noteId, ...rest } = record;
      const action = { ...record.action, ...(noteId !== undefined && { noteId }) };
      await recordDecisionAction(database, run.runNo, { ...rest, action, at: new Date(now) });
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: record.actor,
        action: record.isOverride ? 'decision.overridden' : 'decision.acted',
        subject: record.decisionId.slice(run.runId.length + 1),
        detail: { action },
        factKey: `${record.decisionId}:${record.no}`,
      });
    },

    async adjustBudget({ run, decisionId: id, adjustment, now }) {
      const { campaign } = await storedRevision(database, run.revision);
      const { budget } = campaign;
      if (!budget) return { before: 0, after: 0, currency: '' };
      const { line, from, by, bounds } = adjustment;
      const moved = await moveBudget(database, {
        runNo: run.runNo,
        budget,
        want: (before) => (by.kind === 'relative' ? before * (1 + by.value) : before + by.value * 1_000_000),
        bounds: [bounds[0].micros, bounds[1].micros],
        move: { key: `${id}:${line}`, at: new Date(now), ...(from !== undefined && { from }), to: line, by: id },
      });
      return { ...moved, currency: budget.total.currency };
    },
  };
}

/** What a decision is called for ever: the run, the checkpoint, and which look it was. */
export function decisionId(runId: string, checkpoint: string, look: number): string {
  return `${runId}:${checkpoint}#${look}`;
}

/** A fact of the audit; the numbers stay in the book of decisions. */
export async function recordJudged(deps: ActivityDependencies, runId: string, row: DecisionRow): Promise<void> {
  await recordFact(deps.database, {
    at: row.at,
    runId,
    actor: 'volante',
    action: 'checkpoint.judged',
    subject: row.id.slice(runId.length + 1),
    detail: { state: row.state, declared: row.declared, method: row.method },
    factKey: row.id,
  });
}

export function decisionView(row: DecisionRow): DecisionView {
  const { judgement } = row;
  const { leader, winner, failing = [], futile = [], bandit } = judgement;
  return {
    id: row.id,
    step: row.step,
    checkpoint: row.checkpoint,
    look: row.look,
    at: row.at.toISOString(),
    state: row.state,
    reason: reasonOf(row.state, judgement),
    ...(leader !== undefined && { leader }),
    ...(winner !== undefined && row.state === 'pass' && { winner }),
    failing: [...failing, ...futile],
    ...(bandit?.burntIn && { weights: bandit.weights }),
  };
}

function reasonOf(state: CheckpointState, judgement: Partial<Judgement>): string {
  const reason = judgement.reason ?? '';
  return judgement.state !== undefined && judgement.state !== state
    ? `it waited too long for enough data, so nothing is promoted (the data alone: ${reason})`
    : reason;
}

function breachJudgement({ metric, arm, detail }: { metric: string; arm: string; detail: string }): Partial<Judgement> {
  return { methodVersion: 'decisions/1', state: 'fail', reason: `${metric} of ${arm}: ${detail}`, failing: [arm] };
}
