/** Ends codes and holds whose time is over: their money is free again within a minute. */
import type { ActivityDependencies } from '../../activities/dependencies';
import { endOutside } from '../../activities/promotions-outside';
import { expirePromotions } from '../../ledger/promotions/close';
import type { PromotionRow } from '../../ledger/promotions/promotion';

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
