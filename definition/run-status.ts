/** What a run says of itself: the answer of its `status` query, and the shapes inside it. Types only. */
import type { Instant, PersonId, Sha256, StepKind } from './resolved';

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

export type GateState = 'open' | 'approved' | 'rejected' | 'expired' | 'held';
export type StepState = 'waiting' | 'running' | 'held' | 'done' | 'skipped' | 'failed' | 'cancelled';
export type RunPhase =
  | 'preparing'
  | 'waiting'
  | 'gate'
  | 'sending'
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

export interface RunStatus {
  runId: string;
  campaign: string;
  revision: Sha256;
  /** Hash over revision, frozen audience and cost; what gates bind to. Empty until prepared. */
  planHash: Sha256 | '';
  phase: RunPhase;
  paused?: { by: PersonId; reason: string; at: Instant };
  members: number;
  steps: StepView[];
  gates: GateView[];
  lastProblem?: { at: Instant; what: string };
}
