/** How workflows call activities: time-outs and retries in one place. */
import { type ActivityInterfaceFor, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ControlActivities, DeliveryActivities } from '../activities/contract';
import { failureTypes } from '../definition/failure-types';
import { deliveryQueue } from './queues';

const nonRetryableErrorTypes: string[] = Object.values(failureTypes);
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', nonRetryableErrorTypes } as const;

/** Short effects on ledger and mail to the team. Retried until they succeed: an outage holds a run, it does not end it. */
export const control: ActivityInterfaceFor<ControlActivities> = proxyActivities<ControlActivities>({
  startToCloseTimeout: '1 minute',
  retry,
});

/** Freezing and closing walk over the whole audience and heartbeat on the way. */
export const bulk: ActivityInterfaceFor<ControlActivities> = proxyActivities<ControlActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  retry,
});

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
