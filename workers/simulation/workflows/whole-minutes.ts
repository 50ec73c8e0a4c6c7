/**
 * Workflows of a simulation see a clock of whole minutes, so that what activities are told, and with it everything in the
 * ledger, does not hang on how many milliseconds this machine takes. Timers wake a little before their minute: there is
 * almost a minute of real time to work in before the clock goes on.
 */
import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { roomForCustomers, roomToWork } from './room-to-work';

const minute = 60_000;
const exactly = Date.now;

/** In the place of this workflow's own: workflows share a context, whose globals are frozen. */
class WholeMinutes extends Date {
  static override now(): number {
    return nextMinute(exactly());
  }
}
Object.assign(globalThis, { Date: WholeMinutes });

function nextMinute(at: number): number {
  return Math.ceil(at / minute) * minute;
}

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer(input, next) {
        const isCustomers = workflowInfo().workflowType === 'simulatedCustomers';
        const wakes = nextMinute(Date.now() + input.durationMs) - (isCustomers ? roomForCustomers : roomToWork);
        return next({ ...input, durationMs: Math.max(1, wakes - exactly()) });
      },
    },
  ],
});
