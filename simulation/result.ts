/** What a simulated run came to. Plain JSON without a clock of ours: the same seed gives the same bytes. */
import type { JourneyCounts } from '../definition/journey-counts';
import type { Instant, Money } from '../definition/resolved';
import type { Books } from '../definition/run-status';
import type { MeasuredReport } from '../reports/measured-report';

export interface BlastRadius {
  /** Without an audience: a trigger costs so much for each journey, a program opens. */
  stands?: 'trigger' | 'program';
  targeted: number;
  heldOut: number;
  reachable: number;
  cost: Money[];
  window: { start?: Instant; end?: Instant; timezone: string };
  irreversible: { step: string; what: string }[];
  gates: { step: string; approvers: string[]; quorum: number }[];
}

export interface TimelineEntry {
  at: Instant;
  what: string;
}

export interface WaveSends {
  step: string;
  wave: number;
  releasedAt: Instant;
  /** Members in it, by arm; `all` without arms, `holdout` for those who get nothing. */
  arms: Record<string, { members: number; sent: number }>;
}

export interface ArmMoney {
  step: string;
  arm: string;
  sent: number;
  orders: number;
  revenue: Money[];
  refunds: Money[];
}

export interface VisitorCounts {
  step: string;
  visitors: number;
  /** Visitors in the experiment, by the arm they saw. */
  arms: Record<string, { exposed: number; converted: number }>;
}

export interface FlagChange {
  at: Instant;
  flag: string;
  enabled: boolean;
  exposure: number;
  weights: Record<string, number>;
}

/** What customers did of their own accord, or because of a message. */
export interface CustomerCounts {
  events: { type: string; count: number }[];
  /** Events that nobody could act on, each with the reason. */
  unacted: { type: string; reason: string; count: number }[];
  orders: number;
  revenue: Money[];
  refunds: Money[];
}

/** What became of a trigger. */
export interface JourneysOutcome {
  openedAt: Instant;
  started: number;
  declined: JourneyCounts['declined'];
  /** Events of its types for which its condition did not hold. */
  unmet: number;
  ended: JourneyCounts['ended'];
  onTheWay: number;
  heldBecause: JourneyCounts['heldBecause'];
  exits: { name: string; goal: boolean; count: number }[];
  /** Of waits for events that were waited through: how often the event came, and how often it did not. */
  waits: { step: string; happened: number; timedOut: number }[];
  /** Between beginning and end, of those that are over. */
  medianDays: number;
  /** Since the trigger opened, from 1. */
  weeks: { week: number; started: number; declined: number; sent: number; goals: number; ended: number }[];
}

interface PointsWorth {
  points: number;
  worth: Money;
}

/** What became of a loyalty program. */
export interface ProgramOutcome {
  members: number;
  earned: number;
  /** Could be spent, from the end of the return period on. */
  matured: number;
  spent: number;
  expired: number;
  /** Taken back because of refunds. */
  reversed: number;
  pending: PointsWorth;
  active: PointsWorth;
  /** Warnings that points will expire. */
  warned: number;
  rewards: { id: string; cost: number; taken: number }[];
  /** Members in each at the end, from the lowest tier. */
  tiers: { id: string; members: number }[];
  /** Days since it opened, the points that members have then, those spent and expired so far, and what all of it is worth. */
  course: { day: number; pending: number; active: number; spent: number; expired: number; owed: Money }[];
}

export interface SimulatedRun {
  seed: number;
  /** As the campaign's own calendar has it. */
  start: Instant;
  finishedAt?: Instant;
  /**
   * The run's last phase; a run that waits for people at the end of the watch has that of its waiting, and one that would go
   * on for ever is `open`.
   */
  ends: string;
  /** Why, where it did not simply finish. */
  reason?: string;
  blastRadius: BlastRadius;
  timeline: TimelineEntry[];
  /** Steps that send. */
  steps: { id: string; books: Books }[];
  waves: WaveSends[];
  money: { spent: Money[]; arms: ArmMoney[] };
  budget: { line: string; from: Money; to: Money }[];
  visitors: VisitorCounts[];
  /** Of campaigns with a trigger or a program that was opened. */
  customers?: CustomerCounts;
  journeys?: JourneysOutcome;
  program?: ProgramOutcome;
  flags: FlagChange[];
  measured: MeasuredReport;
  /** By step with an experiment: the arm a lift is claimed for, and the one that the rest got. */
  outcomes: { step: string; winner?: string; chosen?: string; recipientsUntilDecision?: number }[];
  /** Messages a day since the start. */
  perDay: { day: number; sent: number; converted: number }[];
  balanced: boolean;
}

export interface Simulation {
  format: 'volante-simulation/1';
  campaign: { id: string; name: string; file: string; revision: string; timezone: string };
  scenario: { name: string; description: string; contacts: number; isBuiltIn: boolean };
  /** What the simulation takes otherwise than a real run would. */
  assumptions: string[];
  runs: SimulatedRun[];
  expectations: Expectation[];
}

export interface Expectation {
  seed: number;
  what: string;
  met: boolean;
  /** What came instead. */
  found: string;
}
