/** All rules about definitions, by id. Those about messages live in email/, and are found here too. */
import { emailRules } from '../../email/rules';
import { audienceRules } from './audience-rules';
import { gateRules } from './gate-rules';
import { journeyRules } from './journey-rules';
import { loyaltyRules } from './loyalty-rules';
import { measuringRules } from './measuring-rules';
import { promotionRules } from './promotion-rules';
import { referenceRules } from './reference-rules';
import type { Rule, RuleExample } from './rule';
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
  ...measuringRules,
  ...journeyRules,
  ...loyaltyRules,
  ...promotionRules,
  ...securityRules,
  ...workspaceRules,
];

const byId = new Map(rules.map((rule) => [rule.id, rule]));

/** A rule about definitions, or about messages: those have no example here, but say where they come from. */
export type KnownRule = Omit<Rule, 'example'> & { example?: RuleExample; source?: string };

const everyRule: readonly KnownRule[] = [...rules, ...emailRules];

/** Ids of all rules, also of those about messages. */
export const ruleIds: readonly string[] = everyRule.map(({ id }) => id);

const everyRuleById = new Map(everyRule.map((rule) => [rule.id, rule]));

/** The rule of an id as people type it. */
export function findRule(id: string): KnownRule | undefined {
  return everyRuleById.get(id.toUpperCase());
}

/** The rule of an id; throws where the id is not in the registry, which is a bug. */
export function ruleOf(id: string): Rule {
  const rule = byId.get(id);
  if (!rule) throw new Error(`rule ${id} is not in the registry`);
  return rule;
}
