/** The switch that every claim looks at, and the check that an approval covers what is about to be sent. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { approvedGates, recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { judgeWaitingAnew } from '../ledger/deliveries';
import { findRun, setDispatch, setPhase } from '../ledger/runs';
import type { ControlActivities } from './contract';
import type { ActivityDependencies } from './dependencies';

export function createSwitchDispatch({ database }: ActivityDependencies): ControlActivities['switchDispatch'] {
  return async ({ run, dispatch, by, reason, now }) => {
    await setDispatch(database, run.runNo, dispatch);
    await setPhase(
      database,
      run.runNo,
      dispatch === 'open' ? 'sending' : dispatch === 'paused' ? 'paused' : 'aborting',
    );
    await recordFact(database, {
      at: new Date(now),
      runId: run.runId,
      actor: by,
      action: dispatch === 'open' ? 'run.resumed' : dispatch === 'paused' ? 'run.paused' : 'run.closed',
      detail: { reason },
      factKey: `${run.runId}:dispatch:${dispatch}:${now}`,
    });
  };
}

/**
 * Opens a delivery that an approval covers.
 * @throws ApplicationFailure NotApproved
 */
export function createOpenStep({ database }: ActivityDependencies): ControlActivities['openStep'] {
  return async ({ run, step, gates, planHash, now }) => {
    await requireApproval(database, { runId: run.runId, step, gates, planHash });
    await judgeWaitingAnew(database, { runNo: run.runNo, step, now: new Date(now) });
    await setDispatch(database, run.runNo, 'open');
    await setPhase(database, run.runNo, 'sending');
    await recordFact(database, {
      at: new Date(now),
      runId: run.runId,
      actor: 'volante',
      action: 'step.started',
      subject: step,
      detail: { planHash, approvedAt: gates },
      factKey: `${run.runId}:${step}:started`,
    });
  };
}

/**
 * The ledger must hold an approved gate of this very plan: the workflow's word alone is not enough.
 * @throws ApplicationFailure NotApproved
 */
export async function requireApproval(
  database: Database,
  { runId, step, gates, planHash }: { runId: string; step: string; gates: string[]; planHash: string },
): Promise<void> {
  const row = await findRun(database, runId);
  const approved = await approvedGates(database, { runId, planHash });
  if (row?.planHash !== planHash || !approved.some((gate) => gates.includes(gate)))
    throw ApplicationFailure.nonRetryable(
      `step ${step} has no approval of plan ${planHash.slice(0, 12)} before it`,
      failureTypes.notApproved,
    );
}
