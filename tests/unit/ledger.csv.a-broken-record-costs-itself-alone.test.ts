import { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvRecord, csvRecords } from '../../ledger/csv-records';

const recordLength = 1_000;

async function read(chunks: Iterable<string | Buffer>): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const batch of csvRecords(Readable.from(chunks), { recordLength })) records.push(...batch);
  return records;
}

const fieldsOf = async (text: string) => (await read([text])).map(({ fields }) => fields);

/** Cuts bytes into pieces, also through the middle of characters. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
const pieceSizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });
const awkward = fc.constantFrom('"', '""', ',', ';', '\t', '\n', '\r\n', 'ñ', '😀', ' ', 'x', '\\', "'", '\u2028');
const field = fc
  .array(fc.oneof(awkward, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 6 })
  .map((parts) =>
    // A lone CR is no line end of ours, and one of the other reader's.
    parts.join('').replaceAll(/\r(?!\n)|\0/g, ''),
  );
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((columns) =>
    fc.array(fc.array(field, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }),
  );

test('agrees with another reader on every well-formed file, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      pieceSizes,
      async (rows, delimiter, feed, sizes) => {
        const header = (rows[0] ?? []).map((_, index) => `column${index}`);
        const needsQuotes = /["\r\n,;\t]/;
        const lines = rows.map((row) =>
          row.map((text, index) => (needsQuotes.test(text) || index % 2 === 0 ? quote(text) : text)).join(delimiter),
        );
        const text = [header.join(delimiter), ...lines, ''].join(feed);
        fc.pre(header.length > 1 || delimiter === ',');
        const expected = parse(text, { delimiter, record_delimiter: feed, skip_empty_lines: true });
        const records = await read(cut(Buffer.from(text), sizes));
        expect(records.filter(({ fault }) => fault !== undefined)).toEqual([]);
        expect(records.map(({ fields }) => fields)).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('says on which line of the file a record begins', async () => {
  const records = await read(['email,note\n\na@x.example,"one\ntwo\r\nthree"\n\n\nb@x.example,\n"c@x.example",x']);
  expect(records.map(({ line, fields }) => [line, fields[0]])).toEqual([
    [1, 'email'],
    [3, 'a@x.example'],
    [8, 'b@x.example'],
    [9, 'c@x.example'],
  ]);
});

test('byte order marks, both line ends in one file, no line end at the end', async () => {
  expect(await fieldsOf('\uFEFFemail,n\r\na@x.example,1\nb@x.example,2\r\nc@x.example,3')).toEqual([
    ['email', 'n'],
    ['a@x.example', '1'],
    ['b@x.example', '2'],
    ['c@x.example', '3'],
  ]);
  const marked = Buffer.from('\uFEFF"email",n\n');
  expect((await read(cut(marked, [1])))[0]?.fields).toEqual(['email', 'n']);
  expect(await read([])).toEqual([]);
  expect(await read(['\n\r\n\n'])).toEqual([]);
});

test('the first line says what separates fields', async () => {
  expect(await fieldsOf('email;name\na@x.example;Ana, María\n')).toEqual([
    ['email', 'name'],
    ['a@x.example', 'Ana, María'],
  ]);
  expect(await fieldsOf('email\tname\na@x.example\tAna; María\n')).toEqual([
    ['email', 'name'],
    ['a@x.example', 'Ana; María'],
  ]);
  expect(await fieldsOf('email\na@x.example;1\n')).toEqual([['email'], ['a@x.example;1']]);
});

test('bytes that are no UTF-8 are seen as such, also across chunks', async () => {
  const bytes = Buffer.concat([
    Buffer.from('email,n\na@x.example,'),
    Buffer.from([0xff, 0xc3]),
    Buffer.from('\nñ,é\n'),
  ]);
  for (const sizes of [[1], [2], [3], [1_000]])
    expect((await read(cut(bytes, sizes))).map(({ fields }) => fields)).toEqual([
      ['email', 'n'],
      ['a@x.example', '\uFFFD\uFFFD'],
      ['ñ', 'é'],
    ]);
});

test.each([
  ['a quote inside a field', 'a"b@x.example,1', /quote inside/],
  ['text after a closing quote', '"a"b@x.example,1', /after a closing quote/],
  ['a quote that is never closed', '"a@x.example,1', /not closed|after a closing quote/],
  ['a quote opened in the last field', 'a@x.example,"1', /not closed/],
  ['a line that is too long', 'x'.repeat(recordLength + 1), /longer than 1000/],
  ['a quoted field that is too long', `a@x.example,"${'y\n'.repeat(recordLength)}"`, /not closed|longer than/],
])('%s: only that record is lost', async (_name, broken, fault) => {
  const before = 'email,n\nfirst@x.example,1\n';
  const after = Array.from({ length: 50 }, (_, n) => `p${n}@x.example,${n}`).join('\n');
  for (const sizes of [[1], [7], [100_000]]) {
    const records = await read(cut(Buffer.from(`${before}${broken}\n${after}\n`), sizes));
    const good = records.filter((record) => record.fault === undefined && record.fields.length === 2);
    expect(good.map(({ fields }) => fields[0])).toEqual([
      'email',
      'first@x.example',
      ...Array.from({ length: 50 }, (_, n) => `p${n}@x.example`),
    ]);
    const faulty = records.filter((record) => record.fault !== undefined);
    expect(faulty[0]).toMatchObject({ line: 3, fault: expect.stringMatching(fault) });
    expect(faulty[0]?.fields[0]?.length).toBeLessThanOrEqual(1_000);
  }
});

test('whatever the bytes: every line that is not empty is in exactly one record, in order', async () => {
  const soup = fc
    .array(
      fc.oneof(fc.constantFrom('"', '""', ',', '\n', '\r\n', 'a', ';', '\r', '"\n', ',"'), fc.string({ maxLength: 3 })),
      {
        maxLength: 80,
      },
    )
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(soup, pieceSizes, async (text, sizes) => {
      const bytes = Buffer.from(text);
      const records = await read(cut(bytes, sizes));
      expect(records).toEqual(await read([bytes]));
      const lines = bytes
        .toString()
        .replace(/^\uFEFF/, '')
        .split('\n');
      let next = 1;
      for (const { line, fields, fault } of records) {
        const skipped = lines.slice(next - 1, line - 1);
        expect(skipped.every((passed) => passed === '' || passed === '\r')).toBe(true);
        const breaks = fault === undefined ? fields.join('').split('\n').length - 1 : 0;
        next = line + 1 + breaks;
      }
      expect(lines.slice(next - 1).every((passed) => passed === '' || passed === '\r')).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['a line of ten million characters', () => `email\n${'x'.repeat(10_000_000)}\n`, 2],
  ['an open quote before each of 100,000 lines', () => `email\n${'"a\n'.repeat(100_000)}`, 100_001],
  ['doubled quotes without end', () => `email\n${'"'.repeat(1_000_001)}\n`, 2],
  ['lines of three quotes', () => `email\n${'"""\n'.repeat(100_000)}`, 50_001],
  ['quoted fields that are not closed, far apart', () => `email\n${`"a\n${'b\n'.repeat(400)}`.repeat(200)}`, 80_201],
])(
  '%s: read to its end before the test is',
  async (_name, make, count) => {
    expect(await read(cut(Buffer.from(make()), [65_536]))).toHaveLength(count);
  },
  10_000,
);
