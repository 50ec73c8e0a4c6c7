/** A compared plan for a terminal: a line a campaign. */
import type { ComparedPlan } from '../../definition/compared-plan';
import { oneLine } from '../one-line';
import { byReach, countProblems, number, plannedOf, rowOf } from './rows';

export function comparisonText(document: ComparedPlan): string {
  const rows = byReach(document).map((campaign) => rowOf(document, campaign));
  const lines = rows.map(({ sign, id, action, recipients, cost, window, irreversible, checks }) =>
    [`${sign} ${id}`, action, recipients, cost, window, irreversible, checks].map(oneLine),
  );
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const { base, head, unchanged, plan } = document;
  return [
    `${oneLine(base.name)} ${base.commit.slice(0, 12)} → ${head?.slice(0, 12) ?? 'this folder'}: ${number(rows.length)} ${rows.length === 1 ? 'campaign differs' : 'campaigns differ'}, ${number(unchanged.length)} unchanged`,
    ...lines.map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()),
    ...(plan ? [] : ['offline: no ledger was asked; people, money and runs under way are not known']),
  ].join('\n');
}

/** One line, as a commit status shows it. */
export function comparisonSummary(document: ComparedPlan): string {
  const { campaigns, plan } = document;
  if (campaigns.length === 0) return 'no campaign differs';
  const { errors } = countProblems(campaigns.flatMap(({ problems }) => problems));
  const counted = new Map<string, number>();
  for (const campaign of campaigns) {
    const word = (plannedOf(document, campaign)?.action ?? campaign.relation).replace('none', 'ran already');
    counted.set(word, (counted.get(word) ?? 0) + 1);
  }
  const actions = [...counted].map(([word, count]) => `${number(count)} ${word}`).join(', ');
  const people = plan ? `; ${number(plan.summary.recipients)} messages a step` : '; planned offline';
  return `${actions}${people}${errors > 0 ? `; ${number(errors)} ${errors === 1 ? 'error' : 'errors'}` : ''}`;
}
