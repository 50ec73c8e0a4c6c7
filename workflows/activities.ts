/** How workflows call activities: time-outs and retries in one place. */
import {
  type ActivityFunctionWithOptions,
  type ActivityInterfaceFor,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { ControlActivities, DeliveryActivities } from '../activities/contract';
import { failureTypes } from '../definition/failure-types';
import { deliveryQueue } from './queues';

const nonRetryableErrorTypes: string[] = Object.values(failureTypes);
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', nonRetryableErrorTypes } as const;

/** What the Temporal UI shows beside each activity. No personal data. */
const summaries: { [Name in keyof ControlActivities]: (input: Parameters<ControlActivities[Name]>[0]) => string } = {
  prepareRun: () => 'freeze the audience',
  evaluateCondition: ({ expression }) => `if ${expression}`,
  askApprovers: ({ gate, roles, round }) => `${round === 0 ? 'ask' : 'remind'} ${roles.join(', ')}: gate ${gate}`,
  recordGate: ({ gate, outcome }) => `gate ${gate}: ${outcome}`,
  switchDispatch: ({ dispatch, by }) => `dispatch ${dispatch} by ${by}`,
  openStep: ({ step }) => `${step}: check the approval`,
  planSweep: ({ step }) => `${step}: what is still open`,
  closeDeliveries: ({ step, as }) => `${step}: the rest is ${as}`,
  countBooks: ({ step }) => `${step}: count`,
  recordStep: ({ step, state }) => `${step}: ${state}`,
  closeStep: ({ step, state }) => `${step}: ${state}`,
  notifyTeam: ({ step }) => `${step}: mail to the team`,
  finishRun: ({ phase }) => `close the books: ${phase}`,
};

function summarised(activities: ActivityInterfaceFor<ControlActivities>): ControlActivities {
  const names = Object.keys(summaries) as (keyof ControlActivities)[];
  const calls = names.map((name) => [name, withSummary(name, activities)]);
  return Object.fromEntries(calls) as ControlActivities;
}

function withSummary<Name extends keyof ControlActivities>(
  name: Name,
  activities: ActivityInterfaceFor<ControlActivities>,
) {
  const { executeWithOptions } = activities[name] as ActivityFunctionWithOptions<ControlActivities[Name]>;
  return (input: Parameters<ControlActivities[Name]>[0]) =>
    executeWithOptions({ summary: summaries[name](input).slice(0, 200) }, [input] as Parameters<
      ControlActivities[Name]
    >);
}

/** Short effects on ledger and mail to the team. Retried until they succeed: an outage holds a run, it does not end it. */
export const control = summarised(proxyActivities<ControlActivities>({ startToCloseTimeout: '1 minute', retry }));

/** Freezing and closing walk over the whole audience and heartbeat on the way. */
export const bulk = summarised(
  proxyActivities<ControlActivities>({ startToCloseTimeout: '30 minutes', heartbeatTimeout: '30 seconds', retry }),
);

export function deliveryActivities(options: {
  platform: string;
  heartbeatTimeoutMs: number;
}): ActivityInterfaceFor<DeliveryActivities> {
  return proxyActivities<DeliveryActivities>({
    taskQueue: deliveryQueue(workflowInfo().taskQueue, options.platform),
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: options.heartbeatTimeoutMs,
    retry,
  });
}
