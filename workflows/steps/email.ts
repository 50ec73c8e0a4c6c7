import type { SignalDefinition } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  condition,
  ParentClosePolicy,
  startChild,
  type Workflow,
} from '@temporalio/workflow';
import type { Breach } from '../../activities/contract';
import type { ReleasedWave } from '../../activities/measuring-contract';
import type { Instant, ResolvedStepOf } from '../../definition/resolved';
import type { Books, StepState } from '../../definition/run-status';
import { bulk, control } from '../activities';
import type { Board } from '../board';
import { continueDelivery, deliverShard, holdDelivery, type ShardOutcome, stopDelivery } from '../deliver-shard';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';
import { askPeople } from './gate';
import { rollOut } from './rollout';

type EmailStep = ResolvedStepOf<'email'>;
type ShardHandle = ChildWorkflowHandle<Workflow>;

/** `email`: one message to every member, in shards, when its moment has come and an approval covers it. */
export async function deliverEmail(run: RunState, board: Board, step: EmailStep): Promise<void> {
  const moment = await waitForMoment(run, board, step);
  if (run.endsStep(step)) return cancelAll(run, board, step);
  if (!(await inTime(run, board, step, moment))) return closeUnsent(run, board, step);
  if (run.endsStep(step)) return cancelAll(run, board, step);

  await open(run, board, step);
  await rollOut(run, board, step, {
    release: (wave, { monitored }) => deliverWave(run, board, { step, wave, monitored }),
  });
  if (run.endsStep(step)) return cancelAll(run, board, step);
  await settle(run, board, step);
}

interface WaveDelivery {
  step: EmailStep;
  wave: ReleasedWave;
  monitored: boolean;
}

/** When every gate on the way lets it pass, nobody pauses, and nothing is under way that began by an older file. */
async function open(run: RunState, board: Board, step: EmailStep): Promise<void> {
  const { amending } = run;
  if (!run.approves(step)) {
    run.explain(step, 'the file has changed: waits until it is approved again');
    board.paint();
  }
  await condition(() => run.endsStep(step) || (!run.paused && run.approves(step) && amending.isStill));
  if (run.endsStep(step)) return;
  run.explain(step, undefined);
  await control.openStep({
    run: run.ref,
    step: step.id,
    gates: run.gatesBefore(step),
    planHash: run.planHash,
    now: instant(),
  });
  amending.opened(step.id);
}

/** Delivers to the members of a wave. A changed file stops it after the batches in flight; what is left goes by the new file. */
async function deliverWave(run: RunState, board: Board, wave: WaveDelivery): Promise<{ breach?: Breach }> {
  const { step } = wave;
  const { amending } = run;
  for (;;) {
    if (!amending.isOpen(step.id)) await open(run, board, step);
    if (run.endsStep(step)) return {};
    amending.departs(step.id);
    const outcomes = await deliverOnce(run, board, wave).finally(() => amending.arrives(step.id));
    const breach = outcomes.find((outcome) => outcome.breach)?.breach;
    const isCutShort = outcomes.some(({ ended }) => ended === 'stopped') && !amending.isOpen(step.id);
    if (breach || !isCutShort || run.endsStep(step)) return { breach };
  }
}

/** Shards side by side, until each has delivered to its members or something stops them. */
async function deliverOnce(
  run: RunState,
  board: Board,
  { step, wave, monitored }: WaveDelivery,
): Promise<ShardOutcome[]> {
  const watches = monitored && hasLimits(run, step);
  const shards = await startShards(run, { step, wave, monitored: watches });
  const all = { ended: false };
  const ends = Promise.all(shards.map((shard) => shard.result() as Promise<ShardOutcome>)).finally(() => {
    all.ended = true;
  });
  const [outcomes] = await Promise.all([
    ends,
    relayControl(run, board, { step, shards, all }),
    showProgress(run, board, step, all),
  ]);
  return outcomes;
}

/** Limits of safety that are watched while a wave is sent. */
function hasLimits({ plan }: RunState, step: EmailStep): boolean {
  return (plan.campaign.metrics ?? []).some(
    ({ kind, role, steps }) =>
      kind === 'rate-limit' && role !== 'observe' && (steps === undefined || steps.includes(step.id)),
  );
}

/** The planned moment: the schedule's start or the end of what the step needs, whichever is later. */
async function waitForMoment(run: RunState, board: Board, step: EmailStep): Promise<number> {
  const { start } = run.plan.campaign.schedule;
  const moment = Math.max(run.momentOfNeeds(step), start === undefined ? 0 : Date.parse(start));
  if (moment > Date.now()) {
    const seen = run.amending.count;
    run.explain(step, `sends from ${new Date(moment).toISOString()}`);
    board.paint();
    await waitUntil(moment, () => run.endsStep(step) || run.amending.count !== seen, `${step.id} sends`);
    if (run.amending.count !== seen && !run.endsStep(step)) return waitForMoment(run, board, step);
  }
  await condition(() => !run.paused || run.endsStep(step));
  run.explain(step, undefined);
  return moment;
}

/** Later than `maxLateness` after its moment, a step obeys `onLate`; after its end it is never sent. */
async function inTime(run: RunState, board: Board, step: EmailStep, moment: number): Promise<boolean> {
  const deadline = deadlineOf(run, step);
  if (deadline !== undefined && Date.now() >= Date.parse(deadline)) return false;
  const { maxLateness } = run.plan.campaign.schedule;
  if (moment === 0 || Date.now() - moment <= maxLateness || step.onLate === 'send') return true;
  if (step.onLate === 'skip') return false;
  const minutes = Math.round((Date.now() - moment) / 60_000);
  run.explain(step, `${minutes} minutes late: asking whether to send`);
  const gate = await askPeople(run, board, `late-${step.id}`, {
    approvers: run.rolesOfGates(),
    quorum: 1,
    expires: deadline === undefined ? 2 * 24 * 3600_000 : Date.parse(deadline) - Date.now(),
    onExpiry: 'reject',
    escalateTo: [],
    allowAuthor: true,
    remindAt: [0.5],
    question: `Step ${step.id} is ${minutes} minutes late. Send it all the same?`,
  });
  return gate.state === 'approved';
}

function deadlineOf(run: RunState, step: EmailStep): Instant | undefined {
  const ends = [step.validUntil, run.endsAt].filter((end) => end !== undefined);
  return ends.sort()[0];
}

async function startShards(run: RunState, { step, wave, monitored }: WaveDelivery): Promise<ShardHandle[]> {
  const { tuning } = run.plan;
  const count = Math.ceil((wave.to - wave.from + 1) / tuning.shardSize);
  const isTimed = step.email.arms?.some(({ sendTime }) => sendTime !== undefined) ?? false;
  const releasedAt = instant();
  const amended = run.amending.count > 0 ? `/amended-${run.amending.count}` : '';
  const stage = `${step.rollout ? `/wave-${wave.wave}${monitored ? '' : '-on'}` : ''}${amended}`;
  return Promise.all(
    Array.from({ length: count }, (_, shard) =>
      startChild(deliverShard, {
        workflowId: `${run.runId}/${step.id}${stage}/${shard + 1}`,
        args: [
          {
            run: run.ref,
            step: step.id,
            platform: step.email.platform,
            range: {
              from: wave.from + shard * tuning.shardSize,
              to: Math.min(wave.to, wave.from - 1 + (shard + 1) * tuning.shardSize),
            },
            deadline: deadlineOf(run, step),
            tuning,
            ...(monitored && { monitored }),
            ...(isTimed && { releasedAt }),
          },
        ],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        staticSummary: `${step.id}: shard ${shard + 1} of ${count}`,
      }),
    ),
  );
}

/** Passes pause, resume and abort on: first the ledger's switch, which every claim looks at, then the shards. */
async function relayControl(
  run: RunState,
  board: Board,
  { step, shards, all }: { step: EmailStep; shards: ShardHandle[]; all: { ended: boolean } },
): Promise<void> {
  let held = false;
  const isChanged = () => !run.amending.isOpen(step.id);
  for (;;) {
    await condition(() => all.ended || run.stopping || isChanged() || (run.paused !== undefined) !== held);
    if (all.ended) return;
    if (isChanged() && !run.stopping) return signalAll(shards, stopDelivery);
    if (run.stopping) {
      const by = run.ending?.by ?? 'volante';
      await control.switchDispatch({
        run: run.ref,
        dispatch: 'closed',
        by,
        reason: run.ending?.reason ?? '',
        now: instant(),
      });
      await signalAll(shards, stopDelivery);
      return;
    }
    held = run.paused !== undefined;
    await control.switchDispatch({
      run: run.ref,
      dispatch: held ? 'paused' : 'open',
      by: run.paused?.by ?? run.resumedBy,
      reason: run.paused?.reason ?? 'resumed',
      now: instant(),
    });
    await signalAll(shards, held ? holdDelivery : continueDelivery);
    board.paint();
  }
}

/** A shard that has just ended cannot be signalled; that is no failure. */
async function signalAll(shards: ShardHandle[], signal: SignalDefinition<[], string>): Promise<void> {
  await Promise.all(shards.map((shard) => shard.signal(signal).catch(() => undefined)));
}

const firstLookMs = 15_000;
const longestLookMs = 6 * 3600_000;

/** Brings the board's numbers up to date, ever less often: few events, however long a delivery takes. */
async function showProgress(run: RunState, board: Board, step: EmailStep, all: { ended: boolean }): Promise<void> {
  for (let look = firstLookMs; !all.ended && !run.endsStep(step); look = Math.min(longestLookMs, look * 3)) {
    await condition(() => all.ended || run.endsStep(step), look, { summary: `${step.id}: look at progress` });
    if (all.ended || run.endsStep(step)) return;
    run.showBooks(step, await control.countBooks({ run: run.ref, step: step.id }));
    board.paint();
  }
}

async function settle(run: RunState, board: Board, step: EmailStep): Promise<void> {
  if (step.rollout) await closeRest(run, step, 'cancelled', 'no wave was released to them');
  const books = await close(run, step, { state: 'done' });
  run.settle(step, 'done', { books, detail: describe(books) });
  if (books.inDoubt > 0)
    run.problem(`${books.inDoubt} deliveries of ${step.id} are in doubt: volante reconcile ${run.runId}`);
  board.paint();
}

async function closeUnsent(run: RunState, board: Board, step: EmailStep): Promise<void> {
  await closeRest(run, step, 'late', 'the step was too late');
  const books = await close(run, step, { state: 'skipped', detail: 'too late' });
  run.settle(step, 'skipped', { books, detail: 'too late; nothing was sent' });
  board.paint();
}

async function cancelAll(run: RunState, board: Board, step: EmailStep): Promise<void> {
  await closeRest(run, step, 'cancelled', run.whyEnded(step) ?? 'the run ended');
  const books = await close(run, step, { state: 'cancelled', detail: run.whyEnded(step) });
  run.settle(step, 'cancelled', {
    books,
    detail: `${books.sent} already sent cannot be undone; ${books.cancelled} cancelled`,
  });
  board.paint();
}

function close(run: RunState, step: EmailStep, end: { state: StepState; detail?: string }): Promise<Books> {
  return control.closeStep({ run: run.ref, step: step.id, ...end, now: instant() });
}

async function closeRest(run: RunState, step: EmailStep, as: 'late' | 'cancelled', detail: string): Promise<void> {
  const members = run.prepared?.members ?? 0;
  await bulk.closeDeliveries({
    run: run.ref,
    step: step.id,
    range: { from: 1, to: members },
    as,
    detail,
    now: instant(),
  });
}

function describe(books: Books): string {
  return books.inDoubt > 0 ? `${books.inDoubt} in doubt` : 'every member accounted for';
}
