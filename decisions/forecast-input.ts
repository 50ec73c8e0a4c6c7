/** What is known of an objective while it runs. Times are in any one unit (hours, say), rates in events per unit of exposure. */

/** A group of recipients of the same age: how many, and which share of what they will ever bring has come (delay cdf at that age). */
export interface ExposureCohort {
  units: number;
  /** G(age) in [0,1]; 1 when the attribution window has closed. */
  arrived: number;
}

export interface ForecastInput {
  /** count: conversions, registrations. sum: money, points. */
  kind: 'count' | 'sum';
  target: number;
  /** Whether reaching means at least (default) or at most the target. */
  goodDirection?: 'up' | 'down';
  /** So far: events, and for `sum` Σ and Σ² of their amounts. For `count` the events are the sum. */
  observed: { events: number; sum?: number; sumSquares?: number };
  /**
   * cohorts: recipients reached so far with their ages, and `remainingUnits` who are to be reached, of whose effect
   * `remainingArrival` (default 1) will have come by the deadline.
   * linear: time gone by and time left, for what comes at a steady pace.
   */
  exposure:
    | {
        kind: 'cohorts';
        cohorts: ExposureCohort[];
        /** G(age at the deadline) of those reached so far; default 1. */
        arrivedByDeadline?: number;
        remainingUnits: number;
        remainingArrival?: number;
      }
    | { kind: 'linear'; elapsed: number; remaining: number };
  /** Gamma prior on the rate: `events` seen in `exposure` of earlier campaigns. Default 0.5 events in no exposure (Jeffreys). */
  prior?: { events: number; exposure: number };
}
