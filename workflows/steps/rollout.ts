import { condition } from '@temporalio/workflow';
import type { Breach } from '../../activities/contract';
import type { ReleasedWave } from '../../activities/measuring-contract';
import { experimentRulesOf } from '../../definition/experiment-rules';
import type { ResolvedStepOf } from '../../definition/resolved';
import type { ResolvedCheckpoint, RolloutEntry, WaveSize } from '../../definition/resolved-measuring';
import type { DecisionView } from '../../definition/run-status';
import { measuring } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant } from '../time';
import { passCheckpoint } from './checkpoint';
import { type ActionContext, carryOutDecision } from './checkpoint-action';

export type ReleasingStep = ResolvedStepOf<'email'> | ResolvedStepOf<'experiment'>;

/** How the coming waves are shared out. Shares of arms that were dropped go to the others. */
export interface Allocation {
  /** Empty: as the file declares. */
  weights: Record<string, number>;
  excluded: string[];
  /** Share of the audience that the coming wave gets, by the file. */
  comingShare: number;
  /** What it gets instead. */
  nextShare?: number;
  /** The arm that was chosen for the rest, and whether a lift may be claimed for it. */
  chosen?: { arm: string; claimed: boolean };
}

export interface RolloutHandlers {
  /** Delivers to a wave. `monitored`: stops when a limit is breached. */
  release(wave: ReleasedWave, options: { monitored: boolean }): Promise<{ breach?: Breach }>;
}

const allAtOnce: RolloutEntry[] = [{ kind: 'wave', size: 'rest' }];

/** Releases waves and passes checkpoints, in the order of the file, until nothing is left or somebody says stop. */
export async function rollOut(
  run: RunState,
  board: Board,
  step: ReleasingStep,
  handlers: RolloutHandlers,
): Promise<Allocation> {
  const entries = step.rollout ?? allAtOnce;
  const allocation: Allocation = { weights: {}, excluded: [], comingShare: 0 };
  let wave = 0;
  for (const [index, entry] of entries.entries()) {
    if (run.endsStep(step)) return allocation;
    const later = entries.slice(index + 1);
    allocation.comingShare = comingShare(entries, index);
    let goesOn: boolean;
    if (entry.kind === 'wave') {
      await condition(() => !run.paused || run.endsStep(step));
      if (run.endsStep(step)) return allocation;
      wave += 1;
      const released = await releaseMembers(run, step, { wave, size: entry.size, allocation });
      delete allocation.nextShare;
      if (step.kind === 'email' && released.to < released.from) continue;
      goesOn = await releaseWatched(run, board, { step, released, handlers, allocation, later });
    } else {
      const isLast = !later.some(({ kind }) => kind === 'checkpoint');
      goesOn = await passCheckpoint(run, board, { step, checkpoint: entry.checkpoint, allocation, isLast });
    }
    if (!goesOn) return allocation;
  }
  return allocation;
}

/** A step that goes to everybody at once, in one variant, needs no wave to be remembered. */
async function releaseMembers(
  run: RunState,
  step: ReleasingStep,
  { wave, size, allocation }: { wave: number; size: WaveSize; allocation: Allocation },
): Promise<ReleasedWave> {
  if (!step.rollout && !experimentRulesOf(step)) return { wave, from: 1, to: run.prepared?.members ?? 0, weights: {} };
  return measuring.releaseWave({
    run: run.ref,
    step: step.id,
    wave,
    size: sizeOf(size, allocation),
    weights: allocation.weights,
    now: instant(),
  });
}

function sizeOf(size: WaveSize, { nextShare }: Allocation): WaveSize {
  return nextShare === undefined ? size : { share: nextShare };
}

/** Share of the next wave at or after `index`; of the rest, what the waves before it leave. */
function comingShare(entries: RolloutEntry[], index: number): number {
  const sizes = entries.flatMap((entry) => (entry.kind === 'wave' ? [entry.size] : []));
  const passed = entries.slice(0, index).filter(({ kind }) => kind === 'wave').length;
  const next = sizes[passed];
  const shareOf = (size: WaveSize | undefined) => (typeof size === 'object' && 'share' in size ? size.share : 0);
  if (next !== 'rest') return shareOf(next);
  return 1 - sizes.slice(0, passed).reduce((sum, size) => sum + shareOf(size), 0);
}

interface WatchedWave {
  step: ReleasingStep;
  released: ReleasedWave;
  handlers: RolloutHandlers;
  allocation: Allocation;
  later: RolloutEntry[];
}

/** Delivers a wave; a breached limit stops it and acts as the file declares for a failure. */
async function releaseWatched(run: RunState, board: Board, watched: WatchedWave): Promise<boolean> {
  const { step, released, handlers, allocation, later } = watched;
  const { breach } = await handlers.release(released, { monitored: true });
  if (!breach || run.endsStep(step)) return !run.endsStep(step);
  const decision = await measuring.recordBreach({
    run: run.ref,
    step: step.id,
    breach,
    no: released.wave,
    now: instant(),
  });
  run.checkpoints.decided(decision);
  run.problem(`${step.id}: ${decision.reason}`);
  board.paint();
  const checkpoint = nextCheckpoint(later);
  const fail = breach.aborts || !checkpoint ? ({ do: 'abort' } as const) : checkpoint.decide.fail;
  const outcome = await carryOutDecision(run, board, contextOf(step, checkpoint, allocation, decision), fail);
  if (outcome === 'end') return false;
  // People, or the file, chose to go on: the rest of the wave goes out without this monitor.
  await handlers.release(released, { monitored: false });
  return !run.endsStep(step);
}

function contextOf(
  step: ReleasingStep,
  checkpoint: ResolvedCheckpoint | undefined,
  allocation: Allocation,
  decision: DecisionView,
): ActionContext {
  return { step, gateId: `${step.id}.monitor.${decision.look}`, hold: checkpoint?.hold, allocation, decision };
}

function nextCheckpoint(later: RolloutEntry[]): ResolvedCheckpoint | undefined {
  for (const entry of later) if (entry.kind === 'checkpoint') return entry.checkpoint;
  return undefined;
}
