/**
 * One contact's way through a triggered campaign, started by one event. Whether each step begins is asked of the ledger,
 * where all that is personal stays; this workflow knows numbers, names of steps and the time.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { JourneyOutcome } from '../activities/journey-contract';
import { journeys } from './activities';
import { customerEvent, type JourneyInput, journeyStatus, resumeJourney, stopJourney } from './journey-messages';
import { JourneyState } from './journey-state';
import { followsPatch, takeStep } from './journey-steps/take-step';
import { instant } from './time';

export async function journey(input: JourneyInput): Promise<JourneyOutcome> {
  const state = new JourneyState(input);
  listen(state);
  const begun = await journeys.beginJourney({
    ...state.ref,
    event: input.event,
    execution: workflowInfo().firstExecutionRunId,
    now: instant(),
  });
  if (!begun.begins) return { outcome: 'not-begun', detail: 'this journey was begun before' };
  const under: Promise<void>[] = [];
  state.start = (steps) => {
    for (const step of steps) {
      const task = takeStep(state, step);
      task.catch(() => undefined);
      under.push(task);
    }
  };
  state.begin(begun);
  show(state);
  for (;;) {
    await untilTaken(state, under);
    const end = await CancellationScope.nonCancellable(() => finish(state));
    if (end) return end;
  }
}

/** A newer file that the journey follows may bring more steps while others are taken. */
async function untilTaken(state: JourneyState, under: Promise<void>[]): Promise<void> {
  try {
    for (let taken = -1; taken < under.length; ) {
      taken = under.length;
      await Promise.all(under);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    state.end({ outcome: 'aborted', detail: 'the workflow was cancelled' });
  }
}

/** @returns undefined when it goes on, by a newer file that has more steps */
async function finish(state: JourneyState): Promise<JourneyOutcome | undefined> {
  for (;;) {
    const end = state.ending ?? { outcome: 'completed' as const };
    const asks = state.ending === undefined && patched(followsPatch);
    const { goesBy } = state.course;
    const changed = await journeys.endJourney({
      ...state.ref,
      end,
      steps: state.summary(),
      ...(asks && { goesBy }),
      now: instant(),
    });
    if (changed && state.follow(changed)) return undefined;
    if (changed) continue;
    await condition(allHandlersFinished);
    return end;
  }
}

function listen(state: JourneyState): void {
  setHandler(journeyStatus, () => state.status(), { description: 'Steps of this journey, and what it waits for' });
  setHandler(customerEvent, ({ no }) => state.heard(no), { description: 'The contact did something' });
  setHandler(resumeJourney, () => state.resume(), { description: 'Go on after a pause or a hold' });
  setHandler(stopJourney, ({ reason }) => state.end({ outcome: 'aborted', detail: reason }), {
    description: 'End now; what was not sent is cancelled',
  });
}

/** What on-call sees beside this journey. */
function show({ campaign, input }: JourneyState): void {
  setCurrentDetails(
    [
      `Journey of **${campaign}** · member ${input.seq} of \`${input.run.runId}\` · event ${input.event}`,
      `- Why and where: \`volante journeys ${campaign}\``,
      `- **Stop all:** \`volante pause ${input.run.runId} --reason "…"\``,
    ].join('\n'),
  );
}
