import { canonicalJson } from './canonical-json';
import { present } from './present';
import type { Instant, Money, ResolvedCampaign } from './resolved';
import type { Discount, PromotionTerms } from './resolved-promotion';
import type { WrittenStep } from './write-input';
import { writeDuration } from './written/duration';
import { writeLocalTime } from './written/local-time';
import { writeAmount } from './written/money';
import { writePercentage } from './written/percentage';

type WrittenPromotion = NonNullable<WrittenStep['promotion']>;

export function writePromotion({ schedule }: ResolvedCampaign, promotion: PromotionTerms): WrittenPromotion {
  const { discount, worth, codes, limits, minimumBasket, validFrom, validUntil, line } = promotion;
  const max = discount.kind === 'percent' ? discount.max : undefined;
  return {
    discount: writeDiscount(discount),
    ...present({
      maxDiscount: max && writeAmount(max),
      worth: isImplied(worth, discount) ? undefined : writeAmount(worth),
      minimumBasket: minimumBasket && writeAmount(minimumBasket),
    }),
    codes,
    limits: {
      ...present({ total: limits.total }),
      perContact: limits.perContact,
      ...(codes === 'one-per-contact' && { perCode: limits.perCode }),
    },
    ...present({
      validFrom: validFrom && writeLocalTime(validFrom, schedule.timezone),
      validUntil: validUntil && writeEnd(validUntil, schedule),
    }),
    stacking: promotion.stacking,
    platform: promotion.platform,
    budget: line,
    undo: promotion.undo,
  };
}

function writeDiscount(discount: Discount): WrittenPromotion['discount'] {
  if (discount.kind === 'gift') return { gift: discount.sku };
  if (discount.kind === 'percent') return writePercentage(discount.share);
  return discount.kind === 'amount' ? writeAmount(discount.amount) : discount.kind;
}

/** An amount says what one use costs, and so does the most that a share may come to. */
function isImplied(worth: Money, discount: Discount): boolean {
  const implied = discount.kind === 'amount' ? discount.amount : discount.kind === 'percent' ? discount.max : undefined;
  return implied !== undefined && canonicalJson(implied) === canonicalJson(worth);
}

function writeEnd(end: NonNullable<PromotionTerms['validUntil']>, schedule: ResolvedCampaign['schedule']): string {
  return typeof end === 'string' ? writeMoment(end, schedule) : writeDuration(end.for);
}

/** The end of the schedule by its name, so that it moves along with it. */
export function writeMoment(moment: Instant, { end, timezone }: ResolvedCampaign['schedule']): string {
  return moment === end ? 'end' : writeLocalTime(moment, timezone);
}
