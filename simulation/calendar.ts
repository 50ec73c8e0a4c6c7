/**
 * The test server begins now and only ever goes forward. A campaign whose dates are past is moved by whole cycles of the
 * calendar, after which days of the week and changes of the clocks fall on the same dates, and moved back for showing.
 */
import { Temporal } from 'temporal-polyfill';
import type { Instant, ResolvedCampaign } from '../definition/resolved';
import { placeInZone } from '../definition/written/local-time';
import type { Scenario } from './scenario/schema';

/** 28 years: 10,227 days, a whole number of weeks (valid until 2099). */
export const cycleMs = 10_227 * 86_400_000;
const dayMs = 86_400_000;
const standardStart = '2029-01-08T08:00:00.000Z';

/** When the simulated campaign is applied: whole minutes, as the campaign's own calendar has it. */
export function startOf({ schedule }: ResolvedCampaign, { start }: Pick<Scenario, 'start'>): Instant {
  if (start !== undefined) {
    const placed = placeInZone(start, schedule.timezone);
    if (placed.ok) return placed.value.instant;
  }
  if (schedule.start !== undefined) return new Date(Date.parse(schedule.start) - dayMs).toISOString();
  return standardStart;
}

/** By how much everything is moved so that `start` is yet to come. */
export function shiftFor(start: Instant, now: number): number {
  const soon = now + dayMs;
  return Date.parse(start) > soon ? 0 : Math.ceil((soon - Date.parse(start)) / cycleMs) * cycleMs;
}

const instantKeys = new Set(['start', 'end', 'by', 'until', 'validUntil', 'time', 'latest']);
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The campaign with every instant moved, for everybody in the contact book, once: its repetition is left out. */
export function simulatedCampaign(campaign: ResolvedCampaign, shiftMs: number): ResolvedCampaign {
  const move = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((entry) => move(entry, ''));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, move(entry, name)]));
    if (typeof value === 'string' && instantKeys.has(key) && instantPattern.test(value))
      return new Date(Date.parse(value) + shiftMs).toISOString();
    return value;
  };
  const moved = move(campaign, '') as ResolvedCampaign;
  return {
    ...moved,
    audience: { from: 'contacts', holdout: moved.audience.holdout },
    schedule: { ...moved.schedule, cron: [] },
  };
}

const anyInstant = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z/g;
const minute = 60_000;

/** Moves back every instant within, in texts too, and cuts it to its minute: seconds are this machine's, not the world's. */
export function movedBack<T>(value: T, shiftMs: number): T {
  const move = (each: unknown): unknown => {
    if (each instanceof Date) return move(each.toISOString());
    if (Array.isArray(each)) return each.map(move);
    if (typeof each === 'object' && each !== null)
      return Object.fromEntries(Object.entries(each).map(([name, entry]) => [name, move(entry)]));
    if (typeof each !== 'string') return each;
    return each.replace(anyInstant, (text) =>
      new Date(Math.floor((Date.parse(text) - shiftMs) / minute) * minute).toISOString(),
    );
  };
  return move(value) as T;
}

/** `day 3 14:05`: days since the start on the campaign's calendar, and the time of day there. */
export function dayAndTime(at: Instant, { start, timeZone }: { start: Instant; timeZone: string }): string {
  const zoned = Temporal.Instant.from(at).toZonedDateTimeISO(timeZone);
  const first = Temporal.Instant.from(start).toZonedDateTimeISO(timeZone).toPlainDate();
  const days = first.until(zoned.toPlainDate(), { largestUnit: 'day' }).days;
  return `day ${days} ${String(zoned.hour).padStart(2, '0')}:${String(zoned.minute).padStart(2, '0')}`;
}
