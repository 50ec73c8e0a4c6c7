/** The documents people read, and what can be checked in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../settings/package-root';

export interface Document {
  /** From the top of the repository. */
  path: string;
  text: string;
}

export interface CodeBlock {
  document: string;
  line: number;
  language: string;
  code: string;
}

export function documents(): Document[] {
  const root = packageRoot();
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = readdirSync(join(root, 'docs'), { recursive: true })
    .map((name) => join('docs', String(name)))
    .filter((name) => name.endsWith('.md'));
  return [...top, ...below].sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Fenced blocks, also those indented in lists. */
export function codeBlocks({ path, text }: Document): CodeBlock[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map((match) => {
    const [, indent = '', language = '', code = ''] = match;
    return {
      document: relative(packageRoot(), join(packageRoot(), path)),
      line: text.slice(0, match.index).split('\n').length,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    };
  });
}

/** Every piece of code in a document: blocks, and words in backticks outside them. */
export function codeTexts(document: Document): string[] {
  const blocks = codeBlocks(document).map(({ code }) => code);
  const prose = document.text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...blocks, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)];
}

/** Command lines of `volante` in a piece of code, without comments, as words. */
export function commandLines(code: string): string[][] {
  return [...code.matchAll(/(?:^|[\s$;])volante ([a-z][^\n]*)/g)].map(([, words = '']) => {
    const [before = ''] = words.split(/\s+#\s/);
    return [...before.matchAll(/"[^"]*"|\S+/g)].map(([word]) => word);
  });
}

/** Targets of links and pictures, without titles. */
export function links({ text }: Document): string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** Anchors of a document's headings, as GitHub makes them. */
export function anchors({ text }: Document): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
