/** A template as its author wrote it, read once for all checks. */

import { type Attribute, type Markup, readMarkup } from '../markup';
import { type MaskedSource, maskLiquid } from '../mask';
import { type Place, placesOf } from '../position';

export interface TemplateSource {
  path: string;
  content: string;
  format: 'mjml' | 'html';
  liquid: MaskedSource;
  /** Liquid counts as white space in it; offsets are those of `content`. */
  markup: Markup;
  at: (start: number, end?: number) => Place;
}

/** Throws the Liquid library's error where a brace is not closed. */
export function readTemplate({ path, content, format }: Pick<TemplateSource, 'path' | 'content' | 'format'>) {
  const liquid = maskLiquid(content);
  return { path, content, format, liquid, markup: readMarkup(liquid.blanked), at: placesOf(content) };
}

/** The attribute's value with its Liquid. */
export function writtenValue(template: TemplateSource, attribute: Attribute): string {
  return template.content.slice(attribute.valueStart, attribute.valueEnd).trim();
}
