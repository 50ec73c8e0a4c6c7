import type { ResolvedStepOf } from '../../definition/resolved';
import { control } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';

/** `wait`: lets time pass. What follows is due at the moment named here, not when this workflow happened to wake. */
export async function waitStep(run: RunState, board: Board, step: ResolvedStepOf<'wait'>): Promise<void> {
  const moment =
    'until' in step.wait
      ? Date.parse(step.wait.until)
      : Math.max(run.momentOfNeeds(step), Date.parse(run.plan.appliedAt)) + step.wait.for;
  run.explain(step, `until ${new Date(moment).toISOString()}`);
  board.paint();
  await waitUntil(moment, () => run.stopping, `wait ${step.id}`);
  run.settle(step, run.stopping ? 'cancelled' : 'done', { moment });
  await control.recordStep({ run: run.ref, step: step.id, state: run.stateOf(step.id), now: instant() });
}
