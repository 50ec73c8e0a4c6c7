import { Context } from '@temporalio/activity';

/** Often enough for every heartbeat time-out that a workflow gives. */
const beatMs = 2_500;

/** How far an activity has come; shown with its last heartbeat. */
export type Progress = Record<string, number>;

/**
 * Tells Temporal every few seconds that this worker lives and how far it has come, so that another takes over soon when it
 * dies; slow databases and networks do not count as death.
 */
export async function whileAlive<T>(work: (come: (progress: Progress) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let last: Progress | undefined;
  const timer = setInterval(() => (last ? context.heartbeat(last) : context.heartbeat()), beatMs);
  try {
    return await work((progress) => {
      last = progress;
      context.heartbeat(progress);
    });
  } finally {
    clearInterval(timer);
  }
}
