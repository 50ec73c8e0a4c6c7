import { Temporal } from 'temporal-polyfill';
import type { Instant } from '../resolved';
import { type Reading, read, unreadable } from './reading';

export const localTimePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/;

/** Reads a local date and time such as `2027-04-01T09:00`, without a zone. Rule TIME-202. */
export function readLocalTime(text: string): Reading<string> {
  if (!localTimePattern.test(text)) {
    const fix = /[Zz]$|[+-]\d{2}:?\d{2}$/.test(text)
      ? 'leave the offset out: times are read in schedule.timezone'
      : 'write date and time, such as 2027-04-01T09:00';
    return unreadable('TIME-202', `"${text}" is not a local date and time`, fix);
  }
  const normal = text.length === 16 ? `${text}:00` : text;
  const inUtc = new Date(`${normal}Z`);
  const exists = !Number.isNaN(inUtc.getTime()) && inUtc.toISOString().startsWith(normal);
  return exists
    ? read(normal)
    : unreadable('TIME-202', `there is no ${text} in the calendar`, 'correct the date or the time');
}

export interface ZonedReading {
  instant: Instant;
  /** Set when the clocks go back over this time: it happens twice, and the first is taken. */
  second?: Instant;
}

/** Places a local time in a zone. A time that the clocks jump over is refused (TIME-203). */
export function placeInZone(local: string, zone: string): Reading<ZonedReading> {
  const plain = Temporal.PlainDateTime.from(local);
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = plain.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) return read({ instant: instantOf(earlier) });
  if (!later.toPlainDateTime().equals(plain)) {
    return unreadable(
      'TIME-203',
      `${local} does not exist in ${zone}: the clocks go forward over it`,
      `write ${later.toPlainDateTime().toString({ smallestUnit: 'minute' })}`,
    );
  }
  return read({ instant: instantOf(earlier), second: instantOf(later) });
}

/** Writes a moment as it is on the clocks of a zone; without seconds where there are none. */
export function writeLocalTime(instant: Instant, zone: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
  return local.toString({ smallestUnit: local.second === 0 ? 'minute' : 'second' });
}

function instantOf(time: Temporal.ZonedDateTime): Instant {
  return new Date(time.epochMilliseconds).toISOString();
}
