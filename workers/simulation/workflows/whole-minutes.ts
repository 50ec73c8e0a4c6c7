/**
 * Workflows of a simulation see a clock of whole minutes, so that what activities are told, and with it everything in the
 * ledger, does not hang on how many milliseconds this machine takes. Timers wake a little before their minute: there is
 * almost a minute of real time to work in before the clock goes on.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

const minute = 60_000;
const roomToWork = 59_000;
const exactly = Date.now;

Date.now = () => nextMinute(exactly());

function nextMinute(at: number): number {
  return Math.ceil(at / minute) * minute;
}

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer(input, next) {
        const wakes = nextMinute(Date.now() + input.durationMs) - roomToWork;
        return next({ ...input, durationMs: Math.max(1, wakes - exactly()) });
      },
    },
  ],
});
