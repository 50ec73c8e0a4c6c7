/** A step's `if`: a CEL condition over what the run has done so far. */
import type { ASTNode } from '@marcbachmann/cel-js';
import {
  type ConditionFault,
  celValue,
  compileExpression,
  conditionEnvironment,
  nodesOf,
  type Verdict,
} from './condition/cel';
import type { Books, StepState } from './run-status';

/** What a condition may look at. Steps that have not begun are `waiting`. */
export interface StepConditionFacts {
  run: { campaign: string; members: number };
  steps: Record<string, { state: StepState; books?: Books }>;
}

/** Fields of `run` in a condition. */
const runFields: readonly string[] = ['campaign', 'members'];

/** Fields of `steps["<id>"]` in a condition: the state, and the books (0 for steps that deliver nothing). */
export const stepFields: readonly string[] = [
  'state',
  'targeted',
  'sent',
  'heldOut',
  'suppressed',
  'unconsented',
  'capped',
  'late',
  'invalid',
  'failed',
  'inDoubt',
  'cancelled',
  'open',
];

const environment = conditionEnvironment({ run: 'map', steps: 'map' });

/** What is wrong with a condition; empty when it can be used. `upstream` are the steps that are finished by then. */
export function stepConditionFaults(expression: string, options: { upstream: readonly string[] }): ConditionFault[] {
  const result = compileExpression(environment, expression);
  if (!result.ok) return result.faults;
  return [...nodesOf(result.compiled.ast)].flatMap((node) => fieldFaults(node, options.upstream));
}

/**
 * Compiles a step's `if`.
 * @throws RangeError when the condition has faults: they are reported when the definition is checked
 */
export function compileCondition(expression: string): (facts: StepConditionFacts) => Verdict {
  const result = compileExpression(environment, expression);
  if (!result.ok) throw new RangeError('step condition is not valid');
  return (facts) => {
    const { run, steps } = flatFacts(facts);
    return result.compiled.evaluate({
      run: celValue(run),
      steps: Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, celValue(step)])),
    });
  };
}

/** The facts as conditions and texts to the team read them: a step's books stand beside its state, zero where there are none. */
export function flatFacts({ run, steps }: StepConditionFacts): {
  run: StepConditionFacts['run'];
  steps: Record<string, Record<string, unknown>>;
} {
  return { run, steps: Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, flat(step)])) };
}

function flat({ state, books }: { state: StepState; books?: Books }): Record<string, unknown> {
  const counters = Object.fromEntries(stepFields.slice(1).map((field) => [field, 0]));
  return { ...counters, ...books, state };
}

function fieldFaults(node: ASTNode, upstream: readonly string[]): ConditionFault[] {
  const fault = (kind: ConditionFault['kind'], message: string): ConditionFault[] => [
    { kind, message, start: node.start, end: node.end },
  ];
  const access = accessOf(node);
  if (!access) return [];
  if (isName(access.owner, 'run') && !runFields.includes(access.field)) {
    return fault('type', `run has no "${access.field}"; it has ${runFields.join(', ')}`);
  }
  if (isName(access.owner, 'steps') && !upstream.includes(access.field)) {
    return fault('order', `step "${access.field}" is not among the steps that this one needs`);
  }
  const owner = accessOf(access.owner);
  if (owner && isName(owner.owner, 'steps') && !stepFields.includes(access.field)) {
    return fault('type', `a step has no "${access.field}"; it has ${stepFields.join(', ')}`);
  }
  return [];
}

/** `owner.field` and `owner["field"]`. */
export function accessOf(node: ASTNode): { owner: ASTNode; field: string } | undefined {
  if (node.op === '.') return { owner: node.args[0], field: node.args[1] };
  if (node.op === '[]' && node.args[1].op === 'value') return { owner: node.args[0], field: String(node.args[1].args) };
  return undefined;
}

export function isName(node: ASTNode, name: string): boolean {
  return node.op === 'id' && node.args === name;
}
