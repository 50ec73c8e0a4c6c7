import { condition } from '@temporalio/workflow';
import type { ResolvedStepOf } from '../../definition/resolved';
import { control, promotions } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant } from '../time';

/** Members one activity gives codes to. */
const membersAtOnce = 20_000;

/** `promotion`: a code for each member, or one for all, within what the budget can pay. */
export async function issuePromotion(run: RunState, board: Board, step: ResolvedStepOf<'promotion'>): Promise<void> {
  const members = run.prepared?.members ?? 0;
  const skipped: Record<string, number> = {};
  let issued = 0;
  for (let from = 1; from <= members; from += membersAtOnce) {
    await condition(() => run.endsStep(step) || (!run.paused && run.approves(step)));
    if (run.endsStep(step)) return run.settle(step, 'cancelled', { detail: run.whyEnded(step) });
    const range = { from, to: Math.min(members, from + membersAtOnce - 1) };
    const page = await promotions.issueCodes({
      run: run.ref,
      step: step.id,
      range,
      gates: run.gatesBefore(step),
      planHash: run.planHash,
      now: instant(),
    });
    issued += page.issued;
    for (const [reason, count] of Object.entries(page.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count;
    run.explain(step, `${issued} have a code`);
    board.paint();
  }
  const detail = [
    `${issued} have a code`,
    ...Object.entries(skipped).map(([reason, count]) => `${count} not: ${reason}`),
  ];
  run.settle(step, 'done', { detail: detail.join(', ') });
  await control.recordStep({ run: run.ref, step: step.id, state: 'done', detail: detail.join(', '), now: instant() });
}
