import { type Database, openDatabase, transaction } from '../../ledger/database';
import { type Entry, openBook, post } from '../../ledger/money/book';
import { eventually } from '../support/eventually';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { registerTestRun } from '../support/ledger-fixture';

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

const currency = 'EUR';
const between = (from: Entry['kind'], to: Entry['kind']): Entry[] => [
  { line: 'codes', kind: from, micros: -1 },
  { line: 'codes', kind: to, micros: 1 },
];

test('whoever moves what is reserved and then what is available waits for nobody who waits for him', async () => {
  const money = { currency, micros: 100 };
  const { run } = await registerTestRun(database, { budget: { total: money, lines: { codes: money } } });
  await openBook(database, run.no);
  const told = (key: string, entries: Entry[]) => ({
    ...{ runNo: run.no, key, at: new Date(), why: 'test', currency, entries },
  });
  await post(database, told('begin', between('available', 'reserved')));
  let other: Promise<boolean> | undefined;

  await transaction(database, async (client) => {
    await post(client, told('one use', between('reserved', 'committed')));
    other = post(database, told('another use', between('available', 'reserved')));
    await eventually(async () => {
      const { rowCount } = await database.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rowCount === 1;
    });
    await post(client, told('what is left of it', between('committed', 'available')));
  });

  expect(await other).toBe(true);
});
