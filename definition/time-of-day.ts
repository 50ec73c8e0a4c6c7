/** The next coming of a time of day in somebody's zone. */
import { Temporal } from 'temporal-polyfill';

/**
 * First moment at or after `after` (milliseconds since 1970) at which the wall clock of the zone shows `timeOfDay`
 * (`HH:MM`). A time that the clocks jump over comes at the jump; one that comes twice comes the first time.
 */
export function nextTimeOfDay({ after, zone, timeOfDay }: { after: number; zone: string; timeOfDay: string }): number {
  const start = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone);
  const today = momentOn(start.toPlainDate(), { zone, timeOfDay });
  return today >= after ? today : momentOn(start.toPlainDate().add({ days: 1 }), { zone, timeOfDay });
}

function momentOn(date: Temporal.PlainDate, { zone, timeOfDay }: { zone: string; timeOfDay: string }): number {
  const local = date.toPlainDateTime(timeOfDay);
  const before = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const isJumpedOver = !before.toPlainDateTime().equals(local);
  return (isJumpedOver ? before.getTimeZoneTransition('next') : before)?.epochMilliseconds ?? before.epochMilliseconds;
}
