/** Takes back what the steps of an ended run have done, newest first; each with its own retries, none stops the others. */
import { log } from '@temporalio/workflow';
import type { UndonePromotion } from '../activities/promotion-contract';
import type { ResolvedStep, ResolvedStepOf } from '../definition/resolved';
import { writeMoney } from '../definition/written/money';
import { loyalty, promotions } from './activities';
import type { Board } from './board';
import type { FollowedStep, RunState } from './run-state';
import { plainWords } from './steps/on-failure';
import { instant } from './time';

export async function undoSteps(run: RunState, board: Board): Promise<void> {
  for (const step of run.begunSteps()) await undoStep(run, board, step);
  for (const { step, revision } of [...run.followed].reverse()) await undoFollowed(run, { step, revision });
}

/** A step that journeys took by a newer file; the run's board does not have it. */
async function undoFollowed(run: RunState, { step, revision }: FollowedStep): Promise<void> {
  const ref = { ...run.ref, revision };
  if (step.kind === 'loyalty' && step.loyalty.undo !== 'keep') await undoAwards(run, step, ref);
  if (step.kind === 'promotion' && step.promotion.undo !== 'keep') await undoPromotion(run, step, ref);
}

/** One step, as its file declares; a step of any other kind has nothing to take back. */
export async function undoStep(run: RunState, board: Board, step: ResolvedStep): Promise<void> {
  if (step.kind === 'loyalty') {
    run.explain(step, step.loyalty.undo === 'keep' ? 'points stay, as the file says' : await undoAwards(run, step));
    board.paint();
  }
  if (step.kind === 'promotion') {
    run.explain(
      step,
      step.promotion.undo === 'keep' ? 'codes stay valid, as the file says' : await undoPromotion(run, step),
    );
    board.paint();
  }
}

async function undoPromotion(run: RunState, step: ResolvedStepOf<'promotion'>, ref = run.ref): Promise<string> {
  try {
    const by = run.ending?.by ?? run.plan.appliedBy;
    return inWords(await promotions.undoPromotion({ run: ref, step: step.id, by, now: instant() }));
  } catch (error) {
    const what = plainWords(error);
    log.warn('undo failed', { step: step.id, error: what });
    run.problem(`codes of ${step.id} are still valid: ${what}`);
    return `not undone: ${what}`;
  }
}

async function undoAwards(run: RunState, step: ResolvedStepOf<'loyalty'>, ref = run.ref): Promise<string> {
  try {
    const by = run.ending?.by ?? run.plan.appliedBy;
    const reversed = await loyalty.reverseAwards({ run: ref, step: step.id, by, now: instant() });
    if (!reversed || reversed.members === 0) return 'no points were awarded';
    const { members, points, uncovered } = reversed;
    const lost = uncovered > 0 ? `${uncovered} were spent or expired and cannot be taken back` : 'none was spent';
    return `undone: ${points} points of ${members} members taken back, ${lost}`;
  } catch (error) {
    const what = plainWords(error);
    log.warn('undo failed', { step: step.id, error: what });
    run.problem(`points of ${step.id} were not taken back: ${what}`);
    return `not undone: ${what}`;
  }
}

function inWords(undone: UndonePromotion | null): string {
  if (!undone) return 'no code was issued';
  const { disabled, redeemed, spent, held } = undone;
  return [
    `undone: ${disabled} codes disabled`,
    redeemed > 0 ? `${redeemed} redeemed for ${writeMoney(spent)} cannot be taken back` : 'none was redeemed',
    ...(held > 0 ? [`${held} held at a checkout`] : []),
  ].join(', ');
}
