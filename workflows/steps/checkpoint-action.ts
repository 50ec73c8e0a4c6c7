/** What follows a decision: exactly what the file declared, or what a person put in its place. */
import { condition } from '@temporalio/workflow';
import { experimentRulesOf } from '../../definition/experiment-rules';
import type { ResolvedStepOf } from '../../definition/resolved';
import type { Adjustment, CheckpointAction, Effect, ResolvedCheckpoint } from '../../definition/resolved-measuring';
import type { CheckpointOverride, DecisionView } from '../../definition/run-status';
import { measuring } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';
import { askPeople } from './gate';
import type { Allocation, ReleasingStep } from './rollout';

/** on: the rollout goes on. again: look once more. end: nothing more of this step is released. */
export type Outcome = 'on' | 'again' | 'end';

export interface ActionContext {
  step: ReleasingStep | ResolvedStepOf<'checkpoint'>;
  /** Id of the gate at which people are asked. */
  gateId: string;
  /** Where people may override; absent for a monitor. */
  checkpointKey?: string;
  hold?: ResolvedCheckpoint['hold'];
  allocation: Allocation;
  decision: DecisionView;
  tries?: Tries;
  /** What a person's yes stands for. */
  pass?: CheckpointAction;
  timedOut?: boolean;
}

/** How often an action that may be repeated was. */
export class Tries {
  private readonly used = new Map<string, number>();

  remain(action: CheckpointAction): boolean {
    return (action.do === 'wait' || action.do === 'extend') && (this.used.get(keyOf(action)) ?? 0) < action.max;
  }

  use(action: CheckpointAction): void {
    this.used.set(keyOf(action), (this.used.get(keyOf(action)) ?? 0) + 1);
  }
}

function keyOf(action: CheckpointAction): string {
  return JSON.stringify(action);
}

/** Does what is declared, and writes it into the book of decisions. */
export async function carryOutDecision(
  run: RunState,
  board: Board,
  context: ActionContext,
  action: CheckpointAction,
): Promise<Outcome> {
  switch (action.do) {
    case 'promote':
      return promote(run, board, context, action.what);
    case 'drop-arms':
      return dropArms(run, board, context);
    case 'hold':
      return holdForPeople(run, board, context);
    case 'pause':
      return pauseForPeople(run, board, context);
    case 'abort':
      await record(run, context, { do: 'abort' });
      run.end({
        phase: 'aborted',
        by: 'volante',
        reason: `${context.decision.checkpoint}: ${context.decision.reason}`,
      });
      return 'end';
    case 'end-early':
      await record(run, context, { do: 'end-early' });
      return 'end';
    case 'wait':
      return waitAndLook(run, board, context, action);
    case 'extend':
      return extendAndLook(run, board, context, action);
    case 'adjust':
      return adjust(run, board, context, action);
  }
}

async function promote(
  run: RunState,
  board: Board,
  context: ActionContext,
  what: 'wave' | 'winner' | 'control',
): Promise<Outcome> {
  const { allocation, decision, step } = context;
  const rules = experimentRulesOf(step);
  if (what === 'wave') {
    if (decision.weights) allocation.weights = decision.weights;
    await record(run, context, { do: 'promote', what, ...(decision.weights && { weights: decision.weights }) });
    return 'on';
  }
  // An experiment that earns chooses without claiming; one that learns promotes only what may be claimed.
  const arm =
    what === 'control' ? rules?.control : (decision.winner ?? (rules?.goal === 'earn' ? decision.leader : undefined));
  if (arm === undefined) {
    run.problem(`${decision.checkpoint}: there is no winner to promote`);
    return context.hold?.approvers.length ? holdForPeople(run, board, context) : pauseForPeople(run, board, context);
  }
  choose(context, arm);
  await record(run, context, { do: 'promote', what, arm, claimed: decision.winner === arm });
  return 'on';
}

function choose({ allocation, decision }: ActionContext, arm: string): void {
  allocation.weights = { [arm]: 1 };
  allocation.chosen = { arm, claimed: decision.winner === arm };
}

/** Arms that failed get nothing more; without any arm left, or without the control, there is nothing to compare. */
async function dropArms(run: RunState, board: Board, context: ActionContext): Promise<Outcome> {
  const { allocation, decision, step } = context;
  const rules = experimentRulesOf(step);
  const excluded = [...new Set([...allocation.excluded, ...decision.failing])];
  const left = Object.entries(rules?.shares ?? {}).filter(([arm]) => !excluded.includes(arm));
  const sum = left.reduce((total, [, share]) => total + share, 0);
  if (rules === undefined || sum <= 0 || excluded.includes(rules.control))
    return carryOutDecision(run, board, context, { do: 'abort' });
  allocation.excluded = excluded;
  allocation.weights = Object.fromEntries(left.map(([arm, share]) => [arm, share / sum]));
  await record(run, context, { do: 'drop-arms', arms: decision.failing });
  return 'on';
}

/** People decide, at a gate like any other: yes goes on as `pass` declares, no and silence do what the file says. */
async function holdForPeople(run: RunState, board: Board, context: ActionContext): Promise<Outcome> {
  const { hold, decision, step } = context;
  if (!hold || hold.approvers.length === 0) return pauseForPeople(run, board, context);
  await record(run, context, { do: 'hold' });
  const gate = await askPeople(run, board, context.gateId, {
    approvers: hold.approvers,
    quorum: hold.quorum,
    expires: hold.expires,
    onExpiry: 'reject',
    escalateTo: [],
    allowAuthor: true,
    remindAt: [0.5],
    question: `${step.id}, checkpoint ${decision.checkpoint}: ${decision.state}. ${decision.reason}`.slice(0, 1000),
  });
  if (run.endsStep(step)) return 'end';
  const override =
    context.checkpointKey === undefined ? undefined : run.checkpoints.takeOverride(context.checkpointKey);
  if (override) return carryOutOverride(run, board, context, override);
  if (gate.state === 'approved') {
    const by = gate.decisions.find(({ verdict }) => verdict === 'approve')?.by ?? 'nobody';
    const arm = context.pass?.do === 'promote' && context.pass.what === 'winner' ? decision.winner : undefined;
    if (arm !== undefined) choose(context, arm);
    await record(
      run,
      context,
      { do: 'promote', what: arm === undefined ? 'wave' : 'winner' },
      { by, isOverride: true },
    );
    return 'on';
  }
  const declared = gate.state === 'rejected' ? hold.onReject : hold.onExpiry;
  return carryOutDecision(run, board, { ...context, hold: undefined }, { do: declared });
}

/** Until somebody resumes (which looks once more), overrides or aborts. */
async function pauseForPeople(run: RunState, board: Board, context: ActionContext): Promise<Outcome> {
  const { step, decision, checkpointKey } = context;
  await record(run, context, { do: 'pause' });
  const resumes = run.resumes;
  const why = `checkpoint ${decision.checkpoint} is ${decision.state}: resume to look again, override or abort`;
  run.hold(step, why);
  board.paint();
  const override = () => (checkpointKey === undefined ? undefined : run.checkpoints.overrideOf(checkpointKey));
  await condition(() => run.endsStep(step) || run.resumes > resumes || override() !== undefined);
  if (run.endsStep(step)) return 'end';
  run.begin(step);
  const said = checkpointKey === undefined ? undefined : run.checkpoints.takeOverride(checkpointKey);
  return said ? carryOutOverride(run, board, context, said) : 'again';
}

async function waitAndLook(
  run: RunState,
  board: Board,
  context: ActionContext,
  action: Extract<CheckpointAction, { do: 'wait' }>,
): Promise<Outcome> {
  if (context.timedOut || !context.tries?.remain(action)) return carryOutDecision(run, board, context, action.then);
  context.tries.use(action);
  await record(run, context, { do: 'wait', for: action.for });
  return sleep(run, context, action.for);
}

async function extendAndLook(
  run: RunState,
  board: Board,
  context: ActionContext,
  action: Extract<CheckpointAction, { do: 'extend' }>,
): Promise<Outcome> {
  if (context.timedOut || !context.tries?.remain(action)) return carryOutDecision(run, board, context, action.then);
  context.tries.use(action);
  const end = run.extendEnd(action.by);
  await record(run, context, { do: 'extend', by: action.by, ...(end !== undefined && { end }) });
  return sleep(run, context, action.by);
}

async function sleep(run: RunState, { step, checkpointKey, decision }: ActionContext, ms: number): Promise<Outcome> {
  const interrupted = () =>
    run.endsStep(step) || (checkpointKey !== undefined && run.checkpoints.overrideOf(checkpointKey) !== undefined);
  await waitUntil(Date.now() + ms, interrupted, `${decision.checkpoint}: look again`);
  return run.endsStep(step) ? 'end' : 'again';
}

async function adjust(
  run: RunState,
  board: Board,
  context: ActionContext,
  action: Extract<CheckpointAction, { do: 'adjust' }>,
): Promise<Outcome> {
  if (action.approve) {
    const gate = await askPeople(run, board, `${context.gateId}.adjust`, {
      approvers: action.approve,
      quorum: 1,
      expires: context.hold?.expires || standardExpiry,
      onExpiry: 'reject',
      escalateTo: [],
      allowAuthor: true,
      remindAt: [0.5],
      question: `${context.decision.reason} Adjust ${action.adjustments.map(({ what }) => what).join(', ')}?`.slice(
        0,
        1000,
      ),
    });
    if (run.endsStep(context.step)) return 'end';
    if (gate.state !== 'approved') return carryOutDecision(run, board, context, action.then);
  }
  for (const adjustment of action.adjustments) await makeAdjustment(run, context, adjustment);
  board.paint();
  return carryOutDecision(run, board, context, action.then);
}

const standardExpiry = 2 * 24 * 3600_000;

async function makeAdjustment(run: RunState, context: ActionContext, adjustment: Adjustment): Promise<void> {
  const { allocation, decision, step } = context;
  const shares = experimentRulesOf(step)?.shares ?? {};
  switch (adjustment.what) {
    case 'budget': {
      const moved = await measuring.adjustBudget({ run: run.ref, decisionId: decision.id, adjustment, now: instant() });
      return record(run, context, { do: 'adjust', what: 'budget', line: adjustment.line, ...moved });
    }
    case 'end': {
      const end = run.extendEnd(adjustment.by, adjustment.latest);
      return record(run, context, { do: 'adjust', what: 'end', ...(end !== undefined && { end }) });
    }
    case 'audience': {
      allocation.nextShare = bounded(adjustment.by, { before: allocation.comingShare, bounds: adjustment.bounds });
      return record(run, context, { do: 'adjust', what: 'audience', share: allocation.nextShare });
    }
    case 'weights': {
      const before = Object.keys(allocation.weights).length > 0 ? allocation.weights : shares;
      const share = bounded(adjustment.by, { before: before[adjustment.arm] ?? 0, bounds: adjustment.bounds });
      const others = Object.entries(before).filter(([arm]) => arm !== adjustment.arm);
      const sum = others.reduce((total, [, weight]) => total + weight, 0);
      allocation.weights = {
        ...Object.fromEntries(others.map(([arm, weight]) => [arm, sum > 0 ? (weight / sum) * (1 - share) : 0])),
        [adjustment.arm]: share,
      };
      return record(run, context, { do: 'adjust', what: 'weights', weights: allocation.weights });
    }
  }
}

function bounded(by: Effect, { before, bounds }: { before: number; bounds: [number, number] }): number {
  const wanted = by.kind === 'relative' ? before * (1 + by.value) : before + by.value;
  return Math.min(bounds[1], Math.max(bounds[0], wanted));
}

/** A person's word: does not change the verdict, and is shown as an override for ever. */
export async function carryOutOverride(
  run: RunState,
  board: Board,
  context: ActionContext,
  { choice, by, noteId }: CheckpointOverride,
): Promise<Outcome> {
  await record(run, context, { ...choice }, { by, isOverride: true, noteId });
  board.paint();
  switch (choice.do) {
    case 'promote':
      if ('arm' in choice) choose(context, choice.arm);
      else if (choice.what === 'control') choose(context, experimentRulesOf(context.step)?.control ?? '');
      return 'on';
    case 'look':
      return 'again';
    case 'end-early':
      return 'end';
    case 'abort':
      run.end({ phase: 'aborted', by, reason: `${context.decision.checkpoint} was overridden` });
      return 'end';
  }
}

async function record(
  run: RunState,
  { decision }: ActionContext,
  action: { do: string; [detail: string]: unknown },
  said: { by?: string; isOverride?: boolean; noteId?: string } = {},
): Promise<void> {
  const actor = said.by ?? 'volante';
  const isOverride = said.isOverride ?? false;
  run.checkpoints.acted(decision.id, { action: wordsOf(action), actor, isOverride });
  await measuring.recordDecisionAction({
    run: run.ref,
    record: {
      decisionId: decision.id,
      no: run.checkpoints.nextActionNo(decision.id),
      actor,
      isOverride,
      action,
      ...(said.noteId !== undefined && { noteId: said.noteId }),
    },
    now: instant(),
  });
}

function wordsOf(action: { do: string; [detail: string]: unknown }): string {
  const detail = action.arm ?? action.what ?? (Array.isArray(action.arms) ? action.arms.join(', ') : undefined);
  return detail === undefined ? action.do : `${action.do} ${String(detail)}`;
}
