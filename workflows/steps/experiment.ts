import { condition } from '@temporalio/workflow';
import type { ResolvedStepOf } from '../../definition/resolved';
import { flags } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';
import { type Allocation, rollOut } from './rollout';

type ExperimentStep = ResolvedStepOf<'experiment'>;

/** `experiment`: a flag whose variants visitors get by chance; promoted, or switched off, by its checkpoints. */
export async function runExperiment(run: RunState, board: Board, step: ExperimentStep): Promise<void> {
  const { start } = run.plan.campaign.schedule;
  const moment = Math.max(run.momentOfNeeds(step), start === undefined ? 0 : Date.parse(start));
  await waitUntil(moment, () => run.endsStep(step), `${step.id} starts`);
  if (run.endsStep(step)) return run.settle(step, 'cancelled', { detail: run.whyEnded(step) });
  let exposure = 0;
  const allocation = await rollOut(run, board, step, {
    async release(wave) {
      await condition(() => run.endsStep(step) || run.approves(step));
      if (run.endsStep(step)) return {};
      const size = waveSizeOf(step, wave.wave);
      exposure = size === 'rest' ? 1 : Math.min(1, exposure + size);
      await flags.exposeFlag({
        run: run.ref,
        step: step.id,
        wave: wave.wave,
        exposure,
        weights: wave.weights,
        gates: run.gatesBefore(step),
        planHash: run.planHash,
        now: instant(),
      });
      run.explain(step, `${Math.round(exposure * 100)} % of visitors take part`);
      board.paint();
      return {};
    },
  });
  await conclude(run, board, { step, allocation, isShown: exposure > 0 });
}

function waveSizeOf({ rollout }: ExperimentStep, wave: number): number | 'rest' {
  const sizes = rollout.flatMap((entry) => (entry.kind === 'wave' ? [entry.size] : []));
  const size = sizes[wave - 1];
  return size !== undefined && size !== 'rest' && 'share' in size ? size.share : 'rest';
}

/** The winner for everybody, or what the file says without one; an aborted run leaves nothing switched on. */
async function conclude(
  run: RunState,
  board: Board,
  { step, allocation, isShown }: { step: ExperimentStep; allocation: Allocation; isShown: boolean },
): Promise<void> {
  const ref = { run: run.ref, step: step.id, now: instant() };
  if (run.endsStep(step)) {
    // A flag that was never shown may be somebody else's.
    if (isShown) await flags.switchOffFlag(ref);
    run.settle(step, 'cancelled', {
      detail: `flag ${step.experiment.flag} ${isShown ? 'is switched off' : 'was never shown'}`,
    });
  } else if (allocation.chosen) {
    await flags.promoteFlag({ ...ref, arm: allocation.chosen.arm });
    run.settle(step, 'done', { detail: `everybody gets ${allocation.chosen.arm}` });
  } else if (step.experiment.after === 'switch-off') {
    await flags.switchOffFlag(ref);
    run.settle(step, 'done', { detail: `no winner: flag ${step.experiment.flag} is switched off` });
  } else {
    run.settle(step, 'done', { detail: `no winner: flag ${step.experiment.flag} stays as it is` });
  }
  board.paint();
}
