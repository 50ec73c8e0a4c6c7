/** `amend`: a changed file reaches a run under way. */
import { ApplicationFailure, condition } from '@temporalio/workflow';
import { failureTypes } from '../definition/failure-types';
import type { AmendRequest } from '../definition/run-plan';
import { control } from './activities';
import type { Board } from './board';
import type { AmendReceipt } from './messages';
import type { RunState } from './run-state';
import { plainWords } from './steps/on-failure';
import { instant } from './time';
import { undoStep } from './undo';

/** Why the run does not take a changed file at all, or not this one; undefined when it does. */
export function whyNotAmended(run: RunState, { from }: AmendRequest): string | undefined {
  const { campaign, revision } = run.plan;
  if (campaign.trigger || campaign.program)
    return 'a new run takes over from this one; journeys on their way stay on their revision';
  if (!run.prepared) return 'the run freezes its audience at this moment; try again';
  if (run.stopping) return `the run is ending: ${run.ending?.reason}`;
  if (run.finished || run.amending.isClosed) return 'the run is over';
  if (from !== revision) return `stale: the run goes by revision ${revision.slice(0, 12)} now`;
  return undefined;
}

/** One at a time. Nothing begins and nobody decides until the run goes by the new file; what is no longer in it is undone. */
export async function takeAmendment(run: RunState, board: Board, request: AmendRequest): Promise<AmendReceipt> {
  const { amending } = run;
  await condition(() => !amending.isUnderWay);
  const why = whyNotAmended(run, request);
  if (why !== undefined) throw ApplicationFailure.nonRetryable(why, failureTypes.amendmentRefused);
  amending.isUnderWay = true;
  try {
    const no = amending.count + 1;
    const amended = await control.amendRun({
      run: run.ref,
      no,
      planHash: run.planHash,
      request,
      standing: run.standing(),
      now: instant(),
    });
    run.adopt(request, amended);
    for (const step of run.begunSteps())
      if (amended.withdrawn.includes(step.id) && run.stateOf(step.id) === 'done') await undoStep(run, board, step);
    const { revision, planHash, voids } = amended;
    return { no, revision, planHash, voids };
  } catch (error) {
    throw ApplicationFailure.nonRetryable(plainWords(error), failureTypes.amendmentRefused);
  } finally {
    amending.isUnderWay = false;
    board.paint();
  }
}
