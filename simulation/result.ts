/** What a simulated run came to. Plain JSON without a clock of ours: the same seed gives the same bytes. */
import type { Instant, Money } from '../definition/resolved';
import type { Books } from '../definition/run-status';
import type { MeasuredReport } from '../reports/measured-report';

export interface BlastRadius {
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

export interface SimulatedRun {
  seed: number;
  /** As the campaign's own calendar has it. */
  start: Instant;
  finishedAt?: Instant;
  /** The run's last phase; a run that waits for people at the end of the watch has that of its waiting. */
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
