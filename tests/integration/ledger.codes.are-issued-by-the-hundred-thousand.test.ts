import { type Database, openDatabase } from '../../ledger/database';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { undoPromotion } from '../../ledger/promotions/close';
import { isWhole } from '../../ledger/promotions/codes';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { issuedRun } from '../support/promotions';

let fresh: FreshDatabase;
let database: Database;
const people = 100_000;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 4 });
  await database.query(
    `insert into contacts (address, address_key, address_hash, domain, consent)
     select n || '@d.example', n || '@d.example', sha256(n::text::bytea), 'd.example', 'granted' from generate_series(1, $1) n`,
    [people],
  );
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

test('100,000 codes are issued once each within the budget, and taken back; how long it took is printed', async () => {
  const began = performance.now();
  const { runNo, codes, issued } = await issuedRun(database, { budget: 20 * people });
  const issuedMs = performance.now() - began;
  expect(issued).toBe(people);
  expect(new Set(codes).size).toBe(people);
  expect(codes.every(isWhole)).toBe(true);
  expect((await moneyLines(database, runNo))[0]).toMatchObject({ available: 0, reserved: 20 * people * 1e6 });

  const undone = await undoPromotion(database, { runNo, step: 'codes', now: new Date(), by: 'luis' });
  expect(undone).toMatchObject({ disabled: people, redeemed: 0 });
  expect((await moneyLines(database, runNo))[0]).toMatchObject({ available: 20 * people * 1e6, reserved: 0 });
  expect(await auditBook(database, runNo)).toEqual([]);
  const undoneMs = performance.now() - began - issuedMs;
  process.stderr.write(
    `100,000 codes: issued in ${(issuedMs / 1000).toFixed(1)} s, taken back in ${(undoneMs / 1000).toFixed(1)} s\n`,
  );
}, 240_000);
