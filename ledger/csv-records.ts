/**
 * Records of a CSV file (RFC 4180), read so that a broken record costs that record and no other: where quotes do not
 * add up or a record is too long, its first line is refused and reading goes on with the next line.
 * Streams; holds one chunk and at most one record. Lines end in LF or CRLF, also mixed; empty lines are passed over.
 */
import type { Readable } from 'node:stream';

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  line: number;
  fields: string[];
  /** Why it cannot be read; `fields` then holds the beginning of its line as it is. */
  fault?: string;
}

export interface CsvLimits {
  /** Longest record, in UTF-16 code units. */
  recordLength: number;
}

/** Batches of records in the order of the file. Bytes that are no UTF-8 come as U+FFFD; a byte order mark is left out. */
export async function* csvRecords(source: Readable, limits: CsvLimits): AsyncGenerator<CsvRecord[]> {
  const decoder = new TextDecoder('utf-8');
  const reader = new RecordReader(limits);
  for await (const chunk of source) {
    const text = decoder.decode(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer), { stream: true });
    const records = reader.read(text);
    if (records.length > 0) yield records;
  }
  const records = reader.end(decoder.decode());
  if (records.length > 0) yield records;
}

/** What separates the fields of a file: the comma, semicolon or tab that its first line has most of. */
function delimiterOf(firstLine: string): string {
  const count = (character: string) => firstLine.split(character).length - 1;
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best));
}

class RecordReader {
  private text = '';
  private line = 1;
  private delimiter?: string;
  /** The line at hand is too long: everything up to its end is passed over. */
  private inLongLine = false;

  constructor(private readonly limits: CsvLimits) {}

  read(more: string): CsvRecord[] {
    return this.take(this.text + more, false);
  }

  end(more: string): CsvRecord[] {
    const text = this.text + more;
    return this.take(text === '' || text.endsWith('\n') ? text : `${text}\n`, true);
  }

  /** Reads what is whole; what is not stays for the next chunk. */
  private take(text: string, last: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < text.length) {
      const lineEnd = text.indexOf('\n', at);
      if (this.inLongLine || (lineEnd < 0 ? text.length : lineEnd) - at > this.limits.recordLength) {
        if (!this.inLongLine)
          records.push(this.refused(text, at, `longer than ${this.limits.recordLength} characters`));
        this.inLongLine = lineEnd < 0;
        at = lineEnd < 0 ? text.length : this.after(lineEnd);
        continue;
      }
      if (lineEnd < 0) break;
      const line = lineAt(text, at, lineEnd);
      if (line === '') {
        at = this.after(lineEnd);
        continue;
      }
      this.delimiter ??= delimiterOf(line);
      if (!line.includes('"')) {
        records.push({ line: this.line, fields: line.split(this.delimiter) });
        at = this.after(lineEnd);
        continue;
      }
      const quoted = readQuoted(text, { at, delimiter: this.delimiter, limit: this.limits.recordLength });
      if (quoted === unfinished && !last && text.length - at <= this.limits.recordLength) break;
      if (typeof quoted === 'string') {
        records.push(this.refused(text, at, quoted));
        at = this.after(lineEnd);
      } else {
        records.push({ line: this.line, fields: quoted.fields });
        at = this.after(quoted.lineEnd, quoted.lineBreaks);
      }
    }
    this.text = text.slice(at);
    return records;
  }

  private refused(text: string, at: number, fault: string): CsvRecord {
    const lineEnd = text.indexOf('\n', at);
    const end = Math.min(at + shownOfFaulty, lineEnd < 0 ? text.length : lineEnd);
    return { line: this.line, fields: [lineAt(text, at, end)], fault };
  }

  /** Where the line after this line feed begins. */
  private after(lineEnd: number, lineBreaks = 0): number {
    this.line += 1 + lineBreaks;
    return lineEnd + 1;
  }
}

const shownOfFaulty = 1_000;
const unfinished = 'a quote that is not closed';

function lineAt(text: string, at: number, lineEnd: number): string {
  return text.slice(at, lineEnd > at && text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd);
}

interface QuotedRecord {
  fields: string[];
  /** Position of the line feed after the record. */
  lineEnd: number;
  /** Line feeds inside its fields. */
  lineBreaks: number;
}

/** A record with quotes, or why it is none; `unfinished` when the text ends before the record does. */
function readQuoted(
  text: string,
  { at: start, delimiter, limit }: { at: number; delimiter: string; limit: number },
): QuotedRecord | string {
  const fields: string[] = [];
  let lineBreaks = 0;
  for (let at = start; ; ) {
    if (text[at] !== '"') {
      const lineEnd = text.indexOf('\n', at);
      const end = text.indexOf(delimiter, at);
      if (lineEnd < 0) return unfinished;
      const isLast = end < 0 || end > lineEnd;
      const field = isLast ? lineAt(text, at, lineEnd) : text.slice(at, end);
      if (field.includes('"')) return 'a quote inside a field that does not begin with one';
      fields.push(field);
      if (isLast) return { fields, lineEnd, lineBreaks };
      at = end + 1;
      continue;
    }
    const close = closingQuote(text, at + 1, start + limit);
    if (close === undefined) return unfinished;
    const field = text.slice(at + 1, close).replaceAll('""', '"');
    fields.push(field);
    lineBreaks += field.split('\n').length - 1;
    const after = close + (text[close + 1] === '\r' && text[close + 2] === '\n' ? 2 : 1);
    if (text[after] === '\n') return { fields, lineEnd: after, lineBreaks };
    if (after >= text.length || (text[after] === '\r' && after + 1 >= text.length)) return unfinished;
    if (text[after] !== delimiter) return 'text after a closing quote';
    at = after + 1;
  }
}

/** Position of the quote that ends a field: the first that is not doubled; undefined when there is none up to `limit`. */
function closingQuote(text: string, from: number, limit: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0 && at <= limit; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return undefined;
}
