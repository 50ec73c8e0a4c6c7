/** What a plan is computed from besides the definition. Gathered by the caller (command line, git sync, simulation). Types only. */
import type { Standing } from './amendment';
import type { Instant, Money, ResolvedCampaign, Sha256 } from './resolved';
import type { Books } from './run-status';

export interface AudienceFacts {
  /** Contacts for which `where` is true: the members a run would freeze. */
  targeted: number;
  /** Of those, by the first reason that holds, in this order; the rest is `reachable`. */
  heldOut: number;
  suppressed: number;
  unconsented: number;
  capped: number;
  reachable: number;
  /** Contacts on which `where` could not be evaluated (a missing attribute, a wrong type); never targeted. */
  undecidable: number;
  /** One example of why, without personal data. */
  undecidableReason?: string;
  /** sha256 over the targeted contacts, by the hashes of their addresses, and their holdout flags. */
  checksum: Sha256;
  /** Targeted contacts by IANA zone, largest first, at most ten and `other`. */
  timeZones: { zone: string; count: number }[];
}

export interface PlatformFacts {
  ratePerSecond?: number;
  costPerMessage?: Money;
}

/** A run that is not over, of any campaign. */
export interface LiveRun {
  runId: string;
  campaign: string;
  revision: Sha256;
  phase: string;
  start?: Instant;
  end?: Instant;
  /** Platforms its delivery steps send over. */
  platforms: string[];
  /** Members of that run that this plan targets too. */
  sharedMembers: number;
}

/** The run of the same campaign that is under way. */
export interface LiveFacts {
  runId: string;
  phase: string;
  /** Revision of the file it last took. */
  asked: Sha256;
  /** What it goes by. */
  campaign: ResolvedCampaign;
  /** Absent: it does not answer. */
  standing?: Standing;
  /** Of its delivery steps. */
  books: Record<string, Books>;
  audienceChecksum: Sha256;
  members: number;
}

/** Of a triggered campaign. */
export interface TriggerFacts {
  /** How far back events were looked at. */
  days: number;
  /** Events of the trigger's types in those days; `isCut`: only the newest were looked at. */
  seen: number;
  isCut: boolean;
  /** Of those, for how many the condition holds, and about how many contacts. */
  matched: number;
  contacts: number;
  undecidable: number;
  /** Campaigns of the same exclusion group that start journeys now. */
  rivals: { campaign: string; priority: number; live: number }[];
}

/** Of a loyalty program that was opened, whichever run tends it. */
export interface ProgramFacts {
  members: number;
  /** What a point is worth now. */
  pointValue: Money;
  /** Points that members have, and those they will have after the return period. */
  active: number;
  pending: number;
  /** Of rewards that are codes, over all runs of the program; absent without any. */
  codes?: RewardCodes;
}

/** Codes that members have spent points for. */
export interface RewardCodes {
  given: number;
  /** Uses of them, those that were refunded included. */
  redeemed: number;
  /** Worst case of what may still be used, by currency. */
  reserved: Money[];
  /** What uses have cost, by currency. */
  spent: Money[];
}

/** Journeys on their way that go by one file and stand at one step. */
export interface UnderWayFacts {
  campaign: ResolvedCampaign;
  /** Absent: they have begun none yet. */
  step?: string;
  /** They wait before the step. */
  isHeld: boolean;
  count: number;
}

export interface PlanFacts {
  audience: AudienceFacts;
  platforms: Record<string, PlatformFacts>;
  liveRuns: LiveRun[];
  trigger?: TriggerFacts;
  program?: ProgramFacts;
  /** Of a triggered campaign: who is inside. */
  underWay?: UnderWayFacts[];
  /** Newest applied revision of the same campaign, for the diff. */
  applied?: { revision: Sha256; runId: string; campaign: ResolvedCampaign; targeted: number };
  /** Where applying amends it. */
  live?: LiveFacts;
  /** A run went by this very revision: applying starts nothing. */
  alreadyRun?: { runId: string; phase: string };
}
