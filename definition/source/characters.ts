import type { LineMap } from './place';
import type { Finding } from './problem-list';

/** Control characters but tab, line feed and carriage return; lone surrogates; and marks that reorder or hide text. */
const forbidden =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]|\p{Cs}/u;
const forbiddenAll = new RegExp(forbidden.source, 'gu');

export function hasForbiddenCharacter(text: string): boolean {
  return forbidden.test(text);
}

/** Characters that make a text read differently from what it says (Trojan Source, CVE-2021-42574) or cut it short. */
export function forbiddenCharacters(text: string, lines: LineMap, max: number): Finding[] {
  const findings: Finding[] = [];
  for (const match of text.matchAll(forbiddenAll)) {
    findings.push({
      rule: 'SEC-605',
      message: `${nameOf(match[0])} is not allowed here`,
      place: lines.place(match.index, match.index + match[0].length),
    });
    if (findings.length >= max) break;
  }
  return findings;
}

export function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `character U+${code}`;
}
