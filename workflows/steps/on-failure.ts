import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, condition } from '@temporalio/workflow';
import type { ResolvedStep } from '../../definition/resolved';
import { control } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant } from '../time';

/**
 * What the file declares for a step that failed: abort the run, go on without it, or hold until a person resumes
 * (which tries the step again) or aborts.
 * @returns true when the step is to be tried again
 */
export async function holdAfterFailure(
  run: RunState,
  board: Board,
  step: ResolvedStep,
  error: unknown,
): Promise<boolean> {
  const what = plainWords(error);
  run.problem(`step ${step.id}: ${what}`);
  await control.recordStep({ run: run.ref, step: step.id, state: 'failed', detail: what, now: instant() });
  return obeyFailure(run, board, step, what);
}

async function obeyFailure(run: RunState, board: Board, step: ResolvedStep, what: string): Promise<boolean> {
  switch (step.onFailure) {
    case 'continue':
      run.settle(step, 'failed', { detail: what });
      return false;
    case 'abort':
      run.settle(step, 'failed', { detail: what });
      run.end({ phase: 'failed', by: 'volante', reason: `step ${step.id} failed: ${what}` });
      return false;
    case 'hold': {
      run.hold(step, `failed: ${what}. Resume to try again, or abort`);
      const resumesSeen = run.resumes;
      board.paint();
      await condition(() => run.resumes > resumesSeen || run.endsStep(step) || step.onFailure !== 'hold');
      // A changed file says otherwise by now.
      if (step.onFailure !== 'hold' && !run.endsStep(step)) return obeyFailure(run, board, step, what);
      if (!run.endsStep(step)) return true;
      run.settle(step, 'failed', { detail: what });
      return false;
    }
  }
}

/** The innermost message: what a person can act on. */
export function plainWords(error: unknown): string {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return plainWords(error.cause);
  if (error instanceof ApplicationFailure) return `${error.type ?? 'failure'}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
