import type { z } from 'zod';
import { placeKey } from './check/time-checks';
import { present } from './present';
import type { ResolveInput } from './resolve-input';
import type { Money } from './resolved';
import type { Discount, PromotionTerms } from './resolved-promotion';
import type { promotionSchema, rewardPromotionSchema } from './schema/promotion';
import type { Path } from './source/place';

export type AuthoredPromotion = z.output<typeof promotionSchema>;
export type AuthoredRewardPromotion = z.output<typeof rewardPromotionSchema>;
/** What both say. */
export type AuthoredTerms =
  | Pick<AuthoredPromotion, keyof AuthoredPromotion & keyof AuthoredRewardPromotion>
  | AuthoredRewardPromotion;

/** What one use may cost at most; undefined where the file does not say. */
export function worthOf({ discount, maxDiscount, worth }: AuthoredTerms): Money | undefined {
  if (worth) return worth;
  if ('gift' in discount) return undefined;
  if (discount.kind === 'amount') return discount.amount;
  return discount.kind === 'percent' ? maxDiscount : undefined;
}

export function resolvePromotion(input: ResolveInput, path: Path, promotion: AuthoredPromotion): PromotionTerms {
  const { codes, limits, undo } = promotion;
  return {
    ...resolveTerms(input, path, promotion),
    codes,
    limits: {
      ...present({ total: limits.total }),
      perContact: limits.perContact,
      perCode: codes === 'one-per-contact' ? limits.perCode : (limits.total ?? 1),
    },
    ...present({ validFrom: input.times.others.get(placeKey([...path, 'promotion', 'validFrom'])) }),
    undo,
  };
}

/** Members have paid for their codes: nothing takes them back but the end of their time, or the points going back. */
export function resolveRewardPromotion(
  input: ResolveInput,
  path: Path,
  promotion: AuthoredRewardPromotion,
): PromotionTerms {
  const { total, perContact, perCode } = promotion.limits;
  return {
    ...resolveTerms(input, path, promotion),
    codes: 'one-per-contact',
    limits: { ...present({ total, perContact }), perCode },
    undo: 'keep',
  };
}

function resolveTerms(
  input: ResolveInput,
  path: Path,
  promotion: AuthoredTerms,
): Omit<PromotionTerms, 'codes' | 'limits' | 'validFrom' | 'undo'> {
  const { minimumBasket, stacking, platform, budget } = promotion;
  const worth = worthOf(promotion);
  if (!worth) throw new RangeError('worth was not checked');
  return {
    discount: discountOf(promotion),
    worth,
    ...present({ minimumBasket, validUntil: endOf(input, path, promotion) }),
    stacking,
    platform,
    line: budget,
  };
}

function discountOf({ discount, maxDiscount }: AuthoredTerms): Discount {
  if ('gift' in discount) return { kind: 'gift', sku: discount.gift };
  return discount.kind === 'percent' ? { ...discount, ...present({ max: maxDiscount }) } : discount;
}

function endOf(input: ResolveInput, path: Path, { validUntil }: AuthoredTerms): PromotionTerms['validUntil'] {
  if (validUntil === undefined) return undefined;
  if (validUntil.kind === 'end') return input.times.end;
  return validUntil.kind === 'for'
    ? { for: validUntil.for }
    : input.times.others.get(placeKey([...path, 'promotion', 'validUntil']));
}
