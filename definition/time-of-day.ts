/** The next coming of a time of day in somebody's zone. */
import { Temporal } from 'temporal-polyfill';

/**
 * First moment at or after `after` (milliseconds since 1970) at which the wall clock of the zone shows `timeOfDay`
 * (`HH:MM`). A time that the clocks jump over comes at the jump; one that comes twice comes the first time.
 */
export function nextTimeOfDay({ after, zone, timeOfDay }: { after: number; zone: string; timeOfDay: string }): number {
  const start = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone);
  const today = start.toPlainDate().toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(timeOfDay) });
  if (today.epochMilliseconds >= after) return today.epochMilliseconds;
  const tomorrow = start.toPlainDate().add({ days: 1 });
  return tomorrow.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(timeOfDay) }).epochMilliseconds;
}
