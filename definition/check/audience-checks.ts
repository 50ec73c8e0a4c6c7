import { audienceConditionFaults } from '../audience-condition';
import { type CheckContext, remark } from './context';

const ruleOfFault = {
  syntax: 'AUD-301',
  type: 'AUD-302',
  personal: 'AUD-303',
  function: 'AUD-304',
  order: 'AUD-302',
} as const;

/** There is somebody to speak to; `audience.where` can be decided for a contact, and uses no personal data. */
export function checkAudience(context: CheckContext): void {
  const { authored, source, problems } = context;
  if (authored.whole && !source.has(['audience']) && !source.has(['trigger']) && !source.has(['program']))
    remark(context, { rule: 'DEF-008', path: ['audience'], message: '"audience" is missing' });
  const where = authored.audience?.where;
  if (where === undefined) return;
  for (const fault of audienceConditionFaults(where)) {
    problems.add({
      rule: ruleOfFault[fault.kind],
      message: fault.message,
      place: source.placeWithin(['audience', 'where'], fault.start, fault.end),
    });
  }
}
