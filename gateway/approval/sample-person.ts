/**
 * Somebody who does not exist, for showing approvers a message: real members' data is not theirs to see.
 * Every merge field of the template has a value that shows what it is.
 */
import type { Language } from '../../i18n/catalogue';

/** `full`: every field is known. `bare`: only what everybody has, so that fallbacks show. */
export type SampleKind = 'full' | 'bare';

export const sampleKinds: readonly SampleKind[] = ['full', 'bare'];

export const sampleAddress = 'sample@example.com';

interface SampleRequest {
  kind: SampleKind;
  /** Liquid variables that the message uses, such as `contact.firstName`. */
  variables: readonly string[];
  language: Language;
}

type Field = string | number | { [name: string]: Field };
type Fields = { [name: string]: Field };

export function samplePerson({ kind, variables, language }: SampleRequest): Readonly<Record<string, unknown>> {
  const everybody = { email: sampleAddress, timeZone: 'Europe/Madrid', locale: language };
  return kind === 'bare' ? everybody : { ...madeUpFields('contact', { variables, language }), ...everybody };
}

/** The event behind a journey, of somebody who does not exist. */
export function sampleEvent({ kind, variables, language }: SampleRequest): Readonly<Record<string, unknown>> {
  const fields = kind === 'bare' ? {} : madeUpFields('event', { variables, language });
  const { data = {} } = fields;
  return { type: 'sample', source: 'sample', id: 'sample', time: new Date(0), data };
}

/** A value for every field of a root variable that the message uses. */
function madeUpFields(root: string, { variables, language }: Omit<SampleRequest, 'kind'>): Fields {
  const fields: Fields = {};
  for (const variable of variables) {
    const [first, ...path] = variable.split(/[.[\]]+/).filter((segment) => segment !== '');
    if (first === root) put(fields, path, language);
  }
  return fields;
}

/** `contact.address.city` needs an address that has a city; what has parts cannot be a text as well. */
function put(fields: Fields, path: string[], language: Language): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (rest.length > 0) {
    const inner: Fields = typeof known === 'object' ? known : {};
    put(inner, rest, language);
    define(fields, name, inner);
  } else if (known === undefined) define(fields, name, madeUp(name, language));
}

/** Plain assignment would let a field called `__proto__` vanish. */
function define(fields: Fields, name: string, value: Field): void {
  Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true });
}

const names = { en: { first: 'Alex', last: 'Taylor' }, es: { first: 'Lucía', last: 'Martín' } } as const;

function madeUp(name: string, language: Language): Field {
  const word = name.toLowerCase().replaceAll(/[_-]/g, '');
  const { first, last } = names[language];
  if (/^(firstname|givenname|nombre)$/.test(word)) return first;
  if (/^(lastname|surname|familyname|apellidos?)$/.test(word)) return last;
  if (/^(name|fullname|nombrecompleto)$/.test(word)) return `${first} ${last}`;
  if (/(date|since|birthday|fecha|expires)|[a-z]At$/.test(name)) return '2027-04-01';
  if (/(orders|count|points|balance|visits|total|pedidos|puntos|saldo)/.test(word)) return 3;
  if (/(url|link)$/.test(word)) return 'https://example.com/';
  return `[${name}]`;
}
