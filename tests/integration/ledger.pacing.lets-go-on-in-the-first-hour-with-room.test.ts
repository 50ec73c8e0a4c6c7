/** Limits over time: how long a line must wait is what a naive count over its hours says. */
import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { countReserved, lineScope, roomAgainAt, roomUnderCaps, setPacing } from '../../ledger/money/limits';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 2 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const hour = 3600_000;
const begin = Date.parse('2026-11-10T12:00:00Z');
const currency = 'EUR';
let runs = 0;

const moments = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 40 })), {
  minLength: 1,
  maxLength: 12,
});

test('what is reserved in time is taken; what is not can be taken in the hour that it is told, and in none before', async () => {
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(moments, fc.integer({ min: 30, max: 720 }), async (story, perMinutes) => {
      runs += 1;
      const most = 40;
      const per = perMinutes * 60_000;
      const budget = {
        total: { currency, micros: 1000 },
        lines: { codes: { currency, micros: 1000 } },
        pacing: { codes: { amount: { currency, micros: most }, per } },
      };
      const scope = lineScope({ runNo: runs, line: 'codes' });
      await setPacing(database, { runNo: runs, budget });
      const reserved: { hour: number; micros: number }[] = [];
      const roomAt = (at: number) => {
        const now = Math.floor(at / hour) * hour;
        const within = reserved.filter((one) => one.hour > now - per && one.hour <= now);
        return most - within.reduce((sum, { micros }) => sum + micros, 0);
      };
      for (const [minutes, micros] of story.toSorted(([a], [b]) => a - b)) {
        const at = begin + minutes * 10 * 60_000;
        const ask = { scope, currency, at: new Date(at) };
        expect(await roomUnderCaps(database, ask)).toBe(roomAt(at));
        if (micros <= roomAt(at)) {
          await countReserved(database, { ...ask, micros });
          reserved.push({ hour: Math.floor(at / hour) * hour, micros });
          continue;
        }
        waited += 1;
        await expect(countReserved(database, { ...ask, micros })).rejects.toThrow(/limit of .* is reached/);
        const told = (await roomAgainAt(database, { ...ask, micros })).getTime();
        let first = Math.floor(at / hour) * hour;
        while (roomAt(first) < micros) first += hour;
        expect(new Date(told)).toEqual(new Date(first));
      }
    }),
    { numRuns: 60 },
  );
  expect(waited).toBeGreaterThan(20);
}, 120_000);
