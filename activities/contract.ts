/** What a workflow may ask of the outside world. Types only: workflows import them, the worker registers the implementations. */
import type { Standing } from '../definition/amendment';
import type { Instant, Milliseconds, PersonId, ResolvedCampaign, Sha256 } from '../definition/resolved';
import type { AmendRequest, RunPlan } from '../definition/run-plan';
import type { Books, RunPhase, StepState, Verdict } from '../definition/run-status';

/** A limit that was breached, with the numbers in plain words. */
export interface Breach {
  metric: string;
  arm: string;
  /** Whether the metric itself says that the run is aborted. */
  aborts: boolean;
  detail: string;
}

/** A run by its workflow id, its short ledger key and its pinned revision. */
export interface RunRef {
  runId: string;
  runNo: number;
  revision: Sha256;
}

export interface MemberRange {
  from: number;
  to: number;
}

export interface PreparedRun {
  runNo: number;
  planHash: Sha256;
  members: number;
  heldOut: number;
  undecidable: number;
}

export interface DeliveryRequest {
  run: RunRef;
  step: string;
  range: MemberRange;
  now: Instant;
  /** From this moment on members are late. */
  deadline?: Instant;
  batchSize: number;
  /** Watch the limits of safety before each batch. */
  monitored?: boolean;
  /** When the members were released; arms with a time of day wait for its next coming. */
  releasedAt?: Instant;
}

export type DeliveryStop =
  /** The run is paused or closed in the ledger; nothing more was claimed. */
  | { why: 'dispatch' }
  /** The platform takes nothing at the moment. */
  | { why: 'platform'; problem: string; retryAfterMs?: Milliseconds }
  /** A limit that may stop a running wave was breached; nothing more was claimed. */
  | { why: 'limit'; breach: Breach };

/** Counters of one activity; the ledger's rows stay the truth. */
export interface DeliveryTally {
  judged: number;
  sent: number;
  notSent: number;
  waiting: number;
  inDoubt: number;
  stopped?: DeliveryStop;
}

export interface SweepPlan {
  ranges: MemberRange[];
  open: number;
  waiting: number;
  nextDueAt?: Instant;
}

/** A run that goes by a changed file from now on. */
export interface AmendedRun {
  campaign: ResolvedCampaign;
  revision: Sha256;
  planHash: Sha256;
  /** Gates that are asked again. */
  voids: string[];
  /** Steps that have begun and are no longer in the file. */
  withdrawn: string[];
}

export interface ConditionFacts {
  run: { campaign: string; members: number };
  steps: Record<string, { state: StepState; books?: Books }>;
}

export interface ControlActivities {
  /** Registers the run, freezes its audience and computes the plan hash that its gates bind to. */
  prepareRun(input: { runId: string; plan: RunPlan; now: Instant }): Promise<PreparedRun>;
  /**
   * Makes the run go by a changed file: records what changes and why, carries over approvals that still cover what comes,
   * and holds dispatch. Repeatable by `no`.
   */
  amendRun(input: {
    run: RunRef;
    /** From 1. */
    no: number;
    /** What gates bound to until now. */
    planHash: Sha256;
    request: AmendRequest;
    standing: Standing;
    now: Instant;
  }): Promise<AmendedRun>;
  /** Answers a step's `if`. */
  evaluateCondition(input: { expression: string; facts: ConditionFacts }): Promise<boolean>;
  /** Mails everybody who may decide at a gate and has not; `round` 0 asks, later rounds remind. */
  askApprovers(input: {
    run: RunRef;
    gate: string;
    roles: string[];
    planHash: Sha256;
    expiresAt?: Instant;
    round: number;
    decided: PersonId[];
    excluded: PersonId[];
    now: Instant;
  }): Promise<{ asked: number }>;
  recordGate(input: {
    run: RunRef;
    gate: string;
    planHash: Sha256;
    outcome: 'approved' | 'rejected' | 'expired' | 'void';
    decisions: { by: PersonId; verdict: Verdict; at: Instant; via: string; noteId?: string }[];
    now: Instant;
  }): Promise<void>;
  /** Opens or closes the switch that every claim looks at, and records who did it and why. */
  switchDispatch(input: {
    run: RunRef;
    dispatch: 'open' | 'paused' | 'closed';
    by: string;
    reason: string;
    now: Instant;
  }): Promise<void>;
  /** Refuses to begin a delivery that no approval of this very plan covers. */
  openStep(input: { run: RunRef; step: string; gates: string[]; planHash: Sha256; now: Instant }): Promise<void>;
  planSweep(input: {
    run: RunRef;
    step: string;
    range: MemberRange;
    now: Instant;
    stretch: number;
  }): Promise<SweepPlan>;
  closeDeliveries(input: {
    run: RunRef;
    step: string;
    range: MemberRange;
    as: 'late' | 'cancelled';
    detail: string;
    now: Instant;
  }): Promise<void>;
  countBooks(input: { run: RunRef; step: string }): Promise<Books>;
  /** A step's end, or failure, in the audit. */
  recordStep(input: { run: RunRef; step: string; state: StepState; detail?: string; now: Instant }): Promise<void>;
  /** The end of a delivery step: counts its books and keeps them in the audit. */
  closeStep(input: { run: RunRef; step: string; state: StepState; detail?: string; now: Instant }): Promise<Books>;
  /** `seq`: the journey it is about; each journey tells once. */
  notifyTeam(input: {
    run: RunRef;
    step: string;
    facts: ConditionFacts;
    now: Instant;
    seq?: number;
  }): Promise<{ sent: number }>;
  /** Ends the run in the ledger and says whether the books of every delivery step balance. */
  finishRun(input: {
    run: RunRef;
    phase: RunPhase;
    now: Instant;
  }): Promise<{ balanced: boolean; unbalanced: string[] }>;
}

export interface DeliveryActivities {
  deliverPages(input: DeliveryRequest): Promise<DeliveryTally>;
}
