/** MJML to HTML, once a revision. No file is read: includes are refused before MJML sees them. */

import { readMarkup } from './markup';
import type { MaskedSource } from './mask';
import { placesOf } from './position';
import type { Finding } from './rules';

type Converted = Awaited<ReturnType<typeof import('mjml')>>;

/** The HTML still holds the masks. */
export async function compileMjml({
  path,
  content,
  liquid,
}: {
  path: string;
  content: string;
  liquid: MaskedSource;
}): Promise<{ html: string; findings: Finding[] }> {
  const at = placesOf(content);
  const finding = (place: { start: number; end?: number }, message: string): Finding => ({
    rule: 'EMAIL-133',
    source: path,
    place: at(place.start, place.end),
    message,
  });
  const includes = readMarkup(liquid.blanked)
    .elements.filter((element) => element.name === 'mj-include')
    .map((element) => finding(element, 'mj-include is not allowed: a template is one file'));
  if (includes.length > 0) return { html: '', findings: includes };

  const result = await convert(liquid.masked);
  if (typeof result === 'string') return { html: '', findings: [finding({ start: 0 }, result)] };
  const findings = result.errors.map(({ line, message }) => {
    const start = offsetOfLine(content, line);
    return finding({ start, end: start + (content.slice(start).split('\n', 1)[0]?.length ?? 0) }, message);
  });
  for (const token of liquid.tokens) {
    if (result.html.includes(token.mask) || token.tag === 'comment' || token.tag === '#') continue;
    findings.push({
      ...finding(token, `MJML keeps no text here, so ${token.text} would be lost`),
      fix: 'put it inside mj-text, or into an mj-raw of its own',
    });
  }
  return { html: withoutIndentation(result.html), findings };
}

async function convert(source: string): Promise<Converted | string> {
  const { default: mjml2html } = await import('mjml');
  try {
    return await mjml2html(source, { validationLevel: 'soft', keepComments: false, fonts: {}, minify: false });
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? 'not MJML') : 'not MJML';
  }
}

function offsetOfLine(content: string, line: number): number {
  let offset = 0;
  for (let current = 1; current < line; current++) {
    const next = content.indexOf('\n', offset);
    if (next === -1) break;
    offset = next + 1;
  }
  return offset;
}

/** A third of MJML's output is white space between tags; Gmail counts it towards its limit. */
function withoutIndentation(html: string): string {
  if (/<(?:pre|textarea)\b/i.test(html)) return html;
  return html
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
