/**
 * The outputs that almost every template is made of, `{{ contact.firstName | default: 'amigo' }}`, evaluated without
 * the Liquid interpreter, which needs some 5 µs for each. Everything else is left to the interpreter; that both agree is a
 * property test.
 */
import { RenderError } from './render-error';
import { asText, type Escape } from './value';

export type Scope = Readonly<Record<string, unknown>>;
export type SimpleOutput = (scope: Scope) => string;

const name = '[A-Za-z_][A-Za-z0-9_]*';
const quoted = `"[^"\\\\]*"|'[^'\\\\]*'`;
const grammar = new RegExp(`^(${name}(?:\\.${name})*)((?:\\s*\\|\\s*${name}(?:\\s*:\\s*(?:${quoted}))?)*)$`);
const filterGrammar = new RegExp(`\\|\\s*(${name})(?:\\s*:\\s*(${quoted}))?`, 'g');

/** Words that are not variables, and segments with a meaning of their own. */
const reservedNames = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank', 'size', 'first', 'last', 'length']);
const withoutArgument: Record<string, (text: string) => string> = {
  upcase: (text) => text.toUpperCase(),
  downcase: (text) => text.toLowerCase(),
  capitalize: (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
  strip: (text) => text.trim(),
};

/** Undefined where the interpreter has to do it. `content` is what stands between the braces. */
export function compileSimpleOutput(content: string, escapeOutput: Escape): SimpleOutput | undefined {
  const parts = grammar.exec(content.trim());
  if (!parts?.[1]) return undefined;
  const path = parts[1].split('.');
  if (path.some((segment) => reservedNames.has(segment))) return undefined;
  const filters = [...(parts[2] ?? '').matchAll(filterGrammar)].map(([, filter, argument]) => ({
    filter: filter ?? '',
    argument: argument?.slice(1, -1),
  }));
  const hasFallback = filters[0]?.filter === 'default' && filters[0].argument !== undefined;
  const fallback = hasFallback ? filters.shift()?.argument : undefined;
  if (filters.some(({ filter, argument }) => argument !== undefined || !Object.hasOwn(withoutArgument, filter))) {
    return undefined;
  }
  const transforms = filters.map(({ filter }) => withoutArgument[filter] ?? String);
  return (scope) => {
    const value = read(scope, path);
    const chosen = fallback !== undefined && isFalsy(value) ? fallback : value;
    if (chosen === undefined || chosen === null) throw new RenderError('has no value', path.join('.'));
    if (transforms.length === 0) return escapeOutput(chosen);
    return escapeOutput(transforms.reduce((text, transform) => transform(text), asText(chosen)));
  };
}

function read(scope: Scope, path: readonly string[]): unknown {
  let value: unknown = scope;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

function isFalsy(value: unknown): boolean {
  return (
    value === undefined || value === null || value === false || value === '' || (Array.isArray(value) && !value.length)
  );
}
