/**
 * One execution of a campaign at a pinned revision, step by step. Reads like the campaign: prepare, then each step when
 * what it needs is done, then close the books.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedStep } from '../definition/resolved';
import type { RunPlan } from '../definition/run-plan';
import type { RunPhase, RunStatus } from '../definition/run-status';
import { bulk, control } from './activities';
import { Board } from './board';
import { listen } from './listen';
import { type CarriedRun, RunState } from './run-state';
import { keepProgram } from './standing-program';
import { standOpen } from './standing-run';
import { deliverEmail } from './steps/email';
import { runExperiment } from './steps/experiment';
import { passForecast } from './steps/forecast-checkpoint';
import { passGate } from './steps/gate';
import { awardPoints } from './steps/loyalty';
import { notifyTeam } from './steps/notify';
import { holdAfterFailure } from './steps/on-failure';
import { issuePromotion } from './steps/promotion';
import { waitStep } from './steps/wait';
import { instant } from './time';
import { undoSteps } from './undo';

/** @param carried what the run knew when its history became long; absent: it begins */
export async function campaignRun(plan: RunPlan, carried?: CarriedRun): Promise<RunStatus> {
  if (plan.planVersion !== 1)
    throw ApplicationFailure.nonRetryable(
      `plan version ${plan.planVersion} is not known here`,
      failureTypes.planInvalid,
    );
  const run = new RunState(workflowInfo().workflowId, plan, carried);
  const board = new Board(run);
  listen(run, board);
  board.paint();
  try {
    if (!carried) await passSteps(run, board);
    if (plan.campaign.trigger) await standOpen(run, board);
    if (plan.campaign.program) await keepProgram(run, board);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    run.end({ phase: 'aborted', by: 'temporal', reason: 'the workflow was cancelled' });
  }
  return CancellationScope.nonCancellable(() => finish(run, board));
}

/** Every step that is the run's own: of a triggered campaign its gates, as journeys take the others. */
async function passSteps(run: RunState, board: Board): Promise<void> {
  await prepare(run, board);
  const { steps, trigger } = run.plan.campaign;
  const own = trigger ? steps.filter(({ kind }) => kind === 'gate') : steps;
  await runSteps(run, board, own);
}

/** Freezes the audience and computes the plan hash that gates bind to. */
async function prepare(run: RunState, board: Board): Promise<void> {
  run.prepared = await bulk.prepareRun({ runId: run.runId, plan: run.plan, now: instant() });
  board.paint();
}

/** Side by side, each when what it needs is done. A changed file may bring more, or ask a gate again. */
async function runSteps(run: RunState, board: Board, steps: ResolvedStep[]): Promise<void> {
  const { amending } = run;
  const under: Promise<void>[] = [];
  amending.start = (starting) => {
    for (const step of starting) {
      const task = runStep(run, board, step);
      task.catch(() => undefined);
      under.push(task);
    }
  };
  amending.start(steps);
  for (let ended = 0; ended < under.length; ) {
    ended = under.length;
    await Promise.all(under);
    if (amending.isUnderWay) await condition(() => !amending.isUnderWay);
  }
  amending.close();
}

async function runStep(run: RunState, board: Board, step: ResolvedStep): Promise<void> {
  await condition(() => run.endsStep(step) || (run.mayBegin(step) && !run.paused));
  if (run.amending.isRemoved(step)) return;
  if (run.endsStep(step)) return skip(run, step, 'cancelled');
  for (;;) {
    try {
      if (!(await applies(run, step))) return await leaveOut(run, board, step);
      if (run.amending.isUnderWay) await condition(() => !run.amending.isUnderWay);
      if (run.amending.isRemoved(step)) return;
      run.begin(step);
      board.paint();
      await carryOut(run, board, step);
      break;
    } catch (error) {
      if (isCancellation(error)) {
        run.end({ phase: 'aborted', by: 'temporal', reason: 'the workflow was cancelled' });
        return skip(run, step, 'cancelled');
      }
      log.warn('step failed', { step: step.id, error: String(error) });
      if (!(await holdAfterFailure(run, board, step, error))) break;
    }
  }
  board.paint();
}

function carryOut(run: RunState, board: Board, step: ResolvedStep): Promise<void> {
  switch (step.kind) {
    case 'email':
      return deliverEmail(run, board, step);
    case 'experiment':
      return runExperiment(run, board, step);
    case 'promotion':
      return issuePromotion(run, board, step);
    case 'loyalty':
      return awardPoints(run, board, step);
    case 'checkpoint':
      return passForecast(run, board, step);
    case 'gate':
      return passGate(run, board, step);
    case 'wait':
      return waitStep(run, board, step);
    case 'notify':
      return notifyTeam(run, step);
  }
}

async function applies(run: RunState, step: ResolvedStep): Promise<boolean> {
  return step.if === undefined || control.evaluateCondition({ expression: step.if, facts: run.facts() });
}

async function leaveOut(run: RunState, board: Board, step: ResolvedStep): Promise<void> {
  run.settle(step, 'skipped', { detail: `its condition does not hold: ${step.if}`, moment: run.momentOfNeeds(step) });
  await control.recordStep({ run: run.ref, step: step.id, state: 'skipped', detail: step.if, now: instant() });
  board.paint();
}

function skip(run: RunState, step: ResolvedStep, state: 'cancelled'): void {
  if (run.stateOf(step.id) === 'waiting' || run.stateOf(step.id) === 'running' || run.stateOf(step.id) === 'held')
    run.settle(step, state, {
      detail: run.ending ? `${run.ending.phase} by ${run.ending.by}: ${run.ending.reason}` : run.whyEnded(step),
    });
}

/** Closes the run in the ledger. A run whose books do not balance fails loudly. */
async function finish(run: RunState, board: Board): Promise<RunStatus> {
  const phase: RunPhase = run.ending?.phase ?? 'done';
  if (run.prepared) {
    if (run.ending) await undoSteps(run, board);
    const { balanced, unbalanced } = await bulk.finishRun({ run: run.ref, phase, now: instant() });
    if (!balanced) {
      run.problem(`books do not balance: ${unbalanced.join(', ')}`);
      board.paint();
      throw ApplicationFailure.nonRetryable(
        `books do not balance: ${unbalanced.join(', ')}`,
        failureTypes.booksDoNotBalance,
      );
    }
  }
  run.finished = phase;
  board.paint();
  await condition(allHandlersFinished);
  return run.status();
}
