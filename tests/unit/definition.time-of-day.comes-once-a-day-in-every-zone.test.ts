import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { nextTimeOfDay } from '../../definition/time-of-day';

const at = (local: string) => Temporal.ZonedDateTime.from(local).epochMilliseconds;
const next = (after: string, timeOfDay: string) => {
  const start = Temporal.ZonedDateTime.from(after);
  const found = nextTimeOfDay({ after: start.epochMilliseconds, zone: start.timeZoneId, timeOfDay });
  return Temporal.Instant.fromEpochMilliseconds(found).toZonedDateTimeISO(start.timeZoneId).toString();
};

test('a time that the clocks jump over comes at the jump; one that comes twice, the first time', () => {
  expect(next('2027-03-27T20:00[Europe/Madrid]', '02:30')).toBe('2027-03-28T03:00:00+02:00[Europe/Madrid]');
  expect(next('2027-10-30T20:00[Europe/Madrid]', '02:30')).toBe('2027-10-31T02:30:00+02:00[Europe/Madrid]');
  expect(next('2027-10-02T20:00[Australia/Lord_Howe]', '02:15')).toBe('2027-10-03T02:30:00+11:00[Australia/Lord_Howe]');
});

test('this very moment is its own next coming', () => {
  expect(next('2027-06-01T10:00[Asia/Kolkata]', '10:00')).toBe('2027-06-01T10:00:00+05:30[Asia/Kolkata]');
});

test('it is never past, at most a day and an hour away, and shows the time unless the clocks jump over it', () => {
  const zones = ['Europe/Madrid', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Santiago', 'UTC'];
  fc.assert(
    fc.property(
      fc.integer({ min: at('2026-01-01T00:00[UTC]') / 60_000, max: at('2029-01-01T00:00[UTC]') / 60_000 }),
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 24 * 60 - 1 }),
      (minute, zone, ofDay) => {
        const after = minute * 60_000;
        const timeOfDay = `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
        const found = nextTimeOfDay({ after, zone, timeOfDay });
        expect(found).toBeGreaterThanOrEqual(after);
        expect(found - after).toBeLessThanOrEqual(25 * 3600_000);
        const local = Temporal.Instant.fromEpochMilliseconds(found).toZonedDateTimeISO(zone);
        const isJump = local.subtract({ minutes: 1 }).offsetNanoseconds !== local.offsetNanoseconds;
        expect([isJump, local.toPlainTime().toString({ smallestUnit: 'minute' })]).toEqual([
          isJump,
          isJump ? expect.any(String) : timeOfDay,
        ]);
      },
    ),
  );
});
