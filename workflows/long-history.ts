/** Runs that stand for months begin a new history from time to time; what they know goes with them, and nobody notices. */
import { allHandlersFinished, condition, continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import type { campaignRun } from './campaign-run';
import type { RunState } from './run-state';

/** About three months of a program's days: few enough to replay in a moment. */
const mostEvents = 1_000;

/**
 * To be called between two looks, when nothing is under way. Signals that come in the same moment are in the state that is
 * carried: Temporal refuses to end a history with one that was not heard.
 */
export async function continueWhenLong(run: RunState): Promise<void> {
  if (!isLong() || !patched('standing-runs-continue')) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof campaignRun>(run.plan, run.carry());
}

function isLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > mostEvents;
}
