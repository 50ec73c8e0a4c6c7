/** CEL as conditions use it: checked before it runs, bounded in size, without functions that could run for ever. */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';

const celLimits = { maxAstNodes: 500, maxDepth: 30, maxListElements: 200, maxMapEntries: 20, maxCallArguments: 10 };

/** Functions that take time out of proportion to what they are given. */
const refusedFunctions = new Set(['matches']);

export interface ConditionFault {
  kind: 'syntax' | 'type' | 'function' | 'personal' | 'order';
  message: string;
  /** Offsets into the expression. */
  start: number;
  end: number;
}

/** What a condition can answer. `undecidable` says why in words without any contact's data. */
export type Verdict = boolean | { undecidable: string };

export interface CompiledExpression {
  ast: ASTNode;
  evaluate(variables: Record<string, unknown>): Verdict;
}

export function conditionEnvironment(variables: Record<string, 'map'>): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: celLimits });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return environment;
}

type Compiled<T> = { ok: true; compiled: T } | { ok: false; faults: ConditionFault[] };

export function compileExpression(environment: Environment, expression: string): Compiled<CompiledExpression> {
  const prepared = prepare(environment, expression, { types: ['bool'], wanted: 'true or false' });
  if (!prepared.ok) return prepared;
  const { ast, run } = prepared.compiled;
  const evaluate = (variables: Record<string, unknown>): Verdict => {
    const result = run(variables);
    if (result.failed) return { undecidable: result.why };
    return typeof result.value === 'boolean' ? result.value : { undecidable: 'the condition is not true or false' };
  };
  return { ok: true, compiled: { ast, evaluate } };
}

/** An expression that answers a text; a whole number counts as one. */
export interface CompiledText {
  ast: ASTNode;
  evaluate(variables: Record<string, unknown>): string | { undecidable: string };
}

export function compileText(environment: Environment, expression: string): Compiled<CompiledText> {
  const prepared = prepare(environment, expression, { types: ['string', 'int'], wanted: 'a text' });
  if (!prepared.ok) return prepared;
  const { ast, run } = prepared.compiled;
  const evaluate = (variables: Record<string, unknown>) => {
    const result = run(variables);
    if (result.failed) return { undecidable: result.why };
    if (typeof result.value === 'bigint') return String(result.value);
    const isText = typeof result.value === 'string' && result.value !== '';
    return isText ? (result.value as string) : { undecidable: 'the expression is not a text' };
  };
  return { ok: true, compiled: { ast, evaluate } };
}

interface Prepared {
  ast: ASTNode;
  run(variables: Record<string, unknown>): { failed: false; value: unknown } | { failed: true; why: string };
}

/** Reads and checks an expression. `types` are what it may answer, besides what only the data can tell. */
function prepare(
  environment: Environment,
  expression: string,
  { types, wanted }: { types: readonly string[]; wanted: string },
): Compiled<Prepared> {
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(expression);
  } catch (error) {
    return { ok: false, faults: [faultOf('syntax', error, expression)] };
  }
  const refused = [...nodesOf(parsed.ast)].flatMap((node) => refusedCall(node));
  if (refused.length > 0) return { ok: false, faults: refused };
  const checked = parsed.check();
  if (!checked.valid) return { ok: false, faults: [faultOf('type', checked.error, expression)] };
  if (checked.type !== 'dyn' && !types.includes(checked.type ?? '')) {
    const message = `the ${wanted === 'a text' ? 'expression' : 'condition'} is ${checked.type ?? 'a value'}, not ${wanted}`;
    return { ok: false, faults: [{ kind: 'type', message, start: 0, end: expression.length }] };
  }
  const run: Prepared['run'] = (variables) => {
    try {
      const value: unknown = parsed(variables);
      return { failed: false, value };
    } catch (error) {
      return { failed: true, why: whyUndecidable(error, expression) };
    }
  };
  return { ok: true, compiled: { ast: parsed.ast, run } };
}

function refusedCall(node: ASTNode): ConditionFault[] {
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : undefined;
  if (name === undefined || !refusedFunctions.has(name)) return [];
  return [{ kind: 'function', message: `"${name}" is not available in conditions`, start: node.start, end: node.end }];
}

/** Every node of an expression, outermost first. */
export function* nodesOf(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item);
  } else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'range' in value;
}

function faultOf(kind: ConditionFault['kind'], error: unknown, expression: string): ConditionFault {
  const { summary, start, end } = celError(error);
  return {
    kind,
    message: summary ?? 'the condition cannot be read',
    start: Math.min(start ?? 0, expression.length),
    end: Math.min(end ?? expression.length, expression.length),
  };
}

/** Only words of the expression itself are repeated: an engine's message could contain a contact's values. */
function whyUndecidable(error: unknown, expression: string): string {
  const { code, start, end } = celError(error);
  const place = start !== undefined && end !== undefined ? expression.slice(start, end) : expression;
  const where = `at "${place.length > 80 ? `${place.slice(0, 80)}…` : place}"`;
  if (code === 'no_such_key') return `a value is missing ${where}`;
  if (code === 'no_such_overload') return `a value is of the wrong kind ${where}`;
  return `the condition fails ${where}`;
}

function celError(error: unknown): { code?: string; summary?: string; start?: number; end?: number } {
  if (!(error instanceof Error)) return {};
  const { code, summary, range } = error as Error & { code?: unknown; summary?: unknown; range?: unknown };
  const { start, end } = (typeof range === 'object' && range !== null ? range : {}) as { start?: number; end?: number };
  return {
    code: typeof code === 'string' ? code : undefined,
    summary: typeof summary === 'string' ? summary : undefined,
    start,
    end,
  };
}

/** Numbers of JSON as CEL sees them: whole ones are `int`, others `double`. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, celValue(inner)]));
  }
  return value;
}
