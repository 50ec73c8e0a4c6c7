/** Journeys of a standing run in numbers. Types only. */
export interface JourneyCounts {
  started: number;
  running: number;
  held: number;
  /** By outcome: completed, goal, exited, aborted, failed. */
  ended: Record<string, number>;
  /** By name of the exit taken. */
  exits: Record<string, number>;
  /** Events that matched and started nothing, by reason. */
  declined: Record<string, number>;
  /** The most frequent reasons for being held. */
  heldBecause: { why: string; count: number }[];
}
