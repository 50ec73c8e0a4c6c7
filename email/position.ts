/** Places in a text as people count them: lines and columns from 1. */
export interface Place {
  line: number;
  column: number;
  /** Exclusive, on the same line. */
  endColumn: number;
}

/** From offsets to places; a range that spans lines ends with its first line. */
export function placesOf(source: string): (start: number, end?: number) => Place {
  const lineStarts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return (start, end = start) => {
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lineStarts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = lineStarts[low] ?? 0;
    const lineEnd = (lineStarts[low + 1] ?? source.length + 1) - 1;
    const column = start - lineStart + 1;
    return { line: low + 1, column, endColumn: Math.max(column, Math.min(end, lineEnd) - lineStart + 1) };
  };
}
