/** A loyalty program after loading: what members earn, for how long, and what it is worth. Without imports that run (see resolved.ts). */
import type { Milliseconds, Money } from './resolved';
import type { PromotionTerms } from './resolved-promotion';

/** One way of earning points. */
export interface EarnRule {
  id: string;
  /** Types of events. */
  on: string[];
  /** CEL over `event` and `contact`; absent: every event of that type. */
  where?: string;
  /** So many points an event, or so many thousandths of a point for each unit of money that was paid. */
  gives: { points: number } | { perUnitThousandths: number; amount: string };
  /** In thousandths: 1500 is one and a half times as many. */
  multiplierThousandths: number;
  /** At most so many points of this rule for one member within any such time. */
  limit?: { points: number; per: Milliseconds };
}

/** A tier is reached with so many points earned within the period, and kept for as long as that is so. */
export interface LoyaltyTier {
  id: string;
  from: number;
  period: Milliseconds;
  multiplierThousandths: number;
}

/** What points buy: one of the three. */
export interface LoyaltyReward {
  id: string;
  cost: number;
  /** What the shop hands out, by its own number. */
  gift?: string;
  storeCredit?: StoreCreditReward;
  /** A code of its own for each spending. */
  promotion?: PromotionTerms;
}

/** What the books call a reward's codes, in the place of a step: no step has such an id. */
export function rewardStep(rewardId: string): string {
  return `reward:${rewardId}`;
}

/** Money in the customer's account of a shop platform. */
export interface StoreCreditReward {
  amount: Money;
  /** Key under `platforms` in `volante.yaml`. */
  platform: string;
}

export interface ProgramTerms {
  currency: string;
  /** What one point costs the shop when it is spent. */
  pointValue: Money;
  /** Return period before earned points can be spent. */
  pending: Milliseconds;
  /** From the moment at which points can be spent; absent: never. */
  expiresAfter?: Milliseconds;
  /** Whether a refund may leave a member with less than nothing. */
  overdraft: boolean;
  /** Where in `event.data` the number of the order stands. */
  order: string;
  earn: EarnRule[];
  refund?: { on: string[]; amount: string };
  /** From the lowest to the highest. */
  tiers: LoyaltyTier[];
  rewards: LoyaltyReward[];
  /** How long before points expire an event `points.expiring` says so; absent: never. */
  expiryWarning?: Milliseconds;
}

/** `loyalty`: gives points of a program to members of this run. */
export interface LoyaltyStep {
  kind: 'loyalty';
  loyalty: {
    /** Id of a program, which is the id of its campaign. */
    program: string;
    award: number;
    /** Everybody who was not held out, or those of them who have bought since the run began. */
    to: 'all' | 'buyers';
    /** Until then the points are pending. */
    after: Milliseconds;
    undo: 'reverse' | 'keep';
  };
}
