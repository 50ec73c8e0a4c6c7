/** What a workflow may ask about points. Types only: workflows import them. Each call may be repeated. */
import type { Instant, Sha256 } from '../definition/resolved';
import type { MemberRange, RunRef } from './contract';

export interface TendedProgram {
  /** Lots that can be spent from now on. */
  activated: number;
  expired: number;
  /** Members who were told that points will expire. */
  warned: number;
  /** Members whose tier changed because time went by. */
  tiersChanged: number;
  /** A newer run tends the program: nothing was done. */
  takenOver: boolean;
}

export interface AwardedPoints {
  /** Members who have the points. */
  awarded: number;
  /** Members of the range who get none: held out, or no buyers. */
  passedOver: number;
}

export interface ReversedPoints {
  members: number;
  points: number;
  /** Spent or expired already: nobody can take them back. */
  uncovered: number;
}

export interface LoyaltyActivities {
  /** Opens the program that an approval covers; an earlier run's terms are replaced. */
  openProgram(input: { run: RunRef; gates: string[]; planHash: Sha256; now: Instant }): Promise<void>;
  /** What a day does to points. */
  tendProgram(input: { run: RunRef; now: Instant }): Promise<TendedProgram>;
  /** Nothing is earned or spent any more; what members have stays in the book. */
  closeProgram(input: { run: RunRef; why: string; now: Instant }): Promise<void>;
  /** Gives the members of a range their points. For a journey, the range is its one member. */
  awardPoints(input: {
    run: RunRef;
    step: string;
    range: MemberRange;
    gates: string[];
    planHash: Sha256;
    /** The run that was approved, where it is not this one: its revision is followed. */
    approvedRun?: string;
    now: Instant;
  }): Promise<AwardedPoints>;
  /** Takes back what a step awarded, as far as it is there; null when it awarded nothing. */
  reverseAwards(input: { run: RunRef; step: string; by: string; now: Instant }): Promise<ReversedPoints | null>;
}
