/** Where something stands in a file. Lines and columns count from 1; `endColumn` is exclusive and on the same line. */
export interface Place {
  line: number;
  column: number;
  endColumn: number;
}

export type Path = readonly (string | number)[];

export const startOfFile: Place = { line: 1, column: 1, endColumn: 1 };

/** Turns offsets into lines and columns. Columns count UTF-16 units, as editors do. */
export class LineMap {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  place(start: number, end: number = start): Place {
    const line = this.lineAt(start);
    const lineStart = this.starts[line]!;
    const nextLine = this.starts[line + 1] ?? this.text.length + 1;
    const lineEnd = nextLine - 1 - (this.text[nextLine - 2] === '\r' ? 1 : 0);
    const stop = Math.max(start, Math.min(end, lineEnd));
    return { line: line + 1, column: start - lineStart + 1, endColumn: stop - lineStart + 1 };
  }

  private lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Key of a path in the table of places; unambiguous whatever the keys contain. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}
