import type { ResolvedStepOf } from '../../definition/resolved';
import { control } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';

/** `wait`: lets time pass. What follows is due at the moment named here, not when this workflow happened to wake. */
export async function waitStep(run: RunState, board: Board, step: ResolvedStepOf<'wait'>): Promise<void> {
  let moment: number;
  let seen: number;
  do {
    seen = run.amending.count;
    moment = momentOf(run, step);
    run.explain(step, `until ${new Date(moment).toISOString()}`);
    board.paint();
    await waitUntil(moment, () => run.endsStep(step) || run.amending.count !== seen, `wait ${step.id}`);
  } while (!run.endsStep(step) && run.amending.count !== seen);
  run.settle(step, run.endsStep(step) ? 'cancelled' : 'done', { moment, detail: run.whyEnded(step) });
  await control.recordStep({ run: run.ref, step: step.id, state: run.stateOf(step.id), now: instant() });
}

/** A whole audience waits for time alone: events and zones of one contact are for journeys. */
function momentOf(run: RunState, step: ResolvedStepOf<'wait'>): number {
  if ('until' in step.wait) return Date.parse(step.wait.until);
  const from = Math.max(run.momentOfNeeds(step), Date.parse(run.plan.appliedAt));
  return 'for' in step.wait ? from + step.wait.for : from;
}
