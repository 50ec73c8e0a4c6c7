/** Ends codes and holds whose time is over, in every worker process: their money is free again within a minute. */
import type { Database } from '../../ledger/database';
import { expirePromotions } from '../../ledger/promotions/close';
import type { Logger } from '../../telemetry/logger';

const everyMs = 60_000;

/** Several processes may sweep at once; each promotion is locked while it is changed. */
export function startPromotionSweep(options: { database: Database; logger: Logger; everyMs?: number }): {
  stop(): Promise<void>;
} {
  const { database, logger } = options;
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = async () => {
    try {
      await expirePromotions(database, new Date());
    } catch (error) {
      logger.warn({ err: error }, 'expired codes could not be ended; another try follows');
    }
  };
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, options.everyMs ?? everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
