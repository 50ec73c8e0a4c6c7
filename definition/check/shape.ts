/** Checks data against a schema and says what is wrong in the words of the people who wrote it. */
import { z } from 'zod';
import type { Path } from '../source/place';
import type { ProblemList } from '../source/problem-list';
import type { Source } from '../source/source';
import { didYouMean } from './did-you-mean';

/** Words of the campaign language that this release does not carry out yet. */
const laterWords = new Set(
  (
    'promotions experiments social ads webinar seo task ' +
    'tasks export http undo holdouts journey rules exclusions compensate'
  ).split(' '),
);

export interface Mistake {
  rule: string;
  path: Path;
  message: string;
  fix?: string;
  /** The key, not the value, is wrong. */
  atKey?: boolean;
}

/** Parses; on failure adds one problem for each mistake. */
export function checkShape<S extends z.ZodType>(
  schema: S,
  options: { source: Source; problems: ProblemList },
): z.output<S> | undefined {
  const { source, problems } = options;
  const result = schema.safeParse(source.value);
  if (result.success) return result.data;
  for (const mistake of mistakesOf(result.error.issues, { schema, value: source.value, base: [] })) {
    const place = mistake.atKey ? source.placeOfKey(mistake.path) : source.placeOf(mistake.path);
    problems.add({ rule: mistake.rule, message: mistake.message, fix: mistake.fix, place });
  }
  return undefined;
}

interface IssueContext {
  schema: z.ZodType;
  value: unknown;
  base: Path;
}

type Issue = z.core.$ZodIssue;

function mistakesOf(issues: readonly Issue[], context: IssueContext): Mistake[] {
  return issues.flatMap((issue) => mistakesOfIssue(issue, context));
}

function mistakesOfIssue(issue: Issue, context: IssueContext): Mistake[] {
  const path = [...context.base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, context));
    case 'invalid_type':
      return [wrongKind(issue, path, context)];
    case 'invalid_value':
      return [notAllowed(issue, path, context)];
    case 'invalid_union':
      return unionMistakes(issue, path, context);
    case 'too_small':
    case 'too_big':
      return [{ rule: 'DEF-010', path, message: outOfRange(issue, path) }];
    case 'invalid_key':
      return [{ rule: 'DEF-011', path, message: `"${nameOf(path)}" is not an id`, atKey: true }];
    case 'custom':
      return [customMistake(issue, path)];
    default:
      return [{ rule: 'DEF-010', path, message: `${nameOf(path)} is not written as it should be` }];
  }
}

function customMistake(issue: Issue & { code: 'custom' }, path: Path): Mistake {
  const { rule, fix } = issue.params ?? {};
  return {
    rule: typeof rule === 'string' ? rule : 'DEF-010',
    path,
    message: issue.message,
    fix: typeof fix === 'string' ? fix : undefined,
  };
}

function unknownKey(key: string, path: Path, context: IssueContext): Mistake {
  const at = { path: [...path, key], atKey: true };
  const known = keysAt(context.schema, path.slice(context.base.length));
  const meant = didYouMean(key, known);
  if (!meant && laterWords.has(key)) {
    return { ...at, rule: 'DEF-005', message: `"${key}" is not in this version` };
  }
  return {
    ...at,
    rule: 'DEF-004',
    message: `"${key}" is not a key of ${path.length === 0 ? 'the file' : describePath(path)}`,
    fix: meant ? `did you mean "${meant}"?` : `known here: ${known.join(', ')}`,
  };
}

const kindWords: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

function wrongKind(issue: Issue & { code: 'invalid_type' }, path: Path, context: IssueContext): Mistake {
  const value = valueAt(context.value, path);
  const expected = kindWords[issue.expected] ?? issue.expected;
  if (path.length === 0) return { rule: 'DEF-009', path, message: `the file is ${kindOf(value)}, not keys and values` };
  if (value === undefined) return { rule: 'DEF-008', path, message: `"${nameOf(path)}" is missing` };
  if (value === null) return { rule: 'DEF-007', path, message: `"${nameOf(path)}" is empty, it should be ${expected}` };
  return {
    rule: 'DEF-007',
    path,
    message: `"${nameOf(path)}" is ${kindOf(value)}, it should be ${expected}`,
    fix: issue.expected === 'string' && typeof value !== 'object' ? asText(value, path, context) : undefined,
  };
}

/** A number where a text belongs: quotes, unless the text has a form of its own. */
function asText(value: unknown, path: Path, context: IssueContext): string {
  const meta = schemaAt(context.schema, path)?.meta();
  const example: unknown = meta?.pattern === undefined ? undefined : (meta.examples as unknown[] | undefined)?.[0];
  return example === undefined ? `write it in quotes: "${String(value)}"` : `write it like ${String(example)}`;
}

function notAllowed(issue: Issue & { code: 'invalid_value' }, path: Path, context: IssueContext): Mistake {
  const value = valueAt(context.value, path);
  const allowed = issue.values.map(String);
  if (value === undefined) return { rule: 'DEF-008', path, message: `"${nameOf(path)}" is missing` };
  const meant = typeof value === 'string' ? didYouMean(value, allowed) : undefined;
  return {
    rule: 'DEF-010',
    path,
    message: `"${nameOf(path)}" is ${shown(value)}, it should be one of ${allowed.join(', ')}`,
    fix: meant ? `did you mean "${meant}"?` : `write one of ${allowed.join(', ')}`,
  };
}

/** Of a union's branches, speaks for the one that the writer meant: whose kind is right, or else the first. */
function unionMistakes(issue: Issue & { code: 'invalid_union' }, path: Path, context: IssueContext): Mistake[] {
  const meant = issue.errors.find(
    (branch) => !branch.some((error) => error.code === 'invalid_type' && error.path.length === 0),
  );
  if (meant) return mistakesOf(meant, { ...context, base: path });
  const kinds = issue.errors.flatMap((branch) =>
    branch.flatMap((error) => (error.code === 'invalid_type' ? [kindWords[error.expected] ?? error.expected] : [])),
  );
  const value = valueAt(context.value, path);
  return [
    { rule: 'DEF-007', path, message: `"${nameOf(path)}" is ${kindOf(value)}, it should be ${kinds.join(' or ')}` },
  ];
}

function outOfRange(issue: Issue & { code: 'too_small' | 'too_big' }, path: Path): string {
  const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const unit: Record<string, string> = { string: ' characters', array: ' entries', object: ' keys', record: ' keys' };
  if (issue.code === 'too_small' && issue.origin === 'string') return `"${nameOf(path)}" is empty`;
  if (issue.code === 'too_small' && issue.origin === 'array') return `"${nameOf(path)}" needs ${bound}${unit.array}`;
  return `"${nameOf(path)}" must be ${bound}${unit[issue.origin] ?? ''}`;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys and values';
  return shown(value);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
  return typeof value === 'object' ? kindOf(value) : String(value);
}

function nameOf(path: Path): string {
  const last = path.at(-1);
  return typeof last === 'number' ? describePath(path) : String(last ?? 'the file');
}

/** `steps[1].email`, as people would point at it. */
export function describePath(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part + 1}]` : index === 0 ? part : `.${part}`))
    .join('');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, part) =>
      typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

/** The keys that a schema knows at a path. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  const found = schemaAt(schema, path);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** The schema of what stands at a path, without its wrappers (optional, default); undefined where there is none. */
export function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  const [part, ...rest] = path;
  const inner = unwrap(schema);
  if (part === undefined) return inner;
  if (inner instanceof z.ZodObject) {
    const next = inner.shape[String(part)];
    return next instanceof z.ZodType ? schemaAt(next, rest) : undefined;
  }
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodType) return schemaAt(inner.element, rest);
  if (inner instanceof z.ZodRecord && inner.valueType instanceof z.ZodType) return schemaAt(inner.valueType, rest);
  if (inner instanceof z.ZodUnion) {
    const options = inner.options.filter((option): option is z.ZodType => option instanceof z.ZodType);
    return options.map((option) => schemaAt(option, path)).find((found) => found !== undefined);
  }
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (
    (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) &&
    schema.def.innerType instanceof z.ZodType
  ) {
    return unwrap(schema.def.innerType);
  }
  // What is transformed into something else is written as the schema before says.
  if (schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodUnion) return schema.def.in;
  return schema;
}
