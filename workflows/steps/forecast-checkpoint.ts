import type { ResolvedStepOf } from '../../definition/resolved';
import { measuring } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';
import { type ActionContext, carryOutDecision, Tries } from './checkpoint-action';

/** `checkpoint`: looks at a forecast and does what the file declares when it is so; otherwise the run goes on. */
export async function passForecast(run: RunState, board: Board, step: ResolvedStepOf<'checkpoint'>): Promise<void> {
  const { after, then, error, hold } = step.checkpoint;
  const tries = new Tries();
  const since = Date.now();
  const planned = Math.max(
    since + (after.minTime ?? 0),
    after.time === undefined ? 0 : Date.parse(after.time),
    run.momentOfNeeds(step),
  );
  const deadline = since + after.timeout;
  const interrupted = () => run.endsStep(step) || isReported();
  const isReported = () => after.event !== undefined && run.checkpoints.reported.includes(after.event);
  await waitUntil(Math.min(planned, deadline), () => run.endsStep(step), `${step.id}: planned time`);
  if (after.event !== undefined) await waitUntil(deadline, interrupted, `${step.id}: event ${after.event}`);
  for (let look = 1; !run.endsStep(step); look += 1) {
    const timedOut = Date.now() >= deadline;
    const decision = await measuring.judgeForecast({ run: run.ref, step: step.id, look, timedOut, now: instant() });
    run.checkpoints.decided(decision);
    run.objectives = await measuring.forecastObjectives({ run: run.ref, now: instant() });
    board.paint();
    const action =
      decision.state === 'error' ? error : decision.met ? then : ({ do: 'promote', what: 'wave' } as const);
    const context: ActionContext = {
      step,
      gateId: `${step.id}.forecast.${look}`,
      checkpointKey: `${step.id}/forecast`,
      hold,
      allocation: { weights: {}, excluded: [], comingShare: 0 },
      decision,
      tries,
      timedOut,
    };
    const outcome = await carryOutDecision(run, board, context, action);
    if (outcome === 'again') continue;
    if (run.endsStep(step)) break;
    run.settle(step, 'done', { detail: decision.reason });
    return;
  }
  run.settle(step, 'cancelled', { detail: run.ending?.reason });
}
