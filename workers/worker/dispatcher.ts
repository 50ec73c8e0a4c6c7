/** The dispatcher of the inbox in a worker process. */
import type { Database } from '../../ledger/database';
import { dispatchInbox, type EventConsumer } from '../../operations/dispatch-inbox';
import type { Logger } from '../../telemetry/logger';

export interface RunningDispatcher {
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
}

export function startDispatcher({
  database,
  logger,
  consumers,
}: {
  database: Database;
  logger: Logger;
  consumers: readonly EventConsumer[];
}): RunningDispatcher {
  const stopping = new AbortController();
  const work = dispatchInbox(
    {
      database,
      consumers,
      onTrouble: ({ consumer, events, error }) =>
        logger.warn({ err: error, consumer, events }, 'events could not be acted on; they are tried again'),
    },
    stopping.signal,
  );
  return {
    async stop() {
      stopping.abort();
      await work;
    },
  };
}
