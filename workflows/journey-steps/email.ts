import type { RunRef } from '../../activities/contract';
import type { JourneyStepPlan } from '../../activities/journey-contract';
import type { Instant } from '../../definition/resolved';
import { control, deliveryActivities } from '../activities';
import type { JourneyState } from '../journey-state';
import { instant, waitUntil } from '../time';

/** A platform that is away is asked ever less often: a journey must not outgrow its history. */
const firstPlatformWaitMs = 60_000;
const longestPlatformWaitMs = 3600_000;

interface Delivery {
  /** The journey's run, under the revision that the step is of. */
  run: RunRef;
  step: JourneyStepPlan;
  deadline?: Instant;
  /** Whether anything was said since the ledger was asked whether the step begins. */
  changed: () => boolean;
  /** How often the ledger was asked before. */
  look: number;
}

/**
 * `email` in a journey: the delivery of a bulk run, for one member. Consent, suppression, caps and quiet hours are judged
 * where they are judged for everybody.
 * @returns whether the ledger has settled it; false: ask again whether the step still begins
 */
export async function deliverToOne(
  journey: JourneyState,
  { run, step, deadline, changed, look }: Delivery,
): Promise<boolean> {
  const { seq } = journey.ref;
  const { heartbeatTimeoutMs } = journey;
  const range = { from: seq, to: seq };
  const delivery = deliveryActivities({ platform: step.platform ?? '', heartbeatTimeoutMs });
  const tally = await delivery.deliverPages.executeWithOptions({ summary: `${step.id}: member ${seq}` }, [
    { run, step: step.id, range, now: instant(), batchSize: 1, ...(deadline !== undefined && { deadline }) },
  ]);
  if (tally.sent + tally.notSent + tally.inDoubt > 0) return true;
  if (tally.stopped?.why === 'dispatch') return false;
  if (tally.stopped?.why === 'platform') {
    const own = Math.min(longestPlatformWaitMs, firstPlatformWaitMs * 2 ** look);
    const wait = Math.max(own, tally.stopped.retryAfterMs ?? 0);
    await waitUntil(Date.now() + wait, changed, `platform: ${tally.stopped.problem}`.slice(0, 200));
    return false;
  }
  const { open, waiting, nextDueAt } = await control.planSweep({
    run,
    step: step.id,
    range,
    now: instant(),
    stretch: 1,
  });
  if (open === 0 && waiting === 0) return true;
  if (nextDueAt !== undefined)
    await waitUntil(earlier(nextDueAt, deadline), changed, `${step.id}: quiet hours or back-off`);
  return false;
}

function earlier(moment: Instant, deadline: Instant | undefined): number {
  return Math.min(Date.parse(moment), deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(deadline));
}
