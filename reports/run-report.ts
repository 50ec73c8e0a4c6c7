/**
 * Everything a report says of a run, gathered from the ledger alone. Types only. Holds no address of any contact: counts,
 * ids of people of the team, and their words with addresses masked.
 */

import type { JourneyCounts } from '../definition/journey-counts';
import type { Instant, Money, PersonId, Sha256 } from '../definition/resolved';
import type { Books, RunPhase } from '../definition/run-status';

/** `open`: the run is not over and some members are not settled yet. */
export type Balance = 'balanced' | 'open' | 'unbalanced';

export interface RunReport {
  runId: string;
  campaign: { id: string; name: string; owner: PersonId };
  environment: string;
  /** The campaign's IANA zone; moments are shown in it. */
  timeZone: string;
  revision: Sha256;
  gitCommit?: string;
  /** Hash over revision, frozen audience and cost; what gates bound to. Absent until the run has prepared. */
  planHash?: Sha256;
  appliedBy: PersonId;
  appliedAt: Instant;
  phase: RunPhase;
  finishedAt?: Instant;
  /** Members of the frozen audience; absent until the run has prepared. */
  members?: number;
  /** Of a triggered campaign. */
  journeys?: JourneyCounts;
  /** Of all delivery steps together. */
  balance: Balance;
  cost: CostReport;
  audience: AudienceReport;
  steps: StepReport[];
  /** Absent for runs without codes. */
  promotions?: PromotionReport[];
  /** Absent for runs without a budget that spent nothing. */
  money?: MoneyReport;
  /** Of a loyalty program that was opened: as it stands now, whichever run tends it. */
  program?: ProgramReport;
  decisions: DecisionReport[];
  timeline: TimelineEntry[];
  audit: { facts: number; brokenAt?: string };
}

/** Points of a program, and what it owes for them at today's value of a point. */
export interface ProgramReport {
  members: number;
  pointValue: Money;
  pending: { points: number; worth: Money };
  active: { points: number; worth: Money };
  spent: number;
  expired: number;
  reversed: number;
}

export interface CostReport {
  atMost: Money[];
  /** For what was sent; absent where the ledger cannot tell, because steps went over platforms with different prices. */
  spent?: Money[];
}

/** Money by line of the budget. */
export interface MoneyReport {
  lines: {
    line: string;
    /** What the line was given. */
    cap: Money;
    reserved: Money;
    spent: Money;
    available: Money;
    /** Spent although no budget covers it. */
    beyond: Money;
  }[];
  /** Where the book contradicts itself; empty when it balances. */
  faults: string[];
}

/** A promotion step. Holds no code. */
export interface PromotionReport {
  step: string;
  line: string;
  state: 'active' | 'disabled' | 'expired';
  codes: number;
  /** Uses, those that were refunded included. */
  redeemed: number;
  refunded: number;
  held: number;
  /** Codes that were taken back. */
  disabled: number;
  /** Members without a code, by reason. */
  skipped: Record<string, number>;
  worth: Money;
  spent: Money;
  reserved: Money;
}

/** What the run did to the audience as a whole. */
export interface AudienceReport {
  /** Members to whom at least one message was sent. */
  reached: number;
  /** Opted out by a link of this run's messages. */
  optedOut: number;
  /** Suppressed because this run's mail bounced for good. */
  bounced: number;
}

/** A share with the counts it comes from; `share` is absent when `of` is zero. */
export interface Rate {
  count: number;
  of: number;
  share?: number;
}

export interface StepReport {
  step: string;
  balance: Balance;
  books: Books;
  rates: {
    /** Of the targeted. */
    sent: Rate;
    /** Of those handed to the platform: sent, failed or in doubt. */
    failed: Rate;
    inDoubt: Rate;
  };
  arms: ArmReport[];
  refusals: RefusalReport[];
  overTime?: { bucketMs: number; buckets: { from: Instant; sent: number }[] };
  /** Largest first, at most ten, then `other`. */
  timeZones: { zone: string; targeted: number; sent: number }[];
}

export interface ArmReport {
  /** `holdout` gets nothing. */
  arm: string;
  targeted: number;
  sent: number;
  failed: number;
  inDoubt: number;
}

export interface RefusalReport {
  /** SMTP reply code (RFC 5321 §4.2). Absent: given up by a person, or by the platform without a reply. */
  code?: number;
  /** Enhanced status code (RFC 3463) where the server gave one, such as `5.1.1`. */
  status?: string;
  count: number;
}

export interface DecisionReport {
  gate: string;
  by: PersonId;
  verdict: 'approve' | 'reject';
  at: Instant;
  via: string;
  planHash?: Sha256;
  note?: string;
}

export interface TimelineEntry {
  at: Instant;
  /** Person id, or `volante` for what the run itself did. */
  actor: string;
  /** As in the audit: `<noun>.<past participle>`. */
  action: string;
  /** Step, gate or campaign it is about. */
  subject?: string;
  /** Why, in a person's or the run's own words. */
  reason?: string;
  /** How many it is about, where the fact is about a number of members. */
  count?: number;
}
