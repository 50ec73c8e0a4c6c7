import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { type BucketLimits, takeTokens } from '../../ledger/token-bucket';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

let fresh: FreshDatabase;
let pools: Database[];

beforeAll(async () => {
  fresh = await freshDatabase();
  pools = Array.from({ length: 4 }, () => openDatabase({ url: fresh.url, connections: 3 }));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await fresh.drop();
});

const pool = (index: number): Database => pools[index % pools.length]!;

/** Microseconds since 1970 on the clock that the bucket runs on. */
async function databaseClock(): Promise<number> {
  const { rows } = await pool(0).query<{ us: string }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000000)::text as us',
  );
  return Number(rows[0]?.us);
}

async function bucketOf(platform: string): Promise<{ tokens: number; rate: number; burst: number }> {
  const { rows } = await pool(0).query('select tokens, rate, burst from token_buckets where platform = $1', [platform]);
  return rows[0];
}

const limitsOf = (limits: Omit<BucketLimits, 'platform'>): BucketLimits => ({ platform: randomUUID(), ...limits });

test('takers in several pools at once never get more than burst + rate × time, and not much less', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 2_000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 2, max: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 15 }),
      async (rate, burst, takers, wants) => {
        const limits = limitsOf({ rate, burst });
        const before = await databaseClock();
        const grants = await Promise.all(
          Array.from({ length: takers }, async (_, taker) => {
            let taken = 0;
            for (const want of wants) {
              const { granted } = await takeTokens(pool(taker), limits, want);
              expect(granted).toBeGreaterThanOrEqual(0);
              expect(granted).toBeLessThanOrEqual(want);
              expect(Number.isInteger(granted)).toBe(true);
              taken += granted;
            }
            return taken;
          }),
        );
        const seconds = ((await databaseClock()) - before) / 1e6;
        const taken = grants.reduce((sum, count) => sum + count, 0);
        expect(taken).toBeLessThanOrEqual(burst + rate * seconds);
        const asked = takers * wants.reduce((sum, want) => sum + want, 0);
        expect(taken).toBeGreaterThanOrEqual(Math.min(asked, burst));
        expect((await bucketOf(limits.platform)).tokens).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

test('the wait it answers is honest: one token is there when it is over, and was not there before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0.01, max: 5_000, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      async (rate, level) => {
        const limits = limitsOf({ rate, burst: 1 });
        await takeTokens(pool(0), limits, 1);
        const setBack = (microseconds: number) =>
          pool(0).query(
            `update token_buckets set tokens = $2, updated_at = clock_timestamp() - make_interval(secs => $3::float8 / 1000000) where platform = $1`,
            [limits.platform, level, microseconds],
          );
        await pool(0).query(
          `update token_buckets set tokens = $2, updated_at = clock_timestamp() + interval '1 hour' where platform = $1`,
          [limits.platform, level],
        );
        const { granted, waitMs } = await takeTokens(pool(1), limits, 1);
        expect(granted).toBe(0);
        expect(waitMs).toBe(Math.ceil(((1 - level) / rate) * 1000));
        await setBack(waitMs * 1000);
        expect((await takeTokens(pool(2), limits, 1)).granted).toBe(1);
        if (waitMs > 1_000) {
          await setBack((waitMs - 1_000) * 1000);
          expect((await takeTokens(pool(3), limits, 1)).granted).toBe(0);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('it never holds more than its burst, however long nobody took anything', async () => {
  const limits = limitsOf({ rate: 100, burst: 7 });
  await takeTokens(pool(0), limits, 7);
  await pool(0).query(`update token_buckets set updated_at = updated_at - interval '1 year' where platform = $1`, [
    limits.platform,
  ]);
  expect(await takeTokens(pool(1), limits, 1_000)).toEqual({ granted: 7, waitMs: 0 });
});

test('a clock that goes back grants nothing twice', async () => {
  const limits = limitsOf({ rate: 1, burst: 5 });
  await takeTokens(pool(0), limits, 5);
  await pool(0).query(
    `update token_buckets set updated_at = clock_timestamp() + interval '1 hour' where platform = $1`,
    [limits.platform],
  );
  expect((await takeTokens(pool(0), limits, 5)).granted).toBe(0);
});

test('changed limits hold from the next taking on', async () => {
  const limits = limitsOf({ rate: 0.001, burst: 100 });
  expect((await takeTokens(pool(0), limits, 10)).granted).toBe(10);
  expect((await takeTokens(pool(1), { ...limits, burst: 4 }, 50)).granted).toBe(4);
  expect((await takeTokens(pool(2), { ...limits, burst: 4 }, 1)).waitMs).toBeGreaterThan(990_000);
  expect((await takeTokens(pool(2), { ...limits, rate: 2, burst: 4 }, 1)).waitMs).toBeLessThanOrEqual(500);
  expect(await bucketOf(limits.platform)).toMatchObject({ rate: 2, burst: 4 });
});

test('platforms do not share tokens', async () => {
  const [one, other] = [limitsOf({ rate: 0.001, burst: 3 }), limitsOf({ rate: 0.001, burst: 3 })];
  expect((await takeTokens(pool(0), one, 3)).granted).toBe(3);
  expect((await takeTokens(pool(0), other, 3)).granted).toBe(3);
});
