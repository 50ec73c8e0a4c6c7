import fc from 'fast-check';
import { quietUntil, UnknownTimeZone } from '../../definition/quiet-hours';
import type { QuietHours } from '../../definition/resolved';

const minute = 60_000;
const night: QuietHours = { from: '21:00', to: '08:30' };

/** Zones with every kind of clock: half hours, quarters, a change of 30 minutes, changes at midnight, no change at all. */
const zones = [
  'Europe/Madrid',
  'Europe/London',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Atlantic/Azores',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'UTC',
];

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The wall clock by another library than the one under test: minute of the day. */
function wallClock(zone: string, at: number): number {
  const formatter =
    formatters.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formatters.set(zone, formatter);
  const [hour, minutes] = formatter.format(at).split(':').map(Number);
  return hour! * 60 + minutes!;
}

const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

function isQuiet(zone: string, at: number, { from, to }: QuietHours): boolean {
  const clock = wallClock(zone, at);
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  return begin < end ? clock >= begin && clock < end : clock >= begin || clock < end;
}

/** Minute by minute: slow, and right. */
function bruteForce(zone: string, now: number, hours: QuietHours): number | undefined {
  if (!isQuiet(zone, now, hours)) return undefined;
  for (let at = Math.floor(now / minute) * minute + minute; ; at += minute) if (!isQuiet(zone, at, hours)) return at;
}

/** The moments of 2024-2027 at which a zone's clocks change, to the minute. */
function changesOfClocks(zone: string): number[] {
  const changes: number[] = [];
  const offset = (at: number) => (wallClock(zone, at) - wallClock('UTC', at) + 1440) % 1440;
  const day = 86_400_000;
  for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2028, 0, 1); at += day) {
    if (offset(at) === offset(at + day)) continue;
    let [low, high] = [at, at + day];
    while (high - low > minute) {
      const middle = low + Math.floor((high - low) / 2 / minute) * minute;
      if (offset(middle) === offset(low)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}

const quietHours = fc
  .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 1439 }))
  .filter(([from, to]) => from !== to)
  .map(([from, to]): QuietHours => ({ from: clockText(from), to: clockText(to) }));

function clockText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

test('any moment, any zone, any quiet hours', () => {
  const moments = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), moments, quietHours, (zone, now, hours) => {
      expect(quietUntil({ now, zone, quietHours: hours })).toBe(bruteForce(zone, now, hours));
    }),
    { numRuns: 400 },
  );
});

test('hours around every change of the clocks, with ends inside the gap and inside the repeated hour', () => {
  const changes = zones.flatMap((zone) => changesOfClocks(zone).map((at) => ({ zone, at })));
  expect(changes.length).toBeGreaterThan(60);
  const near = fc.integer({ min: -26 * 60, max: 26 * 60 });
  fc.assert(
    fc.property(
      fc.constantFrom(...changes),
      near,
      fc.integer({ min: -120, max: 120 }),
      near,
      ({ zone, at }, before, end, length) => {
        const to = (wallClock(zone, at) + end + 1440) % 1440;
        const from = (to + 1 + Math.abs(length)) % 1440;
        fc.pre(from !== to);
        const hours = { from: clockText(from), to: clockText(to) };
        const now = at + before * minute + 12_345;
        expect(quietUntil({ now, zone, quietHours: hours })).toBe(bruteForce(zone, now, hours));
      },
    ),
    { numRuns: 1500 },
  );
});

test('the two changes of 2027 in Madrid, by hand', () => {
  const hours: QuietHours = { from: '22:00', to: '02:30' };
  const spring = quietUntil({ now: Date.parse('2027-03-27T23:00:00Z'), zone: 'Europe/Madrid', quietHours: hours });
  expect(new Date(spring!).toISOString()).toBe('2027-03-28T01:00:00.000Z');
  const autumn = { zone: 'Europe/Madrid', quietHours: hours };
  const firstEnd = Date.parse('2027-10-31T00:30:00Z');
  expect(quietUntil({ ...autumn, now: firstEnd - 1 })).toBe(firstEnd);
  expect(quietUntil({ ...autumn, now: firstEnd })).toBeUndefined();
  expect(quietUntil({ ...autumn, now: Date.parse('2027-10-31T01:00:00Z') })).toBe(Date.parse('2027-10-31T01:30:00Z'));
});

test('half an hour in Lord Howe, and a day that Samoa skipped', () => {
  const lordHowe = quietUntil({
    now: Date.parse('2027-04-03T14:00:00Z'),
    zone: 'Australia/Lord_Howe',
    quietHours: { from: '00:00', to: '01:45' },
  });
  expect(lordHowe).toBe(
    bruteForce('Australia/Lord_Howe', Date.parse('2027-04-03T14:00:00Z'), { from: '00:00', to: '01:45' }),
  );
  const now = Date.parse('2011-12-30T09:30:00Z');
  expect(quietUntil({ now, zone: 'Pacific/Apia', quietHours: night })).toBe(bruteForce('Pacific/Apia', now, night));
});

test('what it answers is never quiet, and everything before it is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }),
      quietHours,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (zone, now, hours, share) => {
        const until = quietUntil({ now, zone, quietHours: hours });
        if (until === undefined) return;
        expect(quietUntil({ now: until, zone, quietHours: hours })).toBeUndefined();
        const between = Math.floor(now + (until - now) * share);
        expect(quietUntil({ now: between, zone, quietHours: hours })).toBe(until);
      },
    ),
    { numRuns: 500 },
  );
});

test.each(['Europe/Madird', '', 'not a zone', 'Mars/Olympus'])('refuses the zone %j', (zone) => {
  expect(() => quietUntil({ now: 0, zone, quietHours: night })).toThrow(UnknownTimeZone);
});
