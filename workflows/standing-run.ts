/**
 * The rest of a triggered campaign's run, once its gates have approved it: the trigger stands open until the campaign ends,
 * is aborted or a newer revision takes over; then journeys on their way end, and the run with them.
 */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { ResolvedStep } from '../definition/resolved';
import { bulk, control, standing } from './activities';
import type { Board } from './board';
import { continueWhenLong } from './long-history';
import type { Ending, RunState } from './run-state';
import { instant, waitUntil } from './time';

const firstLookMs = 60_000;
const longestLookMs = 24 * 3600_000;
/** Journeys that were told to stop are waited for while fewer and fewer are left; then the ledger ends the rest. */
const mostIdleLooks = 4;

export async function standOpen(run: RunState, board: Board): Promise<void> {
  const steps = run.plan.campaign.steps.filter(({ kind }) => kind !== 'gate');
  if (!run.standsOpen) await waitForStart(run, board, steps);
  if (!run.standsOpen && !run.stopping) await openTrigger(run, board, steps);
  if (run.standsOpen) {
    await untilEnd(run, board);
    await CancellationScope.nonCancellable(() => close(run));
  }
  await settleSteps(run, board, steps);
}

/** Until journeys may end, and have; a cancelled workflow ends as an aborted run does. */
async function untilEnd(run: RunState, board: Board): Promise<void> {
  try {
    const why = await whileOpen(run, board);
    if (run.stopping) return;
    await standing.closeTrigger({ run: run.ref, why, now: instant() });
    await letJourneysEnd(run, board);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    run.end({ phase: 'aborted', by: 'temporal', reason: 'the workflow was cancelled' });
  }
}

async function close(run: RunState): Promise<void> {
  const { ending } = run;
  if (ending) {
    await standing.closeTrigger({ run: run.ref, why: `${ending.phase} by ${ending.by}`, now: instant() });
    await stopJourneys(run, ending);
  }
  const reason = ending?.reason ?? 'the run ended';
  const { followed = [] } = await standing.retireJourneys({ run: run.ref, reason, now: instant() });
  run.followed = followed;
}

async function waitForStart(run: RunState, board: Board, steps: ResolvedStep[]): Promise<void> {
  const { start } = run.plan.campaign.schedule;
  if (start !== undefined && Date.parse(start) > Date.now()) {
    for (const step of steps) run.explain(step, `journeys start from ${start}`);
    board.paint();
    await waitUntil(Date.parse(start), () => run.stopping, 'the trigger opens');
  }
  await condition(() => !run.paused || run.stopping);
}

async function openTrigger(run: RunState, board: Board, steps: ResolvedStep[]): Promise<void> {
  const gates = run.plan.campaign.steps.filter(({ kind }) => kind === 'gate').map(({ id }) => id);
  await standing.openTrigger({ run: run.ref, gates, planHash: run.planHash, now: instant() });
  run.standsOpen = true;
  run.relayed = { held: false, resumes: run.resumes };
  for (const step of steps) run.begin(step, 'in journeys');
  board.paint();
}

/** Pauses, resumes and resumes after a hold are passed on, until something ends it. @returns why it closes */
async function whileOpen(run: RunState, board: Board): Promise<string> {
  const until = () => (run.endsAt === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(run.endsAt));
  const relay = new Relay(run, board);
  while (Date.now() < until() && !run.stopping && !run.superseded) {
    await continueWhenLong(run);
    await waitUntil(until(), () => run.stopping || !!run.superseded || relay.isDue(), 'the trigger is open');
    if (!run.stopping) await relay.pass();
  }
  return run.superseded ? `${run.superseded} takes over` : 'the campaign has ended';
}

/** Journeys on their way go on, and take whatever time they take. */
async function letJourneysEnd(run: RunState, board: Board): Promise<void> {
  const relay = new Relay(run, board);
  for (let look = firstLookMs; !run.stopping; look = Math.min(longestLookMs, look * 2)) {
    await continueWhenLong(run);
    const seen = run.journeyEnds;
    const { live } = await standing.countLiveJourneys({ run: run.ref });
    if (live === 0) return;
    run.explainAll(`${live} journeys on their way; no new ones`);
    board.paint();
    await condition(() => run.stopping || relay.isDue() || run.journeyEnds !== seen, look, {
      summary: `${live} journeys on their way`,
    });
    if (!run.stopping) await relay.pass();
  }
}

/** First the ledger's switch, which every step looks at, then the journeys themselves. */
async function stopJourneys(run: RunState, { by, reason }: Ending): Promise<void> {
  await control.switchDispatch({ run: run.ref, dispatch: 'closed', by, reason, now: instant() });
  let before = Number.POSITIVE_INFINITY;
  for (let idle = 0; idle < mostIdleLooks; ) {
    const seen = run.journeyEnds;
    const { live } = await standing.countLiveJourneys({ run: run.ref });
    if (live === 0) return;
    await standing.tellJourneys({ run: run.ref, say: 'stop', reason, now: instant() });
    idle = live < before ? 0 : idle + 1;
    before = live;
    await condition(() => run.journeyEnds !== seen, 1_000 * 2 ** idle, { summary: 'journeys end' });
  }
}

async function settleSteps(run: RunState, board: Board, steps: ResolvedStep[]): Promise<void> {
  const state = run.stopping ? 'cancelled' : 'done';
  for (const step of steps) {
    const books =
      step.kind === 'email' && run.standsOpen
        ? await bulk.closeStep({ run: run.ref, step: step.id, state, now: instant() })
        : undefined;
    run.settle(step, state, { books, detail: run.ending?.reason });
  }
  board.paint();
}

/** What people say to the run, passed on to its journeys. */
class Relay {
  constructor(
    private readonly run: RunState,
    private readonly board: Board,
  ) {}

  isDue(): boolean {
    const { paused, relayed, resumes } = this.run;
    return (paused !== undefined) !== relayed.held || resumes !== relayed.resumes;
  }

  async pass(): Promise<void> {
    if (!this.isDue()) return;
    const { run } = this;
    const held = run.paused !== undefined;
    run.relayed = { held, resumes: run.resumes };
    await control.switchDispatch({
      run: run.ref,
      dispatch: held ? 'paused' : 'open',
      by: run.paused?.by ?? run.resumedBy,
      reason: run.paused?.reason ?? 'resumed',
      now: instant(),
    });
    if (!held) await standing.tellJourneys({ run: run.ref, say: 'resume', reason: 'resumed', now: instant() });
    this.board.paint();
  }
}
