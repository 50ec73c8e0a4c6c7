/** What `judge` answers. Plain JSON: it enters a history, the ledger and the report as it is. */
import type { Look, MetricKind, MetricRole } from './evidence';
import type { Forecast } from './forecast';

/** States of a checkpoint, and of one arm. */
export type CheckpointState = 'fail' | 'invalid' | 'error' | 'pass' | 'inconclusive';

/** recorded: an `observe` metric, or a measurement that decides nothing here. */
export type MetricVerdictWord = 'pass' | 'fail' | 'inconclusive' | 'invalid' | 'error' | 'recorded';

/** How the numbers of a verdict were got. */
export type VerdictMethod =
  | 'group-sequential'
  | 'always-valid'
  | 'fixed-z'
  | 'fixed-welch'
  | 'conversion-split'
  | 'beta-binomial'
  | 'propensity-corrected'
  | 'value-remaining'
  | 'none';

/** The verdict on one metric in one arm. Differences are arm − control in the metric's own unit; limits look at the arm alone. */
export interface MetricVerdict {
  metric: string;
  role: MetricRole;
  kind: MetricKind;
  goodDirection: 'up' | 'down';
  arm: string;
  /** Of an absolute limit: what is allowed. */
  limit?: { min?: number; max?: number };
  /** The control, where the verdict is about a difference; absent for an absolute limit. */
  against?: string;
  verdict: MetricVerdictWord;
  method: VerdictMethod;
  /** Difference, or the arm's own value for an absolute limit. */
  estimate?: number;
  standardError?: number;
  /** Bounds that the verdict used, each at the level of its own test. A bound that the data cannot give is absent. */
  lower?: number;
  upper?: number;
  /** What the bounds were held against: to pass, and to fail. In the same unit as the estimate. */
  passAt?: number;
  failAt?: number;
  /** Value of the arm and of the control. */
  armValue?: number;
  controlValue?: number;
  /** Relative lift with its interval at the same level (delta method), for showing only. */
  relative?: { estimate: number; lower?: number; upper?: number };
  /** Observed statistic and the critical value it was held against (standard errors). */
  z?: number;
  bound?: number;
  /** Valid however often it is looked at, or at this look, by the method. */
  pValue?: number;
  /** Level of the passing side and of the failing side. */
  alpha?: number;
  alphaFail?: number;
  /** Matured recipients of the arm, of the control, and conversions of the arm where they can be counted. */
  n?: number;
  nControl?: number;
  events?: number;
  eventsControl?: number;
  /** One sentence in plain words. */
  reason: string;
}

/** A verdict before it is put into words; `why` is what the numbers alone do not tell. */
export type BareVerdict = Omit<MetricVerdict, 'reason'> & { why?: string };

export interface QualityFinding {
  check: 'sample-ratio' | 'multiple-exposure' | 'fresh' | 'enough-data' | 'quality-metric';
  /** assigned, delivered, matured, or the metric. */
  of: string;
  ok: boolean;
  pValue?: number;
  reason: string;
}

export interface ObjectiveVerdict {
  objective: string;
  verdict: MetricVerdictWord;
  forecast: Forecast;
  reason: string;
}

/** What a look used of alpha, for the alpha ledger, with figures for people. */
export interface JudgedLook extends Look {
  /** Largest share of alpha that the comparisons of success metrics have spent so far, in [0,1]. */
  alphaSpent: number;
  /** Critical value of the first success comparison, where there is one. */
  bound?: number;
  /** All of alpha was spent at an earlier look: nothing more may be claimed in this epoch. */
  exhausted: boolean;
}

export interface BanditAdvice {
  /** Shares for the next wave, summing to 1 over the arms that remain. */
  weights: Record<string, number>;
  probabilityBest: Record<string, number>;
  /** False during burn-in: shares stay even. */
  burntIn: boolean;
  /** 95th percentile of the value remaining, as a share of the leader's value; absent during burn-in. */
  valueRemaining?: number;
  reason: string;
}

export interface Judgement {
  methodVersion: 'decisions/1';
  state: CheckpointState;
  /** Which line of the lattice decided, in plain words. */
  reason: string;
  /** Best arm so far by the first success metric, as an estimate only. */
  leader?: string;
  /** Only when the state is pass and a lift may be claimed. */
  winner?: string;
  /** Arms that failed a guardrail, a limit or deteriorated: candidates to drop. */
  failing: string[];
  /** Arms that failed on success alone (futile: they cannot reach what would pay). */
  futile: string[];
  /** State of each judged arm by itself; the control has only its absolute limits. */
  arms: Record<string, CheckpointState>;
  verdicts: MetricVerdict[];
  objectives: ObjectiveVerdict[];
  quality: QualityFinding[];
  look: JudgedLook;
  bandit?: BanditAdvice;
  /** What would have changed the decision, in plain words with numbers. */
  wouldChange: string[];
}
