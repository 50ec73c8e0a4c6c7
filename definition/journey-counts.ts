/** Journeys of a standing run in numbers. Types only. */
export type JourneyOutcomeName = 'completed' | 'goal' | 'exited' | 'aborted' | 'failed';

/**
 * Why an event that met a trigger started nothing. `nobody`: it is about nobody in the contact book. `reentry`: on the way
 * already, or made before. `exclusive`: in a journey of another campaign of the group.
 */
export type DeclineReason = 'nobody' | 'undecidable' | 'reentry' | 'cooldown' | 'exclusive';

export interface JourneyCounts {
  started: number;
  running: number;
  held: number;
  ended: Partial<Record<JourneyOutcomeName, number>>;
  /** By name of the exit taken. */
  exits: Record<string, number>;
  declined: Partial<Record<DeclineReason, number>>;
  /** The most frequent reasons for being held. */
  heldBecause: { why: string; count: number }[];
}
