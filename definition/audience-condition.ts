/** `audience.where`: a CEL condition over one contact. Compiled once, asked for each contact. */
import type { ASTNode } from '@marcbachmann/cel-js';
import {
  type CompiledExpression,
  type ConditionFault,
  celValue,
  compileExpression,
  conditionEnvironment,
  nodesOf,
  type Verdict,
} from './condition/cel';

/** Built-in fields a condition may use; everything else is an imported attribute. */
export interface ConditionContact extends Record<string, unknown> {
  timeZone?: string;
  locale?: string;
  createdAt?: Date;
}

export type AudienceCondition = (contact: ConditionContact) => Verdict;

const environment = conditionEnvironment({ contact: 'map' });

/** Fields that identify a person. They are refused in conditions, and not handed to them. */
const personalFields = new Set(
  ['email', 'address', 'firstname', 'lastname', 'fullname', 'name', 'surname', 'phone', 'mobile'].concat([
    'street',
    'birthdate',
    'dateofbirth',
    'nif',
    'dni',
    'passport',
    'externalid',
  ]),
);

/** Does this field identify a person? */
export function isPersonal(field: string): boolean {
  return personalFields.has(field.toLowerCase().replace(/[^a-z]/g, ''));
}

/** What is wrong with a condition; empty when it can be used. */
export function audienceConditionFaults(where: string): ConditionFault[] {
  const result = compileExpression(environment, where);
  return result.ok ? personalFaults(result.compiled) : result.faults;
}

/**
 * Compiles `audience.where`; absent means everybody.
 * @throws RangeError when the condition has faults: they are reported when the definition is checked
 */
export function compileAudience(where: string | undefined): AudienceCondition {
  if (where === undefined) return () => true;
  const result = compileExpression(environment, where);
  if (!result.ok || personalFaults(result.compiled).length > 0) throw new RangeError('audience condition is not valid');
  const { evaluate } = result.compiled;
  return (contact) => evaluate({ contact: visibleFields(contact) });
}

/** What a condition sees of a contact. */
export function visibleFields(contact: ConditionContact): Record<string, unknown> {
  const visible: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(contact)) {
    if (value !== null && value !== undefined && !isPersonal(field)) visible[field] = celValue(value);
  }
  return visible;
}

/** Places that name personal fields of the contact. */
export function personalFaults({ ast }: Pick<CompiledExpression, 'ast'>): ConditionFault[] {
  return [...nodesOf(ast)].flatMap((node) => {
    const field = fieldOfContact(node);
    if (field === undefined || !isPersonal(field)) return [];
    const message = `contact.${field} is personal data`;
    return [{ kind: 'personal' as const, message, start: node.start, end: node.end }];
  });
}

function fieldOfContact(node: ASTNode): string | undefined {
  if (node.op === '.' && isContact(node.args[0])) return node.args[1];
  if (node.op === '[]' && isContact(node.args[0]) && node.args[1].op === 'value') return String(node.args[1].args);
  return undefined;
}

function isContact(node: ASTNode): boolean {
  return node.op === 'id' && node.args === 'contact';
}
