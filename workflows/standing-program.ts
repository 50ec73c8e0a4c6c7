/**
 * The rest of a loyalty program's run, once its gates have approved the terms: the program stands open until the campaign
 * ends, is aborted or a newer revision takes over. Events earn points meanwhile without this workflow; once a day it lets
 * points become active and expire. A pause holds all of that: events wait, and earn when it is over.
 */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { control, loyalty } from './activities';
import type { Board } from './board';
import { continueWhenLong } from './long-history';
import type { RunState } from './run-state';
import { instant, waitUntil } from './time';

const dayMs = 24 * 3600_000;

export async function keepProgram(run: RunState, board: Board): Promise<void> {
  if (!run.standsOpen) await openProgram(run, board);
  if (!run.standsOpen) return;
  try {
    await tendDaily(run, board);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    run.end({ phase: 'aborted', by: 'temporal', reason: 'the workflow was cancelled' });
  }
  const why = run.ending ? `${run.ending.phase} by ${run.ending.by}` : 'the campaign has ended';
  await CancellationScope.nonCancellable(() => loyalty.closeProgram({ run: run.ref, why, now: instant() }));
}

async function openProgram(run: RunState, board: Board): Promise<void> {
  const { start } = run.plan.campaign.schedule;
  if (start !== undefined) await waitUntil(Date.parse(start), () => run.stopping, 'the program opens');
  if (run.stopping) return;
  const gates = run.plan.campaign.steps.map(({ id }) => id);
  await loyalty.openProgram({ run: run.ref, gates, planHash: run.planHash, now: instant() });
  run.standsOpen = true;
  board.paint();
}

/** Ends with the campaign, with the run, or when a newer run tends the program. */
async function tendDaily(run: RunState, board: Board): Promise<void> {
  const end = () => (run.endsAt === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(run.endsAt));
  const isPaused = () => run.paused !== undefined;
  while (!run.stopping && !run.superseded) {
    await continueWhenLong(run);
    if (isPaused() !== run.relayed.held) await switchEarning(run);
    if (!isPaused()) {
      const tended = await loyalty.tendProgram({ run: run.ref, now: instant() });
      if (tended.takenOver) return;
      run.note(
        `points: ${tended.activated} lots active, ${tended.expired} expired, ${tended.warned} members warned today`,
      );
    }
    board.paint();
    if (Date.now() >= end()) return;
    const next = Math.min(Date.now() + dayMs, end());
    const isOver = () => run.stopping || run.superseded !== undefined;
    await waitUntil(next, () => isOver() || isPaused() !== run.relayed.held, 'the program is open');
  }
}

/** The ledger's switch, which whoever books points looks at. */
async function switchEarning(run: RunState): Promise<void> {
  const { paused } = run;
  run.relayed = { held: paused !== undefined, resumes: run.resumes };
  await control.switchDispatch({
    run: run.ref,
    dispatch: paused ? 'paused' : 'open',
    by: paused?.by ?? run.resumedBy,
    reason: paused?.reason ?? 'resumed',
    now: instant(),
  });
}
