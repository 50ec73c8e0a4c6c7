import { canonicalJson } from './canonical-json';
import { present } from './present';
import type { Instant, Money, ResolvedCampaign } from './resolved';
import type { Discount, PromotionTerms } from './resolved-promotion';
import type { WrittenCampaign, WrittenStep } from './write-input';
import { writeDuration } from './written/duration';
import { writeLocalTime } from './written/local-time';
import { writeAmount } from './written/money';
import { writePercentage } from './written/percentage';

type WrittenPromotion = NonNullable<WrittenStep['promotion']>;
type WrittenReward = NonNullable<NonNullable<NonNullable<WrittenCampaign['program']>['rewards']>[number]['promotion']>;

export function writePromotion(campaign: ResolvedCampaign, promotion: PromotionTerms): WrittenPromotion {
  const { codes, limits, validFrom } = promotion;
  return {
    ...writeTerms(campaign, promotion),
    codes,
    limits: {
      ...present({ total: limits.total, perContact: limits.perContact }),
      ...(codes === 'one-per-contact' && { perCode: limits.perCode }),
    },
    ...present({ validFrom: validFrom && writeLocalTime(validFrom, campaign.schedule.timezone) }),
    undo: promotion.undo,
  };
}

export function writeRewardPromotion(campaign: ResolvedCampaign, promotion: PromotionTerms): WrittenReward {
  return { ...writeTerms(campaign, promotion), limits: promotion.limits };
}

function writeTerms({ schedule }: ResolvedCampaign, promotion: PromotionTerms): Omit<WrittenReward, 'limits'> {
  const { discount, worth, minimumBasket, validUntil } = promotion;
  const max = discount.kind === 'percent' ? discount.max : undefined;
  return {
    discount: writeDiscount(discount),
    ...present({
      maxDiscount: max && writeAmount(max),
      worth: isImplied(worth, discount) ? undefined : writeAmount(worth),
      minimumBasket: minimumBasket && writeAmount(minimumBasket),
      validUntil: validUntil && writeEnd(validUntil, schedule),
    }),
    stacking: promotion.stacking,
    platform: promotion.platform,
    budget: promotion.line,
  };
}

/** As the campaign file writes it. */
export function writeDiscount(discount: Discount): WrittenPromotion['discount'] {
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
