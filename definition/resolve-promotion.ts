import type { z } from 'zod';
import { placeKey } from './check/time-checks';
import { present } from './present';
import type { ResolveInput } from './resolve-input';
import type { Money } from './resolved';
import type { Discount, PromotionTerms } from './resolved-promotion';
import type { promotionSchema } from './schema/promotion';
import type { Path } from './source/place';

export type AuthoredPromotion = z.output<typeof promotionSchema>;

/** What one use may cost at most; undefined where the file does not say. */
export function worthOf({ discount, maxDiscount, worth }: AuthoredPromotion): Money | undefined {
  if (worth) return worth;
  if ('gift' in discount) return undefined;
  if (discount.kind === 'amount') return discount.amount;
  return discount.kind === 'percent' ? maxDiscount : undefined;
}

export function resolvePromotion(input: ResolveInput, path: Path, promotion: AuthoredPromotion): PromotionTerms {
  const { minimumBasket, codes, limits, stacking, platform, budget, undo } = promotion;
  const worth = worthOf(promotion);
  if (!worth) throw new RangeError('worth was not checked');
  return {
    discount: discountOf(promotion),
    worth,
    codes,
    limits: {
      ...present({ total: limits.total }),
      perContact: limits.perContact,
      perCode: codes === 'one-per-contact' ? limits.perCode : (limits.total ?? 1),
    },
    ...present({
      minimumBasket,
      validFrom: input.times.others.get(placeKey([...path, 'promotion', 'validFrom'])),
      validUntil: endOf(input, path, promotion),
    }),
    stacking,
    platform,
    line: budget,
    undo,
  };
}

function discountOf({ discount, maxDiscount }: AuthoredPromotion): Discount {
  if ('gift' in discount) return { kind: 'gift', sku: discount.gift };
  return discount.kind === 'percent' ? { ...discount, ...present({ max: maxDiscount }) } : discount;
}

function endOf(input: ResolveInput, path: Path, { validUntil }: AuthoredPromotion): PromotionTerms['validUntil'] {
  if (validUntil === undefined) return undefined;
  if (validUntil.kind === 'end') return input.times.end;
  return validUntil.kind === 'for'
    ? { for: validUntil.for }
    : input.times.others.get(placeKey([...path, 'promotion', 'validUntil']));
}
