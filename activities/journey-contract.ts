/** What journeys and their standing run may ask of the outside world. Types only, as in contract.ts. */
import type { JourneyOutcomeName } from '../definition/journey-counts';
import type { Instant, Milliseconds, OnFailure, ResolvedStep, Sha256, StepKind } from '../definition/resolved';
import type { StepState } from '../definition/run-status';
import type { RunRef } from './contract';

/** A journey: a member of its standing run. Nothing personal. */
export interface JourneyRef {
  run: RunRef;
  seq: number;
}

/** What the workflow has to know of a step; the rest stays in the revision. */
export interface JourneyStepPlan {
  id: string;
  kind: Exclude<StepKind, 'gate' | 'experiment' | 'checkpoint'>;
  /** Steps of the journey that must be finished before. Gates were passed before it began. */
  needs: string[];
  onFailure: OnFailure;
  /** Of an e-mail step. */
  platform?: string;
}

export type JourneyBeginning =
  | { begins: false }
  | {
      begins: true;
      campaign: string;
      steps: JourneyStepPlan[];
      heartbeatTimeoutMs: Milliseconds;
      /** The approval that covers it. */
      gates: string[];
      planHash: Sha256;
    };

/** The standing run whose revision a journey goes by. */
export interface GoesBy {
  runNo: number;
  revision: Sha256;
  /** Number of the event after which its exits hold; absent: since the journey began. */
  after?: string;
}

/** A newer revision that a journey follows from now on, and the approval that covers it. */
export interface NewCourse {
  goesBy: GoesBy;
  /** Its standing run. */
  runId: string;
  gates: string[];
  planHash: Sha256;
  /** All its steps. */
  steps: JourneyStepPlan[];
}

/** What the journey has done so far. */
export interface JourneySteps {
  [step: string]: { state: StepState; happened?: boolean };
}

export type StepEntry =
  | { enter: 'go'; deadline?: Instant }
  | { enter: 'wait'; until: Instant }
  /** The event that the step waits for is there. */
  | { enter: 'happened' }
  | { enter: 'skip'; why: string }
  /** The campaign is paused. */
  | { enter: 'held' }
  | { enter: 'exit'; exit: string; goal: boolean }
  /** The campaign goes by a newer revision, and journeys follow it: what comes next is to be decided anew. */
  | ({ enter: 'changed' } & NewCourse)
  /** The run, or this journey, has ended in the ledger. */
  | { enter: 'over'; why: string };

export interface JourneyOutcome {
  outcome: JourneyOutcomeName | 'not-begun';
  exit?: string;
  /** Why, in words without personal data. */
  detail?: string;
}

export interface JourneyActivities {
  /** Opens the trigger of a run that an approval covers; the earlier run's trigger closes. */
  openTrigger(input: {
    run: RunRef;
    gates: string[];
    planHash: Sha256;
    now: Instant;
  }): Promise<{ superseded: string[] }>;
  /** From now on no event starts a journey of this run. */
  closeTrigger(input: { run: RunRef; why: string; now: Instant }): Promise<void>;
  /** How many journeys are on their way. */
  countLiveJourneys(input: { run: RunRef }): Promise<{ live: number; members: number }>;
  /** Tells journeys to go on (those that are held) or to end (all). */
  tellJourneys(input: { run: RunRef; say: 'resume' | 'stop'; reason: string; now: Instant }): Promise<{ told: number }>;
  /** Ends in the ledger what has not ended by itself, and whatever they had not sent. */
  retireJourneys(input: { run: RunRef; reason: string; now: Instant }): Promise<{
    left: number;
    /** Steps of newer revisions that its journeys have begun; absent: none. */
    followed?: { step: ResolvedStep; revision: Sha256 }[];
  }>;
  /** Takes the journey's place in the ledger; a second start of the same journey finds it taken. */
  beginJourney(input: JourneyRef & { event: string; execution: string; now: Instant }): Promise<JourneyBeginning>;
  /**
   * Whether a step begins now: looks at exits, at the run's switch, at the step's condition and at the events. The revision
   * of `run` is the one that the step is of.
   */
  enterStep(
    input: JourneyRef & {
      step: string;
      /** Whose exits hold. Absent: the journey cannot follow another revision. */
      goesBy?: GoesBy;
      /** When what the step needs was finished; absent: it needs nothing, and counts from the start of the journey. */
      moment?: Instant;
      steps: JourneySteps;
      now: Instant;
    },
  ): Promise<StepEntry>;
  /** The journey waits for a person. */
  holdJourney(input: JourneyRef & { step: string; why: string }): Promise<void>;
  /** @returns the newer revision that it follows, when there is one: then it has not ended, and looks what is still to come */
  endJourney(
    input: JourneyRef & {
      end: JourneyOutcome;
      steps: (JourneySteps[string] & { id: string; kind?: JourneyStepPlan['kind']; why?: string })[];
      /** As in `enterStep`. */
      goesBy?: GoesBy;
      now: Instant;
    },
  ): Promise<NewCourse | undefined>;
}
