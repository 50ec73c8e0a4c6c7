/**
 * Other people's words in Markdown that forges show: as code, exactly as they are. In a code span nothing is markup, a link,
 * a mention or a reference. Words never begin a line, and are never more than one.
 */
import { oneLine } from '../one-line';

const standardLength = 120;

/** Inline code with `text` in it, cut to `most` characters. */
export function code(text: string, most = standardLength): string {
  const line = shortened(text, most);
  const fence = '`'.repeat(longestRun(line) + 1);
  const needsSpace = /^`|`$|^ .* $/.test(line);
  return needsSpace ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

/** The same in a cell of a table, where `|` and `\` would count: there they are shown by others that look alike. */
export function codeCell(text: string, most = 80): string {
  return code(text.replaceAll('|', '¦').replaceAll('\\', '⧵').replaceAll('`', 'ˋ'), most);
}

/** The same in HTML, where Markdown is not read. */
export function codeHtml(text: string, most = 80): string {
  const escaped = shortened(text, most).replace(/[^A-Za-z0-9 _.-]/gu, (character) => `&#${character.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

function shortened(text: string, most: number): string {
  const characters = [
    ...oneLine(text.slice(0, most * 8))
      .replace(/\p{Cs}/gu, '�')
      .trim(),
  ];
  if (characters.length === 0) return '""';
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

const plain = /^[\p{L}\p{N}]+(?:[,;:()%]?[ -][(+]?[\p{L}\p{N}]+[),;:%]{0,2})*\.?$/u;

/** A sentence of ours, which may hold names that others gave: code when it holds more than words. */
export function sentence(text: string): string {
  return text.length <= 300 && plain.test(text) ? text : code(text, 300);
}
