import type { ResolvedCheckpoint } from '../../definition/resolved-measuring';
import { measuring } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';
import { type ActionContext, carryOutDecision, carryOutOverride, Tries } from './checkpoint-action';
import type { Allocation, ReleasingStep } from './rollout';

interface CheckpointToPass {
  step: ReleasingStep;
  checkpoint: ResolvedCheckpoint;
  allocation: Allocation;
  isLast: boolean;
}

/**
 * Waits until there is enough mature data, measures, judges, and does what the file declared for that state; again, where
 * it declared to wait. Nothing but a declared promotion or a person goes on.
 * @returns whether the rollout goes on
 */
export async function passCheckpoint(run: RunState, board: Board, passing: CheckpointToPass): Promise<boolean> {
  const { step, checkpoint, allocation, isLast } = passing;
  const key = `${step.id}/${checkpoint.id}`;
  const tries = new Tries();
  const since = instant();
  const deadline = Date.parse(since) + checkpoint.after.timeout;
  for (let look = 1; ; look += 1) {
    run.checkpoints.wait({
      checkpoint: key,
      since,
      until: new Date(deadline).toISOString(),
      approvers: checkpoint.hold.approvers,
    });
    board.paint();
    const ended = await waitUntilReady(run, board, { ...passing, key, since, deadline });
    if (run.endsStep(step)) {
      run.checkpoints.leave(key);
      return false;
    }
    const override = run.checkpoints.takeOverride(key);
    const decision = await measuring.judgeCheckpoint({
      run: run.ref,
      step: step.id,
      checkpoint: checkpoint.id,
      look,
      excluded: allocation.excluded,
      final: isLast && (ended === 'timeout' || !tries.remain(checkpoint.decide.inconclusive)),
      timedOut: ended === 'timeout',
      now: instant(),
    });
    run.checkpoints.decided(decision);
    await forecast(run);
    board.paint();
    const context: ActionContext = {
      step,
      gateId: `${step.id}.${checkpoint.id}.${look}`,
      checkpointKey: key,
      hold: checkpoint.hold,
      allocation,
      decision,
      tries,
      pass: checkpoint.decide.pass,
      timedOut: ended === 'timeout',
    };
    const outcome = override
      ? await carryOutOverride(run, board, context, override)
      : await carryOutDecision(run, board, context, checkpoint.decide[decision.state]);
    if (outcome === 'again') continue;
    run.checkpoints.leave(key);
    return outcome === 'on';
  }
}

interface Waiting extends CheckpointToPass {
  key: string;
  since: string;
  deadline: number;
}

const firstLookMs = 10 * 60_000;
const longestLookMs = 12 * 3600_000;

/** Looks ever less often when nobody can say when it will be ready; exactly then, when the ledger can. */
async function waitUntilReady(
  run: RunState,
  board: Board,
  { step, checkpoint, key, since, deadline }: Waiting,
): Promise<'ready' | 'timeout' | 'override'> {
  const began = Date.now();
  for (;;) {
    const heard = run.checkpoints.reported.length;
    const { ready, progress, nextAt } = await measuring.probeCheckpoint({
      run: run.ref,
      step: step.id,
      checkpoint: checkpoint.id,
      waitingSince: since,
      reported: run.checkpoints.reported,
      now: instant(),
    });
    run.checkpoints.progress(key, progress);
    board.paint();
    if (ready) return 'ready';
    const patience = Math.min(longestLookMs, Math.max(firstLookMs, (Date.now() - began) / 8));
    const next = Math.min(deadline, nextAt === undefined ? Date.now() + patience : Date.parse(nextAt));
    const interrupted = () =>
      run.endsStep(step) || run.checkpoints.overrideOf(key) !== undefined || run.checkpoints.reported.length > heard;
    await waitUntil(Math.max(next, Date.now() + 1), interrupted, `${key}: ${progress}`.slice(0, 200));
    if (run.endsStep(step) || run.checkpoints.overrideOf(key)) return 'override';
    if (Date.now() >= deadline) return 'timeout';
  }
}

/** Objectives are shown as they stand after each look. */
async function forecast(run: RunState): Promise<void> {
  if (!run.plan.campaign.objectives?.length) return;
  run.objectives = await measuring.forecastObjectives({ run: run.ref, now: instant() });
}
