/** All rules about definitions, by id. Those about messages live in email/. */
import { audienceRules } from './audience-rules';
import { gateRules } from './gate-rules';
import { referenceRules } from './reference-rules';
import type { Rule } from './rule';
import { securityRules } from './security-rules';
import { stepRules } from './step-rules';
import { structureRules } from './structure-rules';
import { timeRules } from './time-rules';
import { workspaceRules } from './workspace-rules';

export const rules: readonly Rule[] = [
  ...structureRules,
  ...referenceRules,
  ...timeRules,
  ...audienceRules,
  ...gateRules,
  ...stepRules,
  ...securityRules,
  ...workspaceRules,
];

const byId = new Map(rules.map((rule) => [rule.id, rule]));

/** The rule of an id; throws where the id is not in the registry, which is a bug. */
export function ruleOf(id: string): Rule {
  const rule = byId.get(id);
  if (!rule) throw new Error(`rule ${id} is not in the registry`);
  return rule;
}
