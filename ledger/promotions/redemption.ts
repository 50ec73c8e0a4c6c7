/**
 * What may be asked about a code: look (validate), hold for a checkout (reserve), use (redeem), let go (release), take back
 * (refund), and what is answered. The till (`till.ts`) does it.
 */
import type { Money } from '../../definition/resolved';
import type { PromotionTerms } from '../../definition/resolved-promotion';

/** Why a code is not taken, or a redemption not changed, for programs. */
export type RefusalReason =
  | 'unknown-code'
  | 'mistyped-code'
  | 'disabled'
  | 'not-yet-valid'
  | 'expired'
  | 'other-customer'
  | 'customer-required'
  | 'customer-limit'
  | 'code-used'
  | 'exhausted'
  | 'basket-too-small'
  | 'other-currency'
  | 'value-too-high'
  | 'not-with-others'
  | 'unknown-redemption'
  | 'already-redeemed'
  | 'already-released'
  | 'already-refunded'
  | 'hold-expired'
  | 'not-redeemed'
  | 'nothing-to-refund';

export type Refusal = { refused: RefusalReason };

export type RedemptionState = 'held' | 'redeemed' | 'released' | 'expired' | 'refunded';

/** A code that somebody wants to use. */
export interface CodeUse {
  source: string;
  code: string;
  /** Sum of the basket before the discount. */
  basket: Money;
  /** What the shop says the discount costs, where only the shop can tell (two for one, free shipping). */
  value?: Money;
  /** `contact:<id>`, or what stands for a customer of the shop. */
  customer?: string;
  orderRef?: string;
  /** Another promotion is used for the same basket. */
  withOthers?: boolean;
  now: Date;
}

/** What becomes of a redemption. */
export interface Change {
  source: string;
  id: string;
  /** Of a use: what the discount cost in the end, at most what was held. Of a refund: how much of it, all that is left by default. */
  value?: Money;
  orderRef?: string;
  now: Date;
}

export type Ask =
  | ({ act: 'validate' | 'redeem' } & CodeUse)
  | ({ act: 'reserve'; holdMs: number } & CodeUse)
  | ({ act: 'redeem-held' | 'release' | 'refund' } & Change);

/** A code that could be used now. */
export interface Offer {
  offered: Money;
  terms: PromotionTerms;
}

export interface Redemption {
  id: string;
  state: RedemptionState;
  /** What the discount costs; of a release nothing; of a refund what it gave back. */
  value: Money;
  /** Of a hold. */
  expiresAt?: Date;
  /** Of a refund: what is still spent. */
  left?: Money;
}

export type Outcome = Offer | Redemption | Refusal;
