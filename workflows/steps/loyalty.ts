import { condition } from '@temporalio/workflow';
import type { ResolvedStepOf } from '../../definition/resolved';
import { control, loyalty } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant } from '../time';

/** Members one activity gives points to. */
const membersAtOnce = 20_000;

/** `loyalty`: points of a program for members of this run. */
export async function awardPoints(run: RunState, board: Board, step: ResolvedStepOf<'loyalty'>): Promise<void> {
  const members = run.prepared?.members ?? 0;
  let awarded = 0;
  for (let from = 1; from <= members; from += membersAtOnce) {
    await condition(() => run.endsStep(step) || (!run.paused && run.approves(step)));
    if (run.endsStep(step)) return run.settle(step, 'cancelled', { detail: run.whyEnded(step) });
    const page = await loyalty.awardPoints({
      run: run.ref,
      step: step.id,
      range: { from, to: Math.min(members, from + membersAtOnce - 1) },
      gates: run.gatesBefore(step),
      planHash: run.planHash,
      now: instant(),
    });
    awarded += page.awarded;
    run.explain(step, `${awarded} have points`);
    board.paint();
  }
  const detail = `${awarded} have ${step.loyalty.award} points of ${step.loyalty.program}, ${members - awarded} have none`;
  run.settle(step, 'done', { detail });
  await control.recordStep({ run: run.ref, step: step.id, state: 'done', detail, now: instant() });
}
