import fc from 'fast-check';
import type { ResolvedMetric } from '../../definition/resolved-measuring';
import { type Database, openDatabase } from '../../ledger/database';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { countExposures, measureExposed } from '../../ledger/measuring-exposures';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 4 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const hourMs = 3600_000;
const start = Date.parse('2026-11-01T00:00:00Z');
const at = (hours: number) => new Date(start + hours * hourMs);

const exposure = fc.record({
  unit: fc.nat(9),
  arm: fc.constantFrom('a', 'b'),
  flag: fc.constantFrom('landing', 'landing', 'other'),
  hour: fc.integer({ min: -2, max: 12 }),
});
const conversion = fc.record({
  unit: fc.nat(9),
  hour: fc.integer({ min: -2, max: 16 }),
  euros: fc.nat(100),
  isBot: fc.boolean(),
});

let worlds = 0;

test('first exposure decides the arm, later arms are counted, conversions count within the window', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(exposure, { maxLength: 30 }),
      fc.array(conversion, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(14),
      fc.boolean(),
      async (exposures, conversions, windowHours, now, matured) => {
        const world = `w${++worlds}`;
        const unit = (n: number) => `${world}-${n}`;
        const flag = (name: string) => `${world}-${name}`;
        const events: NewEvent[] = [
          ...exposures.map(
            (each, n): NewEvent => ({
              source: 'web',
              id: `${world}-x${String(n).padStart(2, '0')}`,
              kind: 'exposed',
              about: { unit: unit(each.unit) },
              exposure: { flag: flag(each.flag), arm: each.arm },
              occurredAt: at(each.hour),
            }),
          ),
          ...conversions.map(
            (each, n): NewEvent => ({
              source: 'web',
              id: `${world}-c${n}`,
              kind: 'converted',
              about: { unit: unit(each.unit) },
              occurredAt: at(each.hour),
              amount: { micros: BigInt(each.euros) * 1_000_000n, currency: 'EUR' },
              isBot: each.isBot,
            }),
          ),
        ];
        await recordEvents(database, events);

        const visitors = new Map<number, { arm: string; hour: number; arms: Set<string> }>();
        const seen = exposures
          .map((each, n) => ({ ...each, n }))
          .filter(({ hour, flag: name }) => name === 'landing' && hour >= 0 && hour <= now);
        for (const { unit: who, arm, hour } of seen.sort((a, b) => a.hour - b.hour || a.n - b.n)) {
          const known = visitors.get(who);
          if (known) known.arms.add(arm);
          else visitors.set(who, { arm, hour, arms: new Set([arm]) });
        }
        const ref = { flag: flag('landing'), since: at(0), now: at(now) };
        const armCounts: Record<string, number> = {};
        for (const { arm } of visitors.values()) armCounts[arm] = (armCounts[arm] ?? 0) + 1;
        expect(await countExposures(database, ref)).toEqual({
          arms: armCounts,
          units: visitors.size,
          multiple: [...visitors.values()].filter(({ arms }) => arms.size > 1).length,
        });

        const metric = (fields: Partial<ResolvedMetric>): ResolvedMetric => ({
          name: 'buyers',
          role: 'success',
          kind: 'proportion',
          from: { events: 'converted' },
          window: windowHours * hourMs,
          goodDirection: 'up',
          ...fields,
        });
        const metrics = [metric({}), metric({ name: 'revenue', kind: 'mean', from: { events: 'revenue' } })];
        const measured = await measureExposed(database, { ...ref, metrics, matured });
        for (const arm of ['a', 'b']) {
          const mine = [...visitors].filter(
            ([, visitor]) => visitor.arm === arm && (!matured || visitor.hour + windowHours <= now),
          );
          const spent = mine.map(([who, { hour }]) =>
            conversions.filter(
              (each) =>
                each.unit === who &&
                !each.isBot &&
                each.hour >= hour &&
                each.hour < hour + windowHours &&
                each.hour <= now,
            ),
          );
          const sums = spent.map((each) => each.reduce((sum, { euros }) => sum + euros, 0));
          const buyers = spent.filter((each) => each.length > 0).length;
          const found = measured.get('buyers')?.arms[arm] ?? { n: 0, sum: 0, delivered: 0 };
          expect([found.n, found.sum, found.delivered]).toEqual([mine.length, buyers, armCounts[arm] ?? 0]);
          const money = measured.get('revenue')?.arms[arm] ?? { n: 0, sum: 0, sumSquares: 0 };
          expect(money.n).toBe(mine.length);
          expect(money.sum).toBeCloseTo(
            sums.reduce((sum, each) => sum + each, 0),
            6,
          );
          expect(money.sumSquares).toBeCloseTo(
            sums.reduce((sum, each) => sum + each * each, 0),
            6,
          );
        }
      },
    ),
    { numRuns: 120 },
  );
});
