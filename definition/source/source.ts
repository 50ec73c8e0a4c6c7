import { extname } from 'node:path';
import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import { forbiddenCharacters } from './characters';
import { limits } from './limits';
import { findExcess } from './nesting';
import { LineMap, type Path, type Place, pathKey, startOfFile } from './place';
import type { ProblemList } from './problem-list';
import { type NodePlace, readTree } from './tree';

/** A definition file after reading: plain data, and for each value where it stands. */
export class Source {
  constructor(
    readonly file: string,
    readonly text: string,
    readonly value: unknown,
    private readonly lines: LineMap,
    private readonly places: ReadonlyMap<string, NodePlace>,
  ) {}

  /** Where the value at a path stands; of what is missing, the nearest thing around it. */
  placeOf(path: Path): Place {
    for (let length = path.length; length >= 0; length--) {
      const node = this.places.get(pathKey(path.slice(0, length)));
      if (node) return length === path.length ? this.placeOfNode(node) : this.placeOfOwner(node);
    }
    return startOfFile;
  }

  has(path: Path): boolean {
    return this.places.has(pathKey(path));
  }

  /** Where the key that holds the value at a path stands. */
  placeOfKey(path: Path): Place {
    const key = this.places.get(pathKey(path))?.key;
    return key ? this.lines.place(...key) : this.placeOf(path);
  }

  /** A stretch inside a text value, by offsets into the value; exact where the value stands unescaped in the file. */
  placeWithin(path: Path, start: number, end: number): Place {
    const node = this.places.get(pathKey(path));
    if (node?.text === undefined) return this.placeOf(path);
    const [from, to] = node.value;
    const written = this.text.slice(from, to);
    const at = written.indexOf(node.text);
    if (at >= 0) return this.lines.place(from + at + start, from + at + Math.max(end, start + 1));
    const fragment = node.text.slice(start, end).split('\n')[0] ?? '';
    const found = fragment.length > 1 ? written.indexOf(fragment) : -1;
    return found >= 0 ? this.lines.place(from + found, from + found + fragment.length) : this.placeOf(path);
  }

  private placeOfNode(node: NodePlace): Place {
    const place = this.lines.place(...node.value);
    return node.isCollection && node.key ? this.lines.place(...node.key) : place;
  }

  private placeOfOwner(node: NodePlace): Place {
    return node.key ? this.lines.place(...node.key) : this.lines.place(node.value[0], node.value[0] + 1);
  }
}

/** Reads YAML or JSON text. Undefined when it is so broken that nothing more can be said about it. */
export function readSource(text: string, problems: ProblemList): Source | undefined {
  const lines = new LineMap(text);
  for (const finding of forbiddenCharacters(text, lines, limits.problems)) problems.add(finding);
  const tokens = lex(extname(problems.file) === '.json' ? text.replaceAll('\t', ' ') : text);
  const excess = findExcess(tokens);
  if (excess) {
    problems.add({ rule: excess.rule, message: excess.message, place: lines.place(excess.offset, excess.offset + 1) });
    return undefined;
  }
  const document = compose(tokens, { length: text.length, lines, problems });
  if (!document) return undefined;
  for (const error of document.errors.slice(0, limits.problems)) problems.add(syntaxFinding(error, lines));
  if (document.errors.length > 0) return undefined;
  const places = new Map<string, NodePlace>();
  const value = readTree({ text, document, lines, places, problems });
  return new Source(problems.file, text, value, lines, places);
}

/** Lexical tokens, a few more than are allowed: enough to see that there are too many. */
function lex(text: string): string[] {
  const tokens: string[] = [];
  for (const token of new Lexer().lex(text)) {
    tokens.push(token);
    if (tokens.length > limits.tokens) break;
  }
  return tokens;
}

function* parse(tokens: readonly string[]): Generator<CST.Token> {
  const parser = new Parser();
  for (const token of tokens) yield* parser.next(token);
  yield* parser.end();
}

const options = { schema: 'core', version: '1.2', strict: true, uniqueKeys: false, logLevel: 'error' } as const;

function compose(
  tokens: readonly string[],
  { length, lines, problems }: { length: number; lines: LineMap; problems: ProblemList },
): Document | undefined {
  try {
    const [document, second] = new Composer(options).compose(parse(tokens), true, length);
    if (second?.range) {
      const place = lines.place(second.range[0], second.range[1]);
      problems.add({ rule: 'DEF-002', message: 'a second document begins here', place });
    }
    return second ? undefined : document;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add({ rule: 'SEC-602', message: 'this is nested too deeply to be read', place: startOfFile });
    return undefined;
  }
}

function syntaxFinding(error: YAMLError, lines: LineMap) {
  return {
    rule: 'DEF-001',
    message: error.message.split('\n')[0] ?? 'cannot be read',
    place: lines.place(...error.pos),
  };
}
