/** Ends codes and holds whose time is over, in every worker process: their money is free again within a minute. */
import type { ActivityDependencies } from '../../activities/dependencies';
import { endOutside } from '../../activities/promotions-outside';
import { expirePromotions } from '../../ledger/promotions/close';
import type { PromotionRow } from '../../ledger/promotions/promotion';

const everyMs = 60_000;

type Means = Pick<ActivityDependencies, 'database' | 'promotionsOf' | 'logger'>;

/**
 * Ends what is over by now. A platform outside is asked first how often its codes were used; while it does not answer, they
 * keep their money.
 */
export async function sweepPromotions({ database, promotionsOf, logger }: Means, now: Date): Promise<number> {
  const settle = async (promotion: PromotionRow) => {
    try {
      await endOutside({ database, promotionsOf }, { promotion, now, dueBy: now });
      return true;
    } catch (error) {
      const { no, step, platform } = promotion;
      logger.warn(
        { err: error, promotion: no, step, platform },
        'uses of expired codes are not known; another try follows',
      );
      return false;
    }
  };
  return expirePromotions(database, { now, settle });
}

/** Several processes may sweep at once; each promotion is locked while it is changed. */
export function startPromotionSweep(means: Means): { stop(): Promise<void> } {
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = async () => {
    try {
      await sweepPromotions(means, new Date());
    } catch (error) {
      means.logger.warn({ err: error }, 'expired codes could not be ended; another try follows');
    }
  };
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
