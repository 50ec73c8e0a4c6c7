import { IntlMessageFormat } from 'intl-messageformat';
import { languageOf, languages, type MessageKey, translate } from '../../i18n/catalogue';
import { en } from '../../i18n/en';
import { es } from '../../i18n/es';
import { formatDuration, formatList, formatMoney } from '../../i18n/format';

const keys = Object.keys(en) as MessageKey[];

interface MessagePart {
  type: number;
  value?: string;
  options?: Record<string, { value: MessagePart[] }>;
}

/** Names of the values that a message needs, also those inside its plurals. 0 is text, 7 is `#`. */
function valuesIn(parts: MessagePart[]): string[] {
  return parts.flatMap((part) => [
    ...(part.type === 0 || part.type === 7 ? [] : [part.value ?? '']),
    ...Object.values(part.options ?? {}).flatMap((option) => valuesIn(option.value)),
  ]);
}

function valuesOf(message: string, language: string): string[] {
  const format = new IntlMessageFormat(message, language, undefined, { ignoreTag: true });
  return [...new Set(valuesIn(format.getAst() as unknown as MessagePart[]))].sort();
}

test('both catalogues have the same keys, each with a text', () => {
  expect(Object.keys(es).sort()).toEqual([...keys].sort());
  for (const key of keys) expect([key, en[key].trim() !== '', es[key].trim() !== '']).toEqual([key, true, true]);
});

test.each(keys)('%s asks for the same values in every language and can be said with them', (key) => {
  const needed = valuesOf(en[key], 'en');
  expect(valuesOf(es[key], 'es')).toEqual(needed);
  for (const language of languages) {
    for (const sample of [0, 1, 12_345]) {
      const said = translate(language, key, Object.fromEntries(needed.map((name) => [name, sample])));
      expect(said).not.toMatch(/[{}]|undefined/);
    }
  }
});

test('a locale is answered in its language, an unknown one in English', () => {
  expect(['es', 'es-AR', 'ES-es', 'en-GB', 'ca', '', undefined].map(languageOf)).toEqual([
    'es',
    'es',
    'es',
    'en',
    'en',
    'en',
    'en',
  ]);
});

test('durations, lists and money are written as each language writes them', () => {
  expect(formatDuration('en', 26 * 3600_000 + 5 * 60_000)).toBe('1 day 2 hours 5 minutes');
  expect(formatDuration('es', 48 * 3600_000)).toBe('2 días');
  expect(formatDuration('en', 1)).toBe('1 minute');
  expect(formatList('es', ['a', 'b', 'c'])).toBe('a, b y c');
  expect(formatMoney('es', { currency: 'EUR', micros: 11_150_000 }).replace(/\s/g, ' ')).toBe('11,15 €');
});
