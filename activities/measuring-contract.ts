/** What a workflow may ask about measuring and deciding. Types only: workflows import them. */
import type { Instant } from '../definition/resolved';
import type { Adjustment, WaveSize } from '../definition/resolved-measuring';
import type { DecisionView, ObjectiveView } from '../definition/run-status';
import type { Breach, MemberRange, RunRef } from './contract';

/** A checkpoint within the rollout of a step. */
export interface CheckpointRef {
  run: RunRef;
  step: string;
  checkpoint: string;
}

export interface ReleasedWave extends MemberRange {
  wave: number;
  weights: Record<string, number>;
}

export interface Readiness {
  ready: boolean;
  /** What has come and what is missing, in plain words. */
  progress: string;
  /** When it may be worth looking again, where the ledger can tell. */
  nextAt?: Instant;
}

/** What was done upon a decision. Reasons of people are kept as notes; the history holds their ids. */
export interface DecisionActionRecord {
  decisionId: string;
  /** Which of several upon the same decision, from 1. */
  no: number;
  actor: string;
  isOverride: boolean;
  action: { do: string; [detail: string]: unknown };
  /** Note of the person who overrode. */
  noteId?: string;
}

export interface MeasuringActivities {
  /** Releases the next members of a step; repeatable. `to` is before `from` when nobody was left. */
  releaseWave(input: {
    run: RunRef;
    step: string;
    wave: number;
    size: WaveSize;
    /** Empty: the shares that the file declares. */
    weights: Record<string, number>;
    now: Instant;
  }): Promise<ReleasedWave>;
  /** Looks, without spending anything, whether a checkpoint has what it waits for. */
  probeCheckpoint(
    input: CheckpointRef & { waitingSince: Instant; reported: string[]; now: Instant },
  ): Promise<Readiness>;
  /** Measures and judges, once a look: a look that is in the book is answered from it. */
  judgeCheckpoint(
    input: CheckpointRef & {
      look: number;
      excluded: string[];
      /** Nothing more will be looked at: all error that is left may be spent. */
      final: boolean;
      /** The wait ran out: it may fail, it never passes. */
      timedOut: boolean;
      now: Instant;
    },
  ): Promise<DecisionView>;
  /** Judges a running wave's limits after one of them was breached. */
  recordBreach(input: { run: RunRef; step: string; breach: Breach; no: number; now: Instant }): Promise<DecisionView>;
  /** Takes a look at the forecast of an objective. */
  judgeForecast(input: {
    run: RunRef;
    step: string;
    look: number;
    timedOut: boolean;
    now: Instant;
  }): Promise<DecisionView & { met: boolean }>;
  recordDecisionAction(input: { run: RunRef; record: DecisionActionRecord; now: Instant }): Promise<void>;
  /** Moves money between lines of the budget, within the bounds. */
  adjustBudget(input: {
    run: RunRef;
    decisionId: string;
    adjustment: Extract<Adjustment, { what: 'budget' }>;
    now: Instant;
  }): Promise<{ before: number; after: number; currency: string }>;
  forecastObjectives(input: { run: RunRef; now: Instant }): Promise<ObjectiveView[]>;
}

/** Flags of web experiments. Each call may be repeated. */
export interface FlagActivities {
  /**
   * Shows the flag to a share of the visitors; creates it the first time. Refuses, as a delivery does, what no approval of
   * this very plan covers.
   */
  exposeFlag(input: {
    run: RunRef;
    step: string;
    /** From 1. */
    wave: number;
    /** Share of visitors that take part, in [0, 1]. */
    exposure: number;
    weights: Record<string, number>;
    gates: string[];
    planHash: string;
    now: Instant;
  }): Promise<void>;
  promoteFlag(input: { run: RunRef; step: string; arm: string; now: Instant }): Promise<void>;
  switchOffFlag(input: { run: RunRef; step: string; now: Instant }): Promise<void>;
}
