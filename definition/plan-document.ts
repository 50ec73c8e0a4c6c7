/** The answer of `plan`: what applying would do. Plain JSON, the same bytes for the same facts. Types only. */
import type { Problem } from '../errors/problem';
import type { Change } from './diff';
import type { PlannedAmendment } from './plan-amendment';
import type { AudienceFacts, ProgramFacts, TriggerFacts } from './plan-facts';
import type { PlannedUnderWay } from './plan-under-way';
import type { Instant, Milliseconds, Money, OnExpiry, QuietHours, Sha256 } from './resolved';
import type { ResolvedTrigger } from './resolved-journey';
import type { CheckpointState, Pace } from './resolved-measuring';

export type PlanAction =
  /** Applying starts a run; the campaign never ran. */
  | 'launch'
  /** Applying starts a run of a changed definition. */
  | 'change'
  /** Applying makes the run that is under way go by the changed definition. */
  | 'amend'
  /** The run that is under way cannot take the change; applying changes nothing. */
  | 'refused'
  /** This very revision has run or runs: applying starts nothing. */
  | 'none'
  /** The definition has errors. */
  | 'invalid';

export interface PlannedDelivery {
  step: string;
  platform: string;
  recipients: number;
  /** Absent: no limit is set. */
  ratePerSecond?: number;
  /** At today's rate and without quiet hours. */
  seconds?: number;
  /** In order; absent: everybody at once. */
  rollout?: PlannedStage[];
}

/** A wave, whose messages cannot be called back, or what is decided before the next. */
export type PlannedStage =
  | { wave: number; recipients: number }
  | { checkpoint: string; decide: Record<CheckpointState, string> };

/** Codes that are worth money: of a step, or of a reward. */
export interface PlannedPromotion {
  step: string;
  /** Of a reward: what a code costs its member. */
  points?: number;
  /** Line of the budget that pays. */
  line: string;
  /** What one use costs at most. */
  worth: Money;
  /** Everybody's codes together. */
  asked: Money;
  /** What is issued ends where the line does. */
  atMost: Money;
  /** What the line may reserve within any window, and how long issuing takes at least at that pace. */
  pace?: Pace & { takes: Milliseconds };
  /** Members who get no code when everybody's cost more than the line has. */
  without: number;
}

/** What a program that this plan takes over owes its members now. */
export interface PlannedProgram extends ProgramFacts {
  /** For pending and active points, at the value that a point has now. */
  owed: Money;
  /** At the value that the file gives a point; absent where that is the same. */
  owedThen?: Money;
}

/** What an experiment can find, as planned. */
export interface PlannedExperiment {
  step: string;
  goal: 'learn' | 'earn';
  method: string;
  arms: Record<string, number>;
  alpha: number;
  /** By success metric whose usual value is known: the chance of finding `minEffect` with all recipients. */
  power: { metric: string; effect: number; power: number; recipientsNeeded: number }[];
}

export interface PlannedGate {
  step: string;
  approvers: string[];
  quorum: number;
  expires: Milliseconds;
  onExpiry: OnExpiry;
  allowAuthor: boolean;
}

export interface Collision {
  runId: string;
  campaign: string;
  phase: string;
  /** Members of that run that this plan targets too. */
  sharedMembers: number;
  /** Platforms that both send over while both may run. */
  sharedPlatforms: string[];
}

export interface PlannedTrigger extends Omit<ResolvedTrigger, 'underWay'>, TriggerFacts {
  priority: number;
  exclusive?: string;
}

export interface PlannedCampaign {
  id: string;
  name: string;
  file: string;
  action: Exclude<PlanAction, 'invalid'>;
  revision: Sha256;
  /** What gates bind to if the audience is still the same when the run freezes it. */
  planHash: Sha256;
  audience: AudienceFacts;
  /** The most it can cost, by currency; of a triggered campaign, one journey. */
  cost: Money[];
  window: {
    /** Absent: as soon as it is applied and approved. */
    start?: Instant;
    end?: Instant;
    timezone: string;
    cron: string[];
    quietHours?: QuietHours;
    maxLateness: Milliseconds;
  };
  /** Present in plans of triggered campaigns: each event starts a journey for one contact. */
  trigger?: PlannedTrigger;
  /** Absent while nobody is inside a journey of this campaign. */
  underWay?: PlannedUnderWay;
  deliveries: PlannedDelivery[];
  gates: PlannedGate[];
  /** Absent in plans of campaigns without arms. */
  experiments?: PlannedExperiment[];
  /** Absent in plans of campaigns without codes. */
  promotions?: PlannedPromotion[];
  /** What cannot be undone once it has happened. */
  irreversible: { step: string; what: string }[];
  /** Of a loyalty program that was opened before: what it owes at this moment. */
  program?: PlannedProgram;
  collisions: Collision[];
  /** Present in plans that change a run under way. */
  amendment?: PlannedAmendment;
  /** Against the newest applied revision. */
  changes: Change[];
  /** Runs and revisions that this plan relates to. */
  appliedRun?: { runId: string; revision: Sha256; targeted: number };
  alreadyRun?: { runId: string; phase: string };
  warnings: Problem[];
}

export interface InvalidCampaign {
  id?: string;
  file: string;
  action: 'invalid';
  problems: Problem[];
}

export interface PlanSummary {
  launch: number;
  change: number;
  amend: number;
  refused: number;
  none: number;
  invalid: number;
  recipients: number;
  irreversibleSteps: number;
  cost: Money[];
}

export interface PlanDocument {
  format: 'volante-plan/1';
  environment: string;
  summary: PlanSummary;
  campaigns: (PlannedCampaign | InvalidCampaign)[];
  /** sha256 over everything else. */
  hash: Sha256;
}
