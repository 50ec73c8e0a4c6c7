/** What a discount costs, for one basket. Pure. */
import type { Money } from '../../definition/resolved';
import type { PromotionTerms } from '../../definition/resolved-promotion';

/** The least amount of a currency that can be paid, in micros: a cent of a euro, a yen. */
export function smallestUnit(currency: string): number {
  const known = units.get(currency);
  if (known !== undefined) return known;
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  const unit = 10 ** Math.max(0, 6 - maximumFractionDigits);
  units.set(currency, unit);
  return unit;
}

/** A format is dear to make, and every redemption of a share asks. */
const units = new Map<string, number>();

export type DiscountRefusal = { refused: 'other-currency' | 'basket-too-small' | 'value-too-high' };

/**
 * Never more than the promotion's worth, nor than the basket where it is taken off that; a share is rounded down to what can
 * be paid. What only the shop can tell (two for one, free shipping, a gift) it may say; otherwise it counts as the worth.
 */
export function discountOf(
  terms: Pick<PromotionTerms, 'discount' | 'worth' | 'minimumBasket'>,
  { basket, value }: { basket: Money; value?: Money },
): { micros: number } | DiscountRefusal {
  const { discount, worth, minimumBasket } = terms;
  if (basket.currency !== worth.currency || (value && value.currency !== worth.currency))
    return { refused: 'other-currency' };
  if (minimumBasket && basket.micros < minimumBasket.micros) return { refused: 'basket-too-small' };
  const most = mostOf();
  if (value === undefined) return { micros: most };
  return value.micros > most ? { refused: 'value-too-high' } : { micros: value.micros };

  function mostOf(): number {
    if (discount.kind === 'percent') {
      const unit = smallestUnit(worth.currency);
      return Math.min(worth.micros, Math.floor((basket.micros * discount.share) / unit + 1e-9) * unit);
    }
    if (discount.kind === 'amount') return Math.min(discount.amount.micros, worth.micros, basket.micros);
    return worth.micros;
  }
}
