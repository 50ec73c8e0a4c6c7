import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { forgiveDomains, strikeDomain, struckDomains } from '../../ledger/domain-backoffs';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 3 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const start = Date.parse('2026-11-10T12:00:00Z');
let platforms = 0;
const newPlatform = () => `mail-${++platforms}`;

async function strike(platform: string, at: number, atLeastMs?: number, domain = 'busy.example'): Promise<number> {
  await strikeDomain(database, { platform, domain, now: new Date(at), atLeastMs });
  const { rows } = await database.query<{ until: Date }>(
    'select until from domain_backoffs where platform = $1 and domain = $2',
    [platform, domain],
  );
  return rows[0]!.until.getTime();
}

test('each strike doubles the wait, up to an hour and its jitter, however many there are', async () => {
  const platform = newPlatform();
  let now = start;
  for (let strikes = 0; strikes < 12; strikes += 1) {
    const until = await strike(platform, now);
    const plain = Math.min(3600, 30 * 2 ** strikes);
    expect((until - now) / 1000).toBeGreaterThanOrEqual(plain - 0.001);
    expect((until - now) / 1000).toBeLessThanOrEqual(strikes === 0 ? plain : plain * 1.2 + 0.001);
    now = until + 1;
  }
  await database.query('update domain_backoffs set strikes = 2000000 where platform = $1', [platform]);
  expect((await strike(platform, now)) - now).toBeLessThanOrEqual(3600_000 * 1.2);
});

test('many refusals at one moment are one strike', async () => {
  const platform = newPlatform();
  await Promise.all(Array.from({ length: 20 }, (_, n) => strike(platform, start + n)));
  const { rows } = await database.query('select strikes, until from domain_backoffs where platform = $1', [platform]);
  expect(rows[0].strikes).toBe(1);
  expect(rows[0].until.getTime()).toBeLessThanOrEqual(start + 20 + 30_000);
});

test('never earlier than the domain asked for, never earlier than it said before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: 4 * 3600_000 }), fc.option(fc.nat({ max: 2 * 3600_000 }))), {
        minLength: 1,
        maxLength: 12,
      }),
      async (strikes) => {
        const platform = newPlatform();
        let now = start;
        let earlier = 0;
        for (const [passed, asked] of strikes) {
          now += passed;
          const until = await strike(platform, now, asked ?? undefined);
          expect(until).toBeGreaterThanOrEqual(Math.max(earlier, now + (asked ?? 0)));
          expect(until).toBeGreaterThan(now);
          earlier = until;
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a forgiven domain starts from the beginning; others and other platforms are left alone', async () => {
  const [platform, other] = [newPlatform(), newPlatform()];
  let now = start;
  for (let strikes = 0; strikes < 4; strikes += 1) now = (await strike(platform, now)) + 1;
  await strike(platform, now, undefined, 'slow.example');
  await strike(other, now);
  await forgiveDomains(database, platform, ['busy.example', 'unknown.example']);
  expect(await struckDomains(database, platform)).toEqual(['slow.example']);
  expect(await struckDomains(database, other)).toEqual(['busy.example']);
  expect(await strike(platform, now)).toBe(now + 30_000);
});
