/** What a run says of itself: the answer of its `status` query, and the shapes inside it. Types only. */
import type { Instant, PersonId, Sha256, StepKind } from './resolved';
import type { CheckpointState } from './resolved-measuring';

export type Verdict = 'approve' | 'reject';

/** A person's decision at a gate. Its words stay in the ledger (`decision_notes`); the history holds their id only. */
export interface GateDecision {
  gate: string;
  verdict: Verdict;
  by: PersonId;
  /** Roles the caller found for this person when the decision was made. */
  roles: string[];
  /** The plan hash the person saw. */
  planHash: Sha256;
  via: 'cli' | 'page';
  noteId?: string;
}

/** overridden: a hold of a checkpoint that a person ended otherwise. void: what it asked about has changed; it is asked again. */
export type GateState = 'open' | 'approved' | 'rejected' | 'expired' | 'held' | 'overridden' | 'void';
export type StepState = 'waiting' | 'running' | 'held' | 'done' | 'skipped' | 'failed' | 'cancelled';
export type RunPhase =
  | 'preparing'
  | 'waiting'
  | 'gate'
  | 'sending'
  | 'checkpoint'
  | 'held'
  | 'paused'
  | 'aborting'
  | 'done'
  | 'rejected'
  | 'aborted'
  | 'failed';

/** Every member of a delivery step is in exactly one of these; `targeted` is their sum. */
export interface Books {
  targeted: number;
  sent: number;
  heldOut: number;
  suppressed: number;
  unconsented: number;
  capped: number;
  late: number;
  invalid: number;
  failed: number;
  inDoubt: number;
  cancelled: number;
  /** Not settled yet: waiting for quiet hours or a retry, or not reached. Zero at the end of a step. */
  open: number;
}

export interface GateView {
  gate: string;
  state: GateState;
  approvers: string[];
  quorum: number;
  openedAt: Instant;
  expiresAt?: Instant;
  decisions: { by: PersonId; verdict: Verdict; at: Instant; via: GateDecision['via']; noteId?: string }[];
}

export interface StepView {
  id: string;
  kind: StepKind;
  state: StepState;
  startedAt?: Instant;
  finishedAt?: Instant;
  /** Plain words: why it waits, was skipped or failed. */
  detail?: string;
  books?: Books;
}

/** A look at a checkpoint and what came of it. The numbers are in the ledger: `volante report RUN --decision ID`. */
export interface DecisionView {
  id: string;
  step: string;
  checkpoint: string;
  look: number;
  at: Instant;
  state: CheckpointState;
  /** In plain words. */
  reason: string;
  /** Best arm so far, an estimate only. */
  leader?: string;
  /** Only when a lift may be claimed. */
  winner?: string;
  /** Arms that failed. */
  failing: string[];
  /** Shares for the coming waves, of an experiment that earns. */
  weights?: Record<string, number>;
  /** What was done, once it is. */
  action?: string;
  actor?: string;
  isOverride?: boolean;
}

/** What a person may put in the place of a checkpoint's declared action. */
export type OverrideChoice =
  | { do: 'promote'; what: 'wave' | 'control' }
  | { do: 'promote'; arm: string }
  | { do: 'look' }
  | { do: 'end-early' }
  | { do: 'abort' };

/** A person's word at a checkpoint. The reason stays in the ledger (`decision_notes`). */
export interface CheckpointOverride {
  /** `<step>/<checkpoint>`. */
  checkpoint: string;
  choice: OverrideChoice;
  by: PersonId;
  /** Roles the caller found for this person when it was said. */
  roles: string[];
  noteId: string;
}

/** A checkpoint that waits. */
export interface WaitingCheckpoint {
  /** `<step>/<checkpoint>`. */
  checkpoint: string;
  since: Instant;
  until: Instant;
  progress: string;
}

export interface ObjectiveView {
  id: string;
  metric: string;
  target: number;
  currency?: string;
  by: Instant;
  /** So far, in the unit of the target (money in micros). */
  reached: number;
  /** Of reaching the target in time; absent while nothing can be said. */
  probability?: number;
  /** 80 % band of what will be reached. */
  band?: [number, number];
  detail: string;
}

export interface RunStatus {
  runId: string;
  campaign: string;
  revision: Sha256;
  /** How often a changed file was taken; absent: never. */
  amendments?: number;
  /** Hash over revision, frozen audience and cost; what gates bind to. Empty until prepared. */
  planHash: Sha256 | '';
  phase: RunPhase;
  paused?: { by: PersonId; reason: string; at: Instant };
  members: number;
  steps: StepView[];
  gates: GateView[];
  /** Of checkpoints that wait now. */
  waiting?: WaitingCheckpoint[];
  decisions?: DecisionView[];
  objectives?: ObjectiveView[];
  lastProblem?: { at: Instant; what: string };
}
