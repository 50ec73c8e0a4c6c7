/** Reads Markdown as far as our tests need: which of it is inside code spans (CommonMark 0.31, §6.1), and what is left. */

/** The text with every code span taken out. */
export function outsideCode(line: string): string {
  let outside = '';
  let at = 0;
  while (at < line.length) {
    const run = /^`+/.exec(line.slice(at))?.[0];
    if (run === undefined) {
      outside += line[at];
      at += 1;
      continue;
    }
    const end = closingRun(line, { from: at + run.length, length: run.length });
    outside += end === undefined ? run : '';
    at = end ?? at + run.length;
  }
  return outside;
}

function closingRun(line: string, { from, length }: { from: number; length: number }): number | undefined {
  for (const match of line.slice(from).matchAll(/`+/g))
    if (match[0].length === length) return from + match.index + length;
  return undefined;
}

/** Cells of a table's row, as GitHub splits them: at every `|` that no backslash stands before, also inside code. */
export function cellsOf(row: string): string[] {
  return row
    .replace(/^\s*\|/, '')
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}
