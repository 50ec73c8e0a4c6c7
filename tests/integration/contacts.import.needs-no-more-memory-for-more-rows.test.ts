import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../settings/package-root';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { testSecretKey } from '../support/run-harness';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

/** Imports that many rows in a process of its own and says how large its live heap was after a batch, as a rule (median). */
const program = (ledger: string) => `
const { Readable } = require('node:stream');
const { importContacts } = require(${JSON.stringify(join(ledger, 'contacts-import.js'))});
const { openDatabase } = require(${JSON.stringify(join(ledger, 'database.js'))});
const [url, rows, secretKey] = process.argv.slice(1);
function* lines() {
  yield 'email,firstName,city,orders,consent,consentSource,consentAt\\n';
  for (let n = 0; n < Number(rows); n += 1)
    yield n % 20 === 0
      ? 'row ' + n + ' is no address,,,,,,\\n'
      : 'p' + rows + '-' + n + '@example.com,"Name ' + n + '",Madrid,' + (n % 9) + ',granted,web,2026-01-01\\n';
}
const heaps = [];
const look = () => { gc(); heaps.push(process.memoryUsage().heapUsed); };
const median = () => heaps.sort((a, b) => a - b)[Math.floor(heaps.length / 2)];
const database = openDatabase({ url, connections: 2 });
importContacts(database, { source: Readable.from(lines()), file: 'people.csv', secretKey, onProgress: look })
  .then((counts) => console.log(JSON.stringify({ counts, heap: median() })))
  .finally(() => database.end());
`;

async function importRows(
  rows: number,
): Promise<{ heap: number; counts: { read: number; added: number; rejected: number } }> {
  const ledger = join(packageRoot(), 'dist', 'ledger');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '-e', program(ledger), fresh.url, String(rows), testSecretKey],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return JSON.parse(stdout);
}

test('ten times the rows, the same heap', async () => {
  const few = await importRows(20_000);
  const many = await importRows(200_000);
  expect(many.counts).toMatchObject({ read: 200_000, added: 190_000, rejected: 10_000 });
  expect(few.counts).toMatchObject({ read: 20_000, added: 19_000 });
  expect(many.heap / few.heap).toBeLessThan(1.25);
}, 180_000);
