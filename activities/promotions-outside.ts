/** Codes on platforms outside: what the ledger issued is pushed there, and what is taken back ends there first. */
import { ApplicationFailure } from '@temporalio/activity';
import type { ResolvedCampaign } from '../definition/resolved';
import { findPromotion, type PromotionRef, type PromotionRow } from '../ledger/promotions/promotion';
import { codesInUse, codesToPush, markPushed, recordOffer, recordOutsideUses } from '../ledger/promotions/pushed';
import { isPromotionPlatformError } from '../platforms/promotion-platform-error';
import type { Offer } from '../platforms/promotions';
import type { ActivityDependencies } from './dependencies';

type Work = PromotionRef & { now: Date; onProgress: (count: number) => void };

/** Tells the platform of codes it does not have; nothing to do for the built-in one. */
export async function pushCodes(
  { database, promotionsOf }: ActivityDependencies,
  { runId, campaign, now, onProgress, ...step }: Work & { runId: string; campaign: ResolvedCampaign },
): Promise<void> {
  const promotion = await findPromotion(database, step);
  if (!promotion || promotion.platform === 'built-in') return;
  const platform = promotionsOf(promotion.platform);
  const offer = offerOf(promotion, { runId, name: campaign.name });
  let outsideRef = promotion.platformRef ?? undefined;
  for (let pushed = 0; ; ) {
    const codes = await codesToPush(database, promotion, platform.codesAtOnce);
    const [first] = codes;
    if (!first) return;
    if (outsideRef === undefined) {
      outsideRef = await asked(() => platform.createOffer(offer, first));
      await recordOffer(database, promotion.no, outsideRef);
    }
    const ref = outsideRef;
    await asked(() => platform.addCodes({ ref, offer, codes }));
    await markPushed(database, { nos: codes.map(({ no }) => no), at: now });
    pushed += codes.length;
    onProgress(pushed);
  }
}

/** Ends the codes of a promotion that is taken back; see `endOutside`. */
export async function disableOutside(
  { database, promotionsOf }: ActivityDependencies,
  { now, onProgress, ...ref }: Work,
): Promise<void> {
  const promotion = await findPromotion(database, ref);
  if (promotion) await asked(() => endOutside({ database, promotionsOf }, { promotion, now, onProgress }));
}

/**
 * Ends codes on the platform, then asks how often each was used: those uses are in the book before the rest is given back.
 * @param dueBy only codes that are over by then
 * @throws PromotionPlatformError
 */
export async function endOutside(
  { database, promotionsOf }: Pick<ActivityDependencies, 'database' | 'promotionsOf'>,
  {
    promotion,
    now,
    dueBy,
    onProgress,
  }: { promotion: PromotionRow; now: Date; dueBy?: Date; onProgress?: (count: number) => void },
): Promise<void> {
  const { platformRef } = promotion;
  if (platformRef === null) return;
  const platform = promotionsOf(promotion.platform);
  for (let after = '0'; ; ) {
    const codes = await codesInUse(database, promotion, { after, limit: platform.codesAtOnce, dueBy });
    const last = codes.at(-1);
    if (!last) return;
    await platform.disableCodes({ ref: platformRef, codes });
    const uses = await platform.uses({ ref: platformRef, codes });
    await recordOutsideUses(database, { promotionNo: promotion.no, uses, at: now });
    after = last.no;
    onProgress?.(codes.length);
  }
}

function offerOf({ step, terms }: PromotionRow, { runId, name }: { runId: string; name: string }): Offer {
  return { key: `${runId}/${step}`, name, terms };
}

/** What will not get better is not tried again; what will, when the platform says so. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isPromotionPlatformError(error)) throw error;
    const { message, retryable, retryAfterMs } = error;
    throw ApplicationFailure.create({
      type: 'PromotionPlatform',
      message,
      nonRetryable: !retryable,
      nextRetryDelay: retryAfterMs,
    });
  }
}
