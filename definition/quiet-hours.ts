/** Quiet hours in a recipient's zone, right on both changes of the clocks. */
import { Temporal } from 'temporal-polyfill';
import type { QuietHours } from './resolved';

/** A contact's time zone that no clock knows. */
export class UnknownTimeZone extends Error {
  constructor(readonly zone: string) {
    super('unknown time zone');
    this.name = 'UnknownTimeZone';
  }
}

export interface QuietQuestion {
  /** Milliseconds since 1970 in UTC. */
  now: number;
  /** IANA zone of the recipient. */
  zone: string;
  quietHours: QuietHours;
}

/**
 * Until when nothing may be sent: undefined when it is not quiet now, else the first later moment (milliseconds since
 * 1970) at which the wall clock of the zone shows a time outside the quiet hours. It is quiet whenever the wall clock
 * shows `from` or later and not yet `to`, so an hour that happens twice is quiet twice, and a time that the clocks
 * jump over ends it at the jump.
 * @throws UnknownTimeZone
 */
export function quietUntil({ now, zone, quietHours }: QuietQuestion): number | undefined {
  const start = localTime(now, zone);
  const isQuiet = quietClock(quietHours);
  if (!isQuiet(start)) return undefined;
  const end = endOnThisClock(start, quietHours);
  const change = changeOfClocks(start, end);
  if (change === undefined) return end;
  if (!isQuiet(localTime(change, zone))) return change;
  return quietUntil({ now: change, zone, quietHours });
}

function localTime(epochMilliseconds: number, zone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(epochMilliseconds).toZonedDateTimeISO(zone);
  } catch (error) {
    if (error instanceof RangeError) throw new UnknownTimeZone(zone);
    throw error;
  }
}

function quietClock({ from, to }: QuietHours): (time: Temporal.ZonedDateTime) => boolean {
  const begins = minuteOfDay(from);
  const ends = minuteOfDay(to);
  return ({ hour, minute }) => {
    const clock = hour * 60 + minute;
    return begins < ends ? clock >= begins && clock < ends : clock >= begins || clock < ends;
  };
}

function minuteOfDay(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** The next moment at which the clock would show the end of the quiet hours if nobody changed it. */
function endOnThisClock(start: Temporal.ZonedDateTime, { to }: QuietHours): number {
  const clock = start.hour * 60 + start.minute;
  const minutes = (minuteOfDay(to) - clock + 1440) % 1440;
  return start.epochMilliseconds - start.second * 1000 - start.millisecond + minutes * 60_000;
}

/** The first change of the clocks after `start` and at or before `before`. */
function changeOfClocks(start: Temporal.ZonedDateTime, before: number): number | undefined {
  const offsetThen = Temporal.Instant.fromEpochMilliseconds(before).toZonedDateTimeISO(
    start.timeZoneId,
  ).offsetNanoseconds;
  if (offsetThen === start.offsetNanoseconds) return undefined;
  return start.getTimeZoneTransition('next')?.epochMilliseconds;
}
