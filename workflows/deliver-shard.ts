/**
 * Delivers one step to one shard of a run's members: sweeps over what is open, a window of page activities at a time,
 * sleeps until the next member is due, and ends when nothing is open. All progress is in the ledger; this workflow
 * carries no cursor, so it may continue as new, be reset or lose its worker at any point.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Breach, DeliveryStop, DeliveryTally, MemberRange, RunRef } from '../activities/contract';
import type { Instant } from '../definition/resolved';
import type { DeliveryTuning } from '../definition/run-plan';
import { bulk, control, deliveryActivities } from './activities';
import { instant, waitUntil } from './time';

export const holdDelivery = defineSignal('holdDelivery');
export const continueDelivery = defineSignal('continueDelivery');
export const stopDelivery = defineSignal('stopDelivery');

export interface ShardInput {
  run: RunRef;
  step: string;
  platform: string;
  range: MemberRange;
  deadline?: Instant;
  tuning: DeliveryTuning;
  held?: boolean;
  /** Watch the limits of safety before each batch. */
  monitored?: boolean;
  /** When these members were released, where an arm leaves at a time of day. */
  releasedAt?: Instant;
  /** Counters of earlier executions of this shard, for display. */
  tally?: DeliveryTally;
}

export interface ShardOutcome {
  ended: 'complete' | 'late' | 'stopped' | 'breached';
  tally: DeliveryTally;
  breach?: Breach;
}

const firstPlatformWaitMs = 5_000;
const longestPlatformWaitMs = 300_000;

export async function deliverShard(input: ShardInput): Promise<ShardOutcome> {
  const shard = new Shard(input);
  setHandler(holdDelivery, () => shard.hold(), { description: 'Stop after the batches in flight; nobody is lost' });
  setHandler(continueDelivery, () => shard.resume(), { description: 'Go on after a hold' });
  setHandler(stopDelivery, () => shard.stop(), { description: 'Stop for good after the batches in flight' });

  for (;;) {
    await condition(() => shard.mayWork() || shard.stopped);
    if (shard.stopped) return shard.end('stopped');
    if (input.deadline !== undefined && Date.now() >= Date.parse(input.deadline)) {
      await closeAsLate(input);
      return shard.end('late');
    }
    const sweep = await control.planSweep({
      run: input.run,
      step: input.step,
      range: input.range,
      now: instant(),
      stretch: input.tuning.pageSize * input.tuning.pagesPerActivity,
    });
    if (sweep.open === 0 && sweep.waiting === 0) return shard.end('complete');
    if (sweep.ranges.length > 0) await work(shard, sweep.ranges);
    else await waitForNextDue(shard, sweep.nextDueAt);
    if (shard.breach) return shard.end('breached');
    if (shard.shouldContinueAsNew()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof deliverShard>(shard.nextInput());
    }
  }
}

/** Keeps a window of page activities in flight until the ranges are used up or something stops the dispatch. */
async function work(shard: Shard, ranges: MemberRange[]): Promise<void> {
  const { input } = shard;
  const delivery = deliveryActivities({
    platform: input.platform,
    heartbeatTimeoutMs: input.tuning.heartbeatTimeoutMs,
  });
  let stop: DeliveryStop | undefined;
  const lane = async () => {
    while (stop === undefined && shard.mayWork() && !shard.historyIsLong()) {
      const range = ranges.shift();
      if (!range) return;
      const tally = await delivery.deliverPages.executeWithOptions(
        { summary: `${input.step}: members ${range.from}–${range.to}` },
        [
          {
            run: input.run,
            step: input.step,
            range,
            now: instant(),
            deadline: input.deadline,
            batchSize: input.tuning.batchSize,
            ...(input.monitored && { monitored: true }),
            ...(input.releasedAt !== undefined && { releasedAt: input.releasedAt }),
          },
        ],
      );
      shard.count(tally);
      stop ??= tally.stopped;
    }
  };
  await Promise.all(Array.from({ length: input.tuning.window }, lane));
  if (stop?.why === 'platform') await shard.waitForPlatform(stop);
  else if (stop?.why === 'limit') shard.breach = stop.breach;
  else if (stop?.why === 'dispatch') await shard.waitForSwitch();
  else shard.platformAnswers();
}

async function waitForNextDue(shard: Shard, nextDueAt: Instant | undefined): Promise<void> {
  const { deadline } = shard.input;
  const moments = [nextDueAt, deadline].flatMap((moment) => (moment === undefined ? [] : [Date.parse(moment)]));
  const until = Math.min(...moments);
  shard.show(`waiting until ${new Date(until).toISOString()}: quiet hours or back-off`);
  await waitUntil(until, () => shard.interrupted(), 'quiet hours or back-off');
}

async function closeAsLate({ run, step, range }: ShardInput): Promise<void> {
  await bulk.closeDeliveries({ run, step, range, as: 'late', detail: 'the step was no longer valid', now: instant() });
}

/** State of one shard; everything that outlives an execution is in `nextInput`. */
class Shard {
  stopped = false;
  /** A limit that ended this shard. */
  breach?: Breach;
  private held: boolean;
  private changes = 0;
  private activities = 0;
  private platformFailures = 0;
  private readonly tally: DeliveryTally;

  constructor(readonly input: ShardInput) {
    this.held = input.held ?? false;
    this.tally = input.tally ?? { judged: 0, sent: 0, notSent: 0, waiting: 0, inDoubt: 0 };
  }

  hold(): void {
    this.held = true;
    this.changes += 1;
  }

  resume(): void {
    this.held = false;
    this.changes += 1;
  }

  stop(): void {
    this.stopped = true;
    this.changes += 1;
  }

  mayWork(): boolean {
    return !this.held && !this.stopped;
  }

  interrupted(): boolean {
    return this.held || this.stopped;
  }

  count(tally: DeliveryTally): void {
    this.activities += 1;
    this.tally.judged += tally.judged;
    this.tally.sent += tally.sent;
    this.tally.notSent += tally.notSent;
    this.tally.waiting += tally.waiting;
    this.tally.inDoubt += tally.inDoubt;
    this.show('sending');
  }

  platformAnswers(): void {
    this.platformFailures = 0;
  }

  async waitForPlatform(stop: Extract<DeliveryStop, { why: 'platform' }>): Promise<void> {
    const backoff = Math.min(longestPlatformWaitMs, firstPlatformWaitMs * 2 ** this.platformFailures);
    this.platformFailures += 1;
    const until = Date.now() + Math.max(backoff, stop.retryAfterMs ?? 0);
    this.show(`blocked until ${new Date(until).toISOString()}: ${stop.problem}`);
    await waitUntil(until, () => this.interrupted(), `platform: ${stop.problem}`.slice(0, 200));
  }

  /** The ledger says paused or closed before the signal that explains it has come. */
  async waitForSwitch(): Promise<void> {
    // The signal may have come together with the answer of the last page.
    if (this.stopped && patched('a-stop-is-not-waited-out')) return;
    const seen = this.changes;
    await waitUntil(Date.now() + 60_000, () => this.changes !== seen, 'dispatch is switched off');
  }

  historyIsLong(): boolean {
    return this.activities >= this.input.tuning.activitiesPerRun || workflowInfo().continueAsNewSuggested;
  }

  shouldContinueAsNew(): boolean {
    return !this.stopped && this.historyIsLong();
  }

  nextInput(): ShardInput {
    return { ...this.input, held: this.held, tally: this.tally };
  }

  show(state: string): void {
    const { judged, sent, notSent, waiting, inDoubt } = this.tally;
    setCurrentDetails(
      [
        `**${this.input.step}** · members ${this.input.range.from}–${this.input.range.to} · ${state}`,
        `- sent ${sent} · not sent ${notSent} · put off ${waiting} · **in doubt ${inDoubt}** (of ${judged} judged)`,
        `- **Stop now:** \`volante pause ${this.input.run.runId} --reason "…"\``,
      ].join('\n'),
    );
  }

  end(ended: ShardOutcome['ended']): ShardOutcome {
    this.show(ended);
    return { ended, tally: this.tally, ...(this.breach && { breach: this.breach }) };
  }
}
