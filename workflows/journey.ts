/**
 * One contact's way through a triggered campaign, started by one event. Whether each step begins is asked of the ledger,
 * where all that is personal stays; this workflow knows numbers, names of steps and the time.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { JourneyOutcome } from '../activities/journey-contract';
import { journeys } from './activities';
import { customerEvent, type JourneyInput, journeyStatus, resumeJourney, stopJourney } from './journey-messages';
import { JourneyState } from './journey-state';
import { takeStep } from './journey-steps/take-step';
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
  state.begin(begun.campaign, begun.steps);
  show(state);
  try {
    await Promise.all(begun.steps.map((step) => takeStep(state, step, begun)));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    state.end({ outcome: 'aborted', detail: 'the workflow was cancelled' });
  }
  return CancellationScope.nonCancellable(() => finish(state));
}

async function finish(state: JourneyState): Promise<JourneyOutcome> {
  const end = state.ending ?? { outcome: 'completed' as const };
  await journeys.endJourney({ ...state.ref, end, steps: state.summary(), now: instant() });
  await condition(allHandlersFinished);
  return end;
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
