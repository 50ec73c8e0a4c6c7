/** Conditions of journeys: CEL over the event, the contact, the journey so far and its steps. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { type ConditionContact, isPersonal, personalFaults, visibleFields } from './audience-condition';
import {
  type ConditionFault,
  celValue,
  compileExpression,
  compileText,
  conditionEnvironment,
  nodesOf,
  type Verdict,
} from './condition/cel';
import type { StepState } from './run-status';
import { accessOf, isName } from './step-condition';

/** An event as conditions and messages see it. `data` is what its source said: hostile. */
export interface ConditionEvent {
  type: string;
  source: string;
  id: string;
  time: Date;
  data: Record<string, unknown>;
}

/** A journey as conditions see it. */
export interface ConditionJourney {
  key: string;
  startedAt: Date;
  /** Journeys of this campaign that the contact has begun, this one included. */
  count: number;
}

/** A step of a journey as conditions see it. */
export interface ConditionJourneyStep {
  state: StepState;
  /** What became of the message of an e-mail step, such as `sent`, `capped` or `suppressed`; else empty. */
  outcome: string;
  /** The event that a step waited for came in time. */
  happened: boolean;
}

export interface JourneyFacts {
  event: ConditionEvent;
  contact: ConditionContact;
  journey?: ConditionJourney;
  steps?: Record<string, ConditionJourneyStep>;
}

const fields: Record<string, readonly string[]> = {
  event: ['type', 'source', 'id', 'time', 'data'],
  journey: ['key', 'startedAt', 'count'],
};
const stepFields: readonly string[] = ['state', 'outcome', 'happened'];

/** Where a condition stands decides what it may look at. */
export type ConditionPlace = 'trigger' | 'exit' | 'step';

const environments = {
  trigger: conditionEnvironment({ event: 'map', contact: 'map' }),
  exit: conditionEnvironment({ event: 'map', contact: 'map', journey: 'map' }),
  step: conditionEnvironment({ event: 'map', contact: 'map', journey: 'map', steps: 'map' }),
};

/** What is wrong with a condition; empty when it can be used. `upstream`: steps that are finished by then. */
export function journeyConditionFaults(
  expression: string,
  options: { place: ConditionPlace; upstream?: readonly string[] },
): ConditionFault[] {
  const result = compileExpression(environments[options.place], expression);
  if (!result.ok) return result.faults;
  return faultsOf(result.compiled.ast, options.upstream ?? []);
}

/** What is wrong with a trigger's `key`. It names a workflow, so nothing that tells who somebody is may be in it. */
export function journeyKeyFaults(expression: string): ConditionFault[] {
  const result = compileText(environments.trigger, expression);
  if (!result.ok) return result.faults;
  return [...faultsOf(result.compiled.ast, []), ...personalKeyFaults(result.compiled.ast)];
}

export type JourneyCondition = (facts: JourneyFacts) => Verdict;

/**
 * Compiles a condition.
 * @throws RangeError when it has faults: they are reported when the definition is checked
 */
export function compileJourneyCondition(expression: string | undefined, place: ConditionPlace): JourneyCondition {
  if (expression === undefined) return () => true;
  const result = compileExpression(environments[place], expression);
  if (!result.ok) throw new RangeError('condition of a journey is not valid');
  return (facts) => result.compiled.evaluate(variablesOf(facts));
}

/**
 * Compiles a trigger's `key`.
 * @throws RangeError when it has faults
 */
export function compileJourneyKey(expression: string): (facts: JourneyFacts) => string | { undecidable: string } {
  const result = compileText(environments.trigger, expression);
  if (!result.ok) throw new RangeError('key of a journey is not valid');
  return (facts) => result.compiled.evaluate(variablesOf(facts));
}

function variablesOf({ event, contact, journey, steps }: JourneyFacts): Record<string, unknown> {
  return {
    event: celValue(event),
    contact: visibleFields(contact),
    ...(journey && { journey: celValue(journey) }),
    ...(steps && { steps: celValue(steps) }),
  };
}

function faultsOf(ast: ASTNode, upstream: readonly string[]): ConditionFault[] {
  return [...personalFaults({ ast }), ...[...nodesOf(ast)].flatMap((node) => fieldFaults(node, upstream))];
}

function fieldFaults(node: ASTNode, upstream: readonly string[]): ConditionFault[] {
  const fault = (kind: ConditionFault['kind'], message: string): ConditionFault[] => [
    { kind, message, start: node.start, end: node.end },
  ];
  const access = accessOf(node);
  if (!access) return [];
  for (const [name, known] of Object.entries(fields))
    if (isName(access.owner, name) && !known.includes(access.field))
      return fault('type', `${name} has no "${access.field}"; it has ${known.join(', ')}`);
  if (isName(access.owner, 'steps') && !upstream.includes(access.field))
    return fault('order', `step "${access.field}" is not among the steps that this one needs`);
  const owner = accessOf(access.owner);
  if (owner && isName(owner.owner, 'steps') && !stepFields.includes(access.field))
    return fault('type', `a step of a journey has no "${access.field}"; it has ${stepFields.join(', ')}`);
  return [];
}

function personalKeyFaults(ast: ASTNode): ConditionFault[] {
  return [...nodesOf(ast)].flatMap((node) => {
    const access = accessOf(node);
    if (!access || isName(access.owner, 'contact') || !isPersonal(access.field)) return [];
    return [
      { kind: 'personal' as const, message: `"${access.field}" is personal data`, start: node.start, end: node.end },
    ];
  });
}
