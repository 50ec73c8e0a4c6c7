import { condition, isCancellation, log } from '@temporalio/workflow';
import type { JourneyBeginning, JourneyStepPlan, StepEntry } from '../../activities/journey-contract';
import { control, journeys, loyalty, promotions } from '../activities';
import type { JourneyState } from '../journey-state';
import { plainWords } from '../steps/on-failure';
import { instant, waitUntil } from '../time';
import { deliverToOne } from './email';

type Begun = Extract<JourneyBeginning, { begins: true }>;

/** A paused journey is told when to go on; it looks itself, too, ever less often, in case nobody could tell it. */
const firstHoldMs = 15 * 60_000;
const longestHoldMs = 24 * 3600_000;

/** A step of a journey: when what it needs is done, as often as it takes until the ledger lets it begin. */
export async function takeStep(journey: JourneyState, step: JourneyStepPlan, begun: Begun): Promise<void> {
  await condition(() => journey.ending !== undefined || journey.readyFor(step) || journey.blocked(step));
  if (!journey.ending && journey.blocked(step))
    return journey.settle(step.id, { state: 'cancelled', why: 'a step that it needs has failed' });
  for (let look = 0; !journey.ending; look += 1) {
    const seen = journey.changes;
    const resumes = journey.resumes;
    try {
      const entry = await enter(journey, step);
      if (await obey(journey, { step, entry, seen, look, begun })) return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('step failed', { step: step.id, error: String(error) });
      if (!(await goOnAfterFailure(journey, { step, error, resumes }))) return;
    }
  }
}

function enter(journey: JourneyState, step: JourneyStepPlan): Promise<StepEntry> {
  const moment = journey.momentOfNeeds(step);
  return journeys.enterStep({
    ...journey.ref,
    step: step.id,
    ...(moment !== undefined && { moment: new Date(moment).toISOString() }),
    steps: journey.known(),
    now: instant(),
  });
}

interface Turn {
  step: JourneyStepPlan;
  entry: StepEntry;
  /** Changes before the ledger was asked: whatever was said since then asks again. */
  seen: number;
  /** How often it was asked before. */
  look: number;
  begun: Begun;
}

/** @returns true when the step is over; false when the ledger is to be asked again */
async function obey(journey: JourneyState, turn: Turn): Promise<boolean> {
  const { step, entry, seen, look } = turn;
  const changed = () => journey.changes !== seen || journey.ending !== undefined;
  const settle = (state: 'done' | 'skipped', more: { moment?: number; happened?: boolean; why?: string } = {}) => {
    journey.settle(step.id, { state, moment: Date.now(), ...more });
    return true;
  };
  switch (entry.enter) {
    case 'over':
      journey.end({ outcome: 'aborted', detail: entry.why });
      return true;
    case 'exit':
      journey.end({ outcome: entry.goal ? 'goal' : 'exited', exit: entry.exit });
      return true;
    case 'skip':
      return settle('skipped', { why: entry.why, moment: journey.momentOfNeeds(step) ?? Date.now() });
    case 'happened':
      return settle('done', { happened: true });
    case 'held':
      await condition(changed, Math.min(longestHoldMs, firstHoldMs * 2 ** look), { summary: 'the campaign is paused' });
      return false;
    case 'wait':
      journey.waits = `${step.id}: until ${entry.until}`;
      if (!(await waitUntil(Date.parse(entry.until), changed, `wait ${step.id}`))) return false;
      return settle('done', { moment: Date.parse(entry.until), happened: false });
    case 'go':
      return (await carryOut(journey, turn)) && settle('done');
  }
}

/** @returns whether the step is done */
async function carryOut(journey: JourneyState, { step, entry, seen, look, begun }: Turn): Promise<boolean> {
  switch (step.kind) {
    case 'email':
      return deliverToOne(journey, {
        step,
        deadline: entry.enter === 'go' ? entry.deadline : undefined,
        heartbeatTimeoutMs: begun.heartbeatTimeoutMs,
        seen,
        look,
      });
    case 'notify': {
      const { run, seq } = journey.ref;
      const facts = { run: { campaign: journey.campaign, members: 1 }, steps: journey.known() };
      await control.notifyTeam({ run, seq, step: step.id, facts, now: instant() });
      return true;
    }
    case 'promotion': {
      const { run, seq } = journey.ref;
      const { gates, planHash } = begun;
      await promotions.issueCodes({
        run,
        step: step.id,
        range: { from: seq, to: seq },
        gates,
        planHash,
        now: instant(),
      });
      return true;
    }
    case 'loyalty': {
      const { run, seq } = journey.ref;
      const range = { from: seq, to: seq };
      await loyalty.awardPoints({
        run,
        step: step.id,
        range,
        gates: begun.gates,
        planHash: begun.planHash,
        now: instant(),
      });
      return true;
    }
    case 'wait':
      return true;
  }
}

/** What the file declares for a step that failed. @returns true when it is to be tried again */
async function goOnAfterFailure(
  journey: JourneyState,
  { step, error, resumes }: { step: JourneyStepPlan; error: unknown; resumes: number },
): Promise<boolean> {
  const why = plainWords(error);
  if (step.onFailure === 'continue') {
    journey.settle(step.id, { state: 'failed', moment: Date.now(), why });
    return false;
  }
  if (step.onFailure === 'abort') {
    journey.settle(step.id, { state: 'failed', why });
    journey.end({ outcome: 'failed', detail: `step ${step.id} failed: ${why}` });
    return false;
  }
  await journeys.holdJourney({ ...journey.ref, step: step.id, why: `${step.id} failed: ${why}` });
  await condition(() => journey.resumes !== resumes || journey.ending !== undefined);
  return true;
}
