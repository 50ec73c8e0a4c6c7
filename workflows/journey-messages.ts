/** What a journey is started with, and what can be said to it. Nothing personal. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { JourneyOutcome, JourneyRef, JourneySteps } from '../activities/journey-contract';

/** Input of the `journey` workflow: where its place in the ledger is, and the event that started it. */
export interface JourneyInput extends JourneyRef {
  /** Number in the inbox. */
  event: string;
}

/** The contact did something that this journey may be waiting for. The ledger knows what. */
export const customerEvent = defineSignal<[{ no: string; type: string }]>('customerEvent');
/** The campaign goes on, or a person has looked at what failed. */
export const resumeJourney = defineSignal<[{ reason: string }]>('resumeJourney');
export const stopJourney = defineSignal<[{ reason: string }]>('stopJourney');

export interface JourneyStatus {
  steps: JourneySteps;
  ending?: JourneyOutcome;
  /** In words: what it waits for. */
  waits?: string;
}

export const journeyStatus = defineQuery<JourneyStatus>('journeyStatus');
