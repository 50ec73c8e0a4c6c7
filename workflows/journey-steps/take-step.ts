import { condition, isCancellation, log, patched } from '@temporalio/workflow';
import type { JourneyStepPlan, StepEntry } from '../../activities/journey-contract';
import { control, journeys, loyalty, promotions } from '../activities';
import type { Course, JourneyState } from '../journey-state';
import { plainWords } from '../steps/on-failure';
import { instant, waitUntil } from '../time';
import { deliverToOne } from './email';

/** Journeys that were under way before they could follow a newer file go on as their history says. */
export const followsPatch = 'journeys-follow';

/** A paused journey is told when to go on; it looks itself, too, ever less often, in case nobody could tell it. */
const firstHoldMs = 15 * 60_000;
const longestHoldMs = 24 * 3600_000;

/**
 * A step of a journey: when what it needs is done, as often as it takes until the ledger lets it begin. Once the journey
 * goes by another file, a step that has not begun is planned anew, and this is left.
 */
export async function takeStep(journey: JourneyState, step: JourneyStepPlan): Promise<void> {
  await condition(() => journey.endsStep(step) || journey.readyFor(step) || journey.blocked(step));
  if (!journey.endsStep(step) && journey.blocked(step))
    return journey.settle(step.id, { state: 'cancelled', why: 'a step that it needs has failed' });
  for (let look = 0; !journey.endsStep(step); look += 1) {
    const seen = journey.changes;
    const resumes = journey.resumes;
    const course = journey.courseOf(step.id);
    try {
      const entry = await enter(journey, step, course);
      if (journey.hasLeft(step)) return;
      const changed = () => journey.changes !== seen || journey.endsStep(step);
      if (await obey(journey, { step, entry, changed, look, course })) return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('step failed', { step: step.id, error: String(error) });
      if (!(await goOnAfterFailure(journey, { step, error, resumes }))) return;
    }
  }
}

function enter(journey: JourneyState, step: JourneyStepPlan, course: Course): Promise<StepEntry> {
  const moment = journey.momentOfNeeds(step);
  return journeys.enterStep({
    ...placeIn(journey, course),
    step: step.id,
    goesBy: journey.course.goesBy,
    ...(moment !== undefined && { moment: new Date(moment).toISOString() }),
    steps: journey.known(),
    now: instant(),
  });
}

/** The journey's place, under the revision that a step is of. */
function placeIn(journey: JourneyState, { goesBy }: Course): JourneyState['ref'] {
  const { run, seq } = journey.ref;
  return { run: { ...run, revision: goesBy.revision }, seq };
}

interface Turn {
  step: JourneyStepPlan;
  entry: StepEntry;
  /** Whether anything was said since the ledger was asked: then it is asked again. */
  changed: () => boolean;
  /** How often it was asked before. */
  look: number;
  /** What the ledger was asked about it by. */
  course: Course;
}

/** @returns true when the step is over; false when the ledger is to be asked again */
async function obey(journey: JourneyState, turn: Turn): Promise<boolean> {
  const { step, entry, changed, look, course } = turn;
  const settle = (state: 'done' | 'skipped', more: { moment?: number; happened?: boolean; why?: string } = {}) => {
    journey.settle(step.id, { state, moment: Date.now(), ...more });
    return true;
  };
  if (entry.enter === 'go' || entry.enter === 'wait' || entry.enter === 'happened') journey.beginStep(step.id, course);
  switch (entry.enter) {
    case 'changed':
      if (patched(followsPatch)) journey.follow(entry);
      return false;
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
async function carryOut(journey: JourneyState, { step, entry, changed, look, course }: Turn): Promise<boolean> {
  const { run, seq } = placeIn(journey, course);
  const { gates, planHash, approvedRun } = course;
  const approval = { gates, planHash, ...(approvedRun !== undefined && { approvedRun }) };
  switch (step.kind) {
    case 'email':
      return deliverToOne(journey, {
        run,
        step,
        deadline: entry.enter === 'go' ? entry.deadline : undefined,
        changed,
        look,
      });
    case 'notify': {
      const facts = { run: { campaign: journey.campaign, members: 1 }, steps: journey.known() };
      await control.notifyTeam({ run, seq, step: step.id, facts, now: instant() });
      return true;
    }
    case 'promotion': {
      const asked = { run, step: step.id, range: { from: seq, to: seq }, ...approval, now: instant() };
      const { until } = await promotions.issueCodes(asked);
      if (until === undefined) return true;
      journey.waits = `${step.id}: the pace of its line, until ${until}`;
      await waitUntil(Date.parse(until), changed, `pace ${step.id}`);
      return false;
    }
    case 'loyalty':
      await loyalty.awardPoints({ run, step: step.id, range: { from: seq, to: seq }, ...approval, now: instant() });
      return true;
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
  await condition(() => journey.resumes !== resumes || journey.endsStep(step));
  return true;
}
