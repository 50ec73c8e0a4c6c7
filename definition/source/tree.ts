import { type Document, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { ambiguityOf } from './ambiguous-scalar';
import { hasForbiddenCharacter } from './characters';
import { limits } from './limits';
import { type LineMap, type Path, pathKey } from './place';
import type { ProblemList } from './problem-list';

export interface NodePlace {
  /** Offsets of the key, in a mapping. */
  key?: [number, number];
  /** Offsets of the value. */
  value: [number, number];
  isCollection: boolean;
  /** The value, when it is a text. */
  text?: string;
}

interface TreeInput {
  text: string;
  document: Document;
  lines: LineMap;
  places: Map<string, NodePlace>;
  problems: ProblemList;
}

/** Turns parsed nodes into plain data without prototypes, notes where each value stands, and refuses what is ambiguous or hostile. */
export function readTree(input: TreeInput): unknown {
  return new TreeReader(input).read();
}

type Offsets = [number, number];

class TreeReader {
  private values = 0;
  private aliases = 0;
  private gaveUp = false;

  constructor(private readonly input: TreeInput) {}

  read(): unknown {
    return this.node(this.input.document.contents, { path: [], depth: 0 });
  }

  private node(node: unknown, at: { path: Path; depth: number; key?: Offsets }): unknown {
    if (this.gaveUp) return undefined;
    const value = offsetsOf(node, at.key);
    if (++this.values > limits.values)
      return this.giveUp('SEC-603', 'aliases make this file far larger than it looks', value);
    if (at.depth > limits.depth)
      return this.giveUp('SEC-602', `this is nested more than ${limits.depth} levels deep`, value);
    this.refuseTag(node, value);
    if (isAlias(node)) {
      if (++this.aliases > limits.aliases) return this.giveUp('SEC-603', `more than ${limits.aliases} aliases`, value);
      const target = node.resolve(this.input.document);
      const data = this.node(target, { ...at, depth: at.depth + 1 });
      this.note(at.path, {
        key: at.key,
        value,
        isCollection: false,
        text: typeof data === 'string' ? data : undefined,
      });
      return data;
    }
    if (isMap(node)) {
      this.note(at.path, { key: at.key, value, isCollection: true });
      return this.mapping(node, at);
    }
    if (isSeq(node)) {
      this.note(at.path, { key: at.key, value, isCollection: true });
      return this.sequence(node, at);
    }
    const data = isScalar(node) ? this.scalar(node, value) : null;
    this.note(at.path, { key: at.key, value, isCollection: false, text: typeof data === 'string' ? data : undefined });
    return data;
  }

  private mapping(map: YAMLMap, at: { path: Path; depth: number }): Record<string, unknown> {
    const data: Record<string, unknown> = Object.create(null);
    for (const pair of map.items) {
      const key = this.key(pair.key);
      if (key === undefined) continue;
      const keyOffsets = offsetsOf(pair.key);
      if (key in data) {
        this.problem('DEF-003', `"${key}" is here twice`, keyOffsets);
        continue;
      }
      data[key] = this.node(pair.value, { path: [...at.path, key], depth: at.depth + 1, key: keyOffsets });
    }
    return data;
  }

  private sequence(sequence: YAMLSeq, at: { path: Path; depth: number }): unknown[] {
    return sequence.items.map((item, index) => this.node(item, { path: [...at.path, index], depth: at.depth + 1 }));
  }

  private key(node: unknown): string | undefined {
    this.refuseTag(node, offsetsOf(node));
    if (isScalar(node) && node.value !== null) return String(node.value);
    this.problem('DEF-009', 'a key must be a plain word', offsetsOf(node));
    return undefined;
  }

  private scalar(node: Scalar, value: Offsets): unknown {
    const ambiguity = node.type === 'PLAIN' ? ambiguityOf(node.source ?? '') : undefined;
    if (ambiguity !== undefined) {
      this.problem(
        'DEF-006',
        `${node.source} is ambiguous: ${ambiguity}`,
        value,
        `write "${node.source}" in quotes, or another word`,
      );
    }
    const data = node.value;
    if (typeof data === 'string' && hasForbiddenCharacter(data) && !hasForbiddenCharacter(this.written(value))) {
      this.problem('SEC-605', 'an escape here stands for a character that is not allowed', value);
    }
    return typeof data === 'bigint' ? Number(data) : data;
  }

  private refuseTag(node: unknown, value: Offsets): void {
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.tag !== undefined) {
      this.problem('SEC-604', 'tags are not allowed', value);
    }
  }

  private written([start, end]: Offsets): string {
    return this.input.text.slice(start, end);
  }

  private note(path: Path, place: NodePlace): void {
    this.input.places.set(pathKey(path), place);
  }

  private giveUp(rule: string, message: string, value: Offsets): undefined {
    this.gaveUp = true;
    this.problem(rule, message, value);
    return undefined;
  }

  private problem(rule: string, message: string, offsets: Offsets, fix?: string): void {
    if (this.input.problems.problems.length >= limits.problems) return;
    this.input.problems.add({ rule, message, place: this.input.lines.place(...offsets), fix });
  }
}

function offsetsOf(node: unknown, fallback?: Offsets): Offsets {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
  if (range && range[1] > range[0]) return [range[0], range[1]];
  return fallback ?? (range ? [range[0], range[0]] : [0, 0]);
}
