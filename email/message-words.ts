/** What changed in the words of a message that people read, without its markup. */
import { Parser } from 'htmlparser2';

export interface WordChanges {
  inserted: number;
  deleted: number;
  /** There are more than this many of each; nobody has counted further. */
  isMore: boolean;
}

/** Elements whose text nobody reads. */
const unread = new Set(['style', 'script', 'mj-style', 'mj-attributes', 'mj-raw-style']);
const mostChanges = 4_000;

export function messageWords(source: string, format: 'markup' | 'text'): string[] {
  return (format === 'markup' ? readText(source) : source).split(/\s+/).filter(Boolean);
}

function readText(markup: string): string {
  let text = '';
  let hidden = 0;
  const parser = new Parser({
    onopentag: (name) => {
      if (unread.has(name)) hidden += 1;
      text += ' ';
    },
    ontext: (part) => {
      if (hidden === 0) text += part;
    },
    onclosetag: (name) => {
      if (unread.has(name)) hidden -= 1;
      text += ' ';
    },
  });
  parser.end(markup);
  return text;
}

/** The fewest words to put in and take out to get from one to the other (Myers 1986, "An O(ND) Difference Algorithm"). */
export function wordChanges(before: readonly string[], after: readonly string[]): WordChanges {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore -= 1;
    endAfter -= 1;
  }
  const a = before.slice(start, endBefore);
  const b = after.slice(start, endAfter);
  const distance = editDistance(a, b);
  if (distance === undefined) return { inserted: mostChanges, deleted: mostChanges, isMore: true };
  const inserted = (distance + b.length - a.length) / 2;
  return { inserted, deleted: distance - inserted, isMore: false };
}

function editDistance(a: readonly string[], b: readonly string[]): number | undefined {
  const furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(a.length + b.length, mostChanges); edits += 1)
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = furthest.get(diagonal + 1) ?? -1;
      const right = furthest.get(diagonal - 1) ?? -1;
      let x = diagonal === -edits || (diagonal !== edits && right < down) ? down : right + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return edits;
    }
  return undefined;
}
