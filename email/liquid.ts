/**
 * Liquid, locked down. Templates are written by people we half trust and filled with data of people we do not know:
 * own properties only, unknown variables and filters are errors, no files, no tags or filters beyond those listed here,
 * every output escaped, and bounds on the work and memory of each rendering.
 */
import { Liquid } from 'liquidjs';
import type { Escape } from './value';

/** The whole language of tags. None of them writes anything by itself; only outputs do, and outputs are escaped. */
export const allowedTags = ['if', 'unless', 'case', 'for', 'break', 'continue', 'assign', 'comment', '#'] as const;

export const allowedFilters = [
  'default',
  'upcase',
  'downcase',
  'capitalize',
  'strip',
  'lstrip',
  'rstrip',
  'truncate',
  'truncatewords',
  'replace',
  'replace_first',
  'remove',
  'remove_first',
  'append',
  'prepend',
  'slice',
  'split',
  'join',
  'first',
  'last',
  'size',
  'date',
  'url_encode',
  'plus',
  'minus',
  'times',
  'divided_by',
  'modulo',
  'round',
  'ceil',
  'floor',
  'abs',
  'at_least',
  'at_most',
] as const;

/** First segments of the variables a template may name. Under `contact` stand the fields and imported attributes. */
export const rootVariables = [
  'contact',
  'promotion',
  'promotions',
  'unsubscribeUrl',
  'sender',
  'campaign',
  'now',
] as const;

/** Longest template, in characters. Gmail shows a third of it. */
export const maxTemplateLength = 300_000;
/** Bounds on the Liquid of one source; generous for people, tight for machines. */
export const liquidBounds = { tokens: 2_000, tokenLength: 2_000, depth: 20 };
/**
 * Tags and outputs in one rendering of one part. Counted, not timed, so that the same data always renders or never
 * does, however busy the machine is. Some 2 µs each.
 */
export const maxRenderSteps = 20_000;
/** Characters and list items that filters may create in one rendering. */
const memoryLimit = 1_000_000;

export function createLiquid({
  escapeOutput,
  locale,
  collectErrors = false,
}: {
  escapeOutput: Escape;
  /** Of month and day names. */
  locale: string;
  /** Parsing reports all errors at once; for checks, not for rendering. */
  collectErrors?: boolean;
}): Liquid {
  const liquid = new Liquid({
    templates: {},
    relativeReference: false,
    dynamicPartials: false,
    ownPropertyOnly: true,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    catchAllErrors: collectErrors,
    outputEscape: escapeOutput,
    timezoneOffset: 0,
    locale,
    parseLimit: 4 * maxTemplateLength,
    memoryLimit,
  });
  keepOnly(liquid.tags, allowedTags);
  keepOnly(liquid.filters, allowedFilters);
  useMessageDate(liquid);
  return liquid;
}

/** The tables become their own objects without a prototype: `constructor` is no filter. */
function keepOnly<T>(table: Record<string, T>, names: readonly string[]): void {
  for (const name of Object.keys(table)) if (!names.includes(name)) delete table[name];
  Object.setPrototypeOf(table, null);
}

/** `'now' | date` is the message's own date: the same message whenever it is rendered. */
function useMessageDate(liquid: Liquid): void {
  const dateFilter = liquid.filters.date;
  if (typeof dateFilter !== 'function') throw new Error('the Liquid library has no date filter');
  liquid.registerFilter('date', function (value: unknown, ...rest: unknown[]) {
    const environment: unknown = this.context.environments;
    const isNow = value === 'now' || value === 'today';
    const now = typeof environment === 'object' && environment !== null && 'now' in environment && environment.now;
    return dateFilter.call(this, isNow ? now : value, ...rest);
  });
}
