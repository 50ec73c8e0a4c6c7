/**
 * What the file says about journeys, resolved: what starts one, what ends it early, whom it competes with.
 * Types only (see resolved.ts).
 */
import type { Milliseconds } from './resolved';

/** `never`: once for ever. `after-end`: again once it is over. `always`: every event starts another, side by side. */
export type Reentry = 'never' | 'after-end' | 'always';

/** What starts a journey of this campaign. */
export interface ResolvedTrigger {
  /** Types of events, such as `order.paid`. */
  events: string[];
  /** CEL over `event` and `contact`; absent: every such event. */
  where?: string;
  /** CEL over `event` and `contact` that answers a text; absent: one journey a contact. */
  key?: string;
  reentry: Reentry;
  /** Since the contact's last journey of this campaign began. */
  cooldown?: Milliseconds;
  /** People inside a journey when this revision takes over take the steps of it that they have not begun. Absent: they stay. */
  underWay?: 'follow';
  exits: ResolvedExit[];
}

/** An event that ends a journey before its last step. */
export interface ResolvedExit {
  name: string;
  on: string[];
  /** CEL over `event`, `contact` and `journey`; absent: every such event. */
  when?: string;
  /** What the journey was for: counted as reached. */
  goal: boolean;
}

/** A wait of a journey for what the contact does. */
export interface ResolvedEventWait {
  events: string[];
  /** CEL over `event`, `contact`, `journey` and `steps`; absent: every such event. */
  where?: string;
  timeout: Milliseconds;
}

/** Waits that only journeys have. */
export type JourneyWait =
  /** Time of day, `HH:MM`, in the contact's own zone: its next coming. */
  { timeOfDay: string } | { event: ResolvedEventWait };
