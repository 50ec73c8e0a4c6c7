/** What a report says of measuring and deciding. Types only; see run-report.ts. */
import type { Instant, PersonId } from '../definition/resolved';
import type { ObjectiveView } from '../definition/run-status';

/** A figure with its interval. */
export interface Interval {
  estimate?: number;
  lower?: number;
  upper?: number;
}

/** One metric of one arm, as a checkpoint judged it. */
export interface VerdictReport extends Interval {
  metric: string;
  role: string;
  arm: string;
  against?: string;
  verdict: string;
  method: string;
  n?: number;
  nControl?: number;
  armValue?: number;
  controlValue?: number;
  /** Observed statistic and critical value, in standard errors. */
  z?: number;
  bound?: number;
  alpha?: number;
  reason: string;
}

export interface ActionReport {
  at: Instant;
  actor: PersonId | 'volante';
  isOverride: boolean;
  action: string;
  /** The person's words, with addresses masked. */
  note?: string;
}

export interface CheckpointDecisionReport {
  /** As `volante report RUN --decision ID` takes it: `<step>/<checkpoint>#<look>`. */
  id: string;
  step: string;
  checkpoint: string;
  look: number;
  at: Instant;
  state: string;
  reason: string;
  declared: string;
  leader?: string;
  winner?: string;
  verdicts: VerdictReport[];
  quality: { check: string; of: string; ok: boolean; reason: string }[];
  /** Share of the planned information, and of alpha, that was used up to this look. */
  fraction?: number;
  alphaSpent?: number;
  weights?: Record<string, number>;
  wouldChange: string[];
  actions: ActionReport[];
  method: string;
  revision: string;
  gitCommit?: string;
  epoch: string;
}

export interface HoldoutLiftReport {
  step: string;
  metric: string;
  currency?: string;
  treated: number;
  heldOut: number;
  perHead?: Interval;
  incremental?: Interval;
  returnOnInvestment?: Interval;
  verdict: string;
}

export interface FeedbackReport {
  at: Instant;
  fromWhom: 'team' | 'customer';
  author?: PersonId;
  score?: number;
  words: string;
}

export interface MeasuredReport {
  decisions: CheckpointDecisionReport[];
  /** The plan of an experiment changed while it ran: what was measured before backs no claim after it. */
  epochs: { step: string; epochs: number }[];
  objectives: ObjectiveView[];
  holdout: HoldoutLiftReport[];
  feedback: FeedbackReport[];
}
