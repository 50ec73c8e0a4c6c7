/** What pages, mails and reports say, in every language people are spoken to. Keys are typed by the English catalogue. */
import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en';
import { es } from './es';

export type Language = 'en' | 'es';
export type MessageKey = keyof typeof en;
export type MessageValues = Record<string, string | number | Date>;

const catalogues: Record<Language, Record<MessageKey, string>> = { en, es };

export const languages = Object.keys(catalogues) as Language[];

/** The language for a BCP 47 tag: its first part where we speak it, else English. */
export function languageOf(locale: string | undefined): Language {
  const first = (locale ?? '').toLowerCase().split('-')[0];
  return languages.find((language) => language === first) ?? 'en';
}

const compiled = new Map<string, IntlMessageFormat>();

/** A message in a language, with plurals and numbers as that language writes them. Plain text: escape it for HTML. */
export function translate(language: Language, key: MessageKey, values: MessageValues = {}): string {
  const id = `${language}/${key}`;
  const format =
    compiled.get(id) ?? new IntlMessageFormat(catalogues[language][key], language, undefined, { ignoreTag: true });
  compiled.set(id, format);
  return String(format.format(values));
}

export type Translator = (key: MessageKey, values?: MessageValues) => string;

export function translator(language: Language): Translator {
  return (key, values) => translate(language, key, values);
}
