/**
 * The rest of a loyalty program's run, once its gates have approved the terms: the program stands open until the campaign
 * ends, is aborted or a newer revision takes over. Events earn points meanwhile without this workflow; once a day it lets
 * points become active and expire. A pause holds that: members lose nothing while somebody looks.
 */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { loyalty } from './activities';
import type { Board } from './board';
import type { RunState } from './run-state';
import { instant, waitUntil } from './time';

const dayMs = 24 * 3600_000;

export async function keepProgram(run: RunState, board: Board): Promise<void> {
  const { start } = run.plan.campaign.schedule;
  if (start !== undefined) await waitUntil(Date.parse(start), () => run.stopping, 'the program opens');
  if (run.stopping) return;
  const gates = run.plan.campaign.steps.map(({ id }) => id);
  await loyalty.openProgram({ run: run.ref, gates, planHash: run.planHash, now: instant() });
  board.paint();
  try {
    await tendDaily(run, board);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    run.end({ phase: 'aborted', by: 'temporal', reason: 'the workflow was cancelled' });
  }
  const why = run.ending ? `${run.ending.phase} by ${run.ending.by}` : 'the campaign has ended';
  await CancellationScope.nonCancellable(() => loyalty.closeProgram({ run: run.ref, why, now: instant() }));
}

/** Ends with the campaign, with the run, or when a newer run tends the program. */
async function tendDaily(run: RunState, board: Board): Promise<void> {
  const end = () => (run.endsAt === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(run.endsAt));
  while (!run.stopping) {
    if (!run.paused) {
      const tended = await loyalty.tendProgram({ run: run.ref, now: instant() });
      if (tended.takenOver) return;
      run.note(
        `points: ${tended.activated} lots active, ${tended.expired} expired, ${tended.warned} members warned today`,
      );
      board.paint();
    }
    if (Date.now() >= end()) return;
    const paused = run.paused;
    const next = Math.min(Date.now() + dayMs, end());
    await waitUntil(next, () => run.stopping || run.paused !== paused, 'the program is open');
  }
}
