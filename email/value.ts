/**
 * How a value of a recipient's data becomes text in a message. Control characters never pass: they could end a line, a
 * header or a marker. Only single values (and lists of them) have a text; an object would spill a whole record.
 */
import { RenderError } from './render-error';

export type Escape = (value: unknown) => string;

const invisible = /[\x00-\x08\x0b-\x1f\x7f-\x9f]|\r\n?|[\ud800-\udfff]/;
const lineEnds = /\r\n?/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const loneSurrogates = /\p{Cs}/gu;
const special = /[&<>"']/;
const specials = /[&<>"']/g;
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

/** For text: line ends become LF, other control characters vanish. */
export function asText(value: unknown): string {
  const text = stringOf(value);
  if (!invisible.test(text)) return text;
  return text.replace(lineEnds, '\n').replace(controls, '').replace(loneSurrogates, '\ufffd');
}

/** For HTML text and quoted attribute values. */
export function asHtml(value: unknown): string {
  const text = asText(value);
  return special.test(text) ? text.replace(specials, (character) => entities[character] ?? '') : text;
}

function stringOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      if (Array.isArray(value)) return value.map(stringOf).join('');
      if (value instanceof Date) return value.toISOString();
      break;
  }
  throw new RenderError(value === null || value === undefined ? 'has no value' : 'is not a single value');
}
