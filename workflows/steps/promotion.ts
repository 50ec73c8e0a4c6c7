import { condition } from '@temporalio/workflow';
import type { MemberRange } from '../../activities/contract';
import type { IssuedCodes } from '../../activities/promotion-contract';
import type { ResolvedStepOf } from '../../definition/resolved';
import { control, promotions } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';

/** Members one activity gives codes to. */
const membersAtOnce = 20_000;

/** `promotion`: a code for each member, or one for all, within what the budget can pay and as fast as its pace allows. */
export async function issuePromotion(run: RunState, board: Board, step: ResolvedStepOf<'promotion'>): Promise<void> {
  const members = run.prepared?.members ?? 0;
  const skipped: Record<string, number> = {};
  let issued = 0;
  for (let from = 1; from <= members; from += membersAtOnce) {
    const range = { from, to: Math.min(members, from + membersAtOnce - 1) };
    const page = await issueRange(run, board, { step, range, before: issued });
    if (!page) return run.settle(step, 'cancelled', { detail: run.whyEnded(step) });
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

/**
 * Codes for a range, as often as the pace of the line makes it wait.
 * @returns undefined when the step goes no further
 */
async function issueRange(
  run: RunState,
  board: Board,
  { step, range, before }: { step: ResolvedStepOf<'promotion'>; range: MemberRange; before: number },
): Promise<IssuedCodes | undefined> {
  for (;;) {
    await condition(() => run.endsStep(step) || (!run.paused && run.approves(step)));
    if (run.endsStep(step)) return undefined;
    const seen = run.amending.count;
    const page = await promotions.issueCodes({
      run: run.ref,
      step: step.id,
      range,
      gates: run.gatesBefore(step),
      planHash: run.planHash,
      now: instant(),
    });
    if (page.until === undefined) return page;
    const { line } = step.promotion;
    run.explain(step, `${before + page.issued} have a code; the pace of line ${line} lets it go on at ${page.until}`);
    board.paint();
    const isInterrupted = () => run.endsStep(step) || run.amending.count !== seen;
    await waitUntil(Date.parse(page.until), isInterrupted, `pace of line ${line}`);
  }
}
