/** What a campaign says about promotions, resolved. Types only (see resolved.ts). */
import type { Instant, Milliseconds, Money } from './resolved';

export type Discount =
  /** `share` of the basket in (0, 1], at most `max`. */
  | { kind: 'percent'; share: number; max?: Money }
  | { kind: 'amount'; amount: Money }
  | { kind: 'two-for-one' }
  | { kind: 'free-shipping' }
  | { kind: 'gift'; sku: string };

export interface PromotionTerms {
  discount: Discount;
  /** What one redemption may cost at most; so much is reserved for each. */
  worth: Money;
  /** Smallest basket for which it counts. */
  minimumBasket?: Money;
  codes: 'one-per-contact' | { generic: string };
  limits: {
    /** Redemptions in all; absent: as many as the codes allow. */
    total?: number;
    /** Redemptions by one customer; absent, of a reward: as many as the member's codes allow. */
    perContact?: number;
    /** Redemptions of one code; of the one generic code: as `total`. */
    perCode: number;
  };
  validFrom?: Instant;
  /** A moment for all codes, or how long after each was issued. Absent: for ever. */
  validUntil?: Instant | { for: Milliseconds };
  stacking: 'alone' | 'with-others';
  /** `built-in`, or a key under `platforms` in `volante.yaml`. */
  platform: string;
  /** Line of the budget that pays. */
  line: string;
  undo: 'disable-unredeemed' | 'keep';
}

/** Issues codes that are worth money. */
export interface PromotionStep {
  kind: 'promotion';
  promotion: PromotionTerms;
}
