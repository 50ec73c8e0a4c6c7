import fc from 'fast-check';
import { assignArm } from '../../definition/assignment';
import { type Database, openDatabase } from '../../ledger/database';
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

const shares = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abcxyz019-') }), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((names) =>
    fc.tuple(
      fc.constant(names),
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: names.length, maxLength: names.length }),
    ),
  )
  .map(([names, parts]) => {
    const sum = parts.reduce((total, part) => total + part, 0);
    return Object.fromEntries(names.map((name, index) => [name, (parts[index] ?? 0) / sum]));
  });

async function armsInLedger(weights: Record<string, number>, salt: string, ids: string[]): Promise<(string | null)[]> {
  const { rows } = await database.query<{ arm: string | null }>(
    'select arm_of($1, $2, id) as arm from unnest($3::bigint[]) with ordinality as given(id, n) order by n',
    [JSON.stringify(weights), salt, ids],
  );
  return rows.map(({ arm }) => arm);
}

test('the ledger draws the arm that the code draws', async () => {
  await fc.assert(
    fc.asyncProperty(
      shares,
      fc.string({ maxLength: 20 }).filter((salt) => !salt.includes('\0')),
      fc.array(fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String), { minLength: 1, maxLength: 50 }),
      async (weights, salt, ids) => {
        expect(await armsInLedger(weights, salt, ids)).toEqual(ids.map((id) => assignArm(weights, salt, id)));
      },
    ),
    { numRuns: 60 },
  );
});

test('arms get their shares within three sigma, and a second draw changes nobody', async () => {
  const ids = Array.from({ length: 40_000 }, (_, index) => String(index + 1));
  const weights = { control: 0.5, b: 0.3, c: 0.2 };
  const drawn = await armsInLedger(weights, 'spring', ids);
  for (const [arm, share] of Object.entries(weights)) {
    const sigma = Math.sqrt(ids.length * share * (1 - share));
    const count = drawn.filter((other) => other === arm).length;
    expect(Math.abs(count - ids.length * share)).toBeLessThan(3 * sigma);
  }
  expect(await armsInLedger(weights, 'spring', ids)).toEqual(drawn);
});

test('moving weight between two neighbours moves nobody else', () => {
  const ids = Array.from({ length: 5_000 }, (_, index) => String(index + 1));
  for (const id of ids) {
    const before = assignArm({ a: 0.4, b: 0.3, c: 0.3 }, 's', id);
    const after = assignArm({ a: 0.4, b: 0.5, c: 0.1 }, 's', id);
    if (before !== 'c') expect(after).toBe(before);
  }
});
