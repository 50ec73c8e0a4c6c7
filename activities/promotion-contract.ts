/** What a workflow may ask about promotions. Types only: workflows import them. */
import type { Instant, Money, Sha256 } from '../definition/resolved';
import type { MemberRange, RunRef } from './contract';

export interface IssuedCodes {
  /** Members of the range who have a code. */
  issued: number;
  /** Members who have none, by reason. */
  skipped: Record<string, number>;
  /** The pace of the line is used up until then; asked again, it goes on with those who are left. */
  until?: Instant;
}

export interface UndonePromotion {
  /** Codes that nobody can use any more. */
  disabled: number;
  /** Redemptions that cannot be taken back, and what they cost. */
  redeemed: number;
  spent: Money;
  /** Held for a checkout at this moment; each is used or let go within its time. */
  held: number;
}

/** Each call may be repeated. */
export interface PromotionActivities {
  /**
   * Gives the members of a range their codes. Refuses, as a delivery does, what no approval of this very plan covers. For
   * a journey, the range is its one member.
   */
  issueCodes(input: {
    run: RunRef;
    step: string;
    range: MemberRange;
    gates: string[];
    planHash: Sha256;
    /** The run that was approved, where it is not this one: its revision is followed. */
    approvedRun?: string;
    now: Instant;
  }): Promise<IssuedCodes>;
  /** Disables what is not redeemed; null when no code was ever issued. */
  undoPromotion(input: { run: RunRef; step: string; by: string; now: Instant }): Promise<UndonePromotion | null>;
}
