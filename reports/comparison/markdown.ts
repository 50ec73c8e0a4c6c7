/** A compared plan as a comment on a pull request: one table first, details folded, never longer than forges take. */
import type { ComparedPlan } from '../../definition/compared-plan';
import { detailLines } from './change-lines';
import { code, codeCell, codeHtml } from './markdown-text';
import { approvalsNeeded, byReach, type ComparisonRow, countProblems, number, rowOf } from './rows';

/** GitHub refuses more than 65,536 characters. */
export const longestComment = 60_000;
const mostRows = 20;
/** For the line that says what was left out. */
const reserved = 400;

const columns = ['campaign', 'action', 'recipients', 'cost', 'window', 'irreversible', 'checks'] as const;

export function comparisonMarkdown(document: ComparedPlan): string {
  const campaigns = byReach(document);
  const rows = campaigns.slice(0, mostRows).map((campaign) => tableRow(rowOf(document, campaign)));
  const hidden = campaigns.length - rows.length;
  const head = [
    headLine(document),
    '',
    ...(rows.length > 0
      ? [`| ${columns.join(' | ')} |`, `|${columns.map(() => '---|').join('')}`, ...rows, '', '']
      : ['No campaign differs.', '', '']),
    ...(hidden > 0 ? [`and ${number(hidden)} more`, '', ''] : []),
    ...(document.plan
      ? []
      : ['Planned offline: no ledger was asked, so people, money and runs under way are not known.', '', '']),
  ].join('\n');
  return `${head}${details(document, { campaigns, room: longestComment - head.length })}`;
}

function headLine(document: ComparedPlan): string {
  const { plan, base, head, environment, campaigns, unchanged } = document;
  const { errors, warnings } = countProblems(campaigns.flatMap(({ problems }) => problems));
  const needs = approvalsNeeded(document);
  return [
    `**volante plan** ${plan ? code(plan.hash.slice(0, 12)) : '(offline)'} for ${code(environment)}`,
    `base ${code(base.name)} ${code(base.commit.slice(0, 12))} → head ${head ? code(head.slice(0, 12)) : 'with uncommitted changes'}`,
    `${errors > 0 ? '✖' : '✔'} ${number(errors)} ${errors === 1 ? 'error' : 'errors'}, ⚠ ${number(warnings)} ${warnings === 1 ? 'warning' : 'warnings'}`,
    ...(needs.length > 0 ? [`needs ${needs.map((who) => code(who)).join(', ')}`] : []),
    `${number(unchanged.length)} unchanged`,
  ].join(' · ');
}

function tableRow({ id, sign, action, ...row }: ComparisonRow): string {
  const cells = [
    codeCell(id),
    `${sign === '-' ? '−' : sign} ${cellText(action)}`,
    cellText(row.recipients),
    cellText(row.cost),
    cellText(row.window),
    cellText(row.irreversible),
    cellText(row.checks),
  ];
  return `| ${cells.join(' | ')} |`;
}

const harmless = /^[\p{L}\p{N}✔✖⚠–−≤+ ,:()/-]*(?:\.\d[\p{L}\p{N}✔✖⚠–−≤+ ,:()/-]*)*$/u;

/** What we wrote from numbers and checked values; anything else is shown as code. */
function cellText(text: string): string {
  return harmless.test(text) && text.length <= 80 && !/:\/\/|www/i.test(text) ? text : codeCell(text);
}

function details(
  document: ComparedPlan,
  { campaigns, room }: { campaigns: ComparedPlan['campaigns']; room: number },
): string {
  let text = '';
  let left = 0;
  for (const campaign of campaigns) {
    const section = detailSection(document, campaign);
    if (text.length + section.length + reserved > room) left += 1;
    else text += section;
  }
  if (left === 0) return text;
  const what = `Details of ${number(left)} ${left === 1 ? 'campaign' : 'campaigns'} are left out: a comment holds ${number(longestComment)} characters.`;
  return `${text}\n${what} ${code(`volante plan --base ${document.base.commit.slice(0, 12)}`)} shows them.\n`;
}

function detailSection(document: ComparedPlan, campaign: ComparedPlan['campaigns'][number]): string {
  const lines = detailLines(document, campaign);
  if (lines.length === 0) return '';
  const { sign } = rowOf(document, campaign);
  const changes = campaign.changes.length;
  const title = `${sign === '-' ? '−' : sign} ${codeHtml(campaign.id)}${changes > 0 ? `: ${number(changes)} ${changes === 1 ? 'change' : 'changes'}` : ''}`;
  // Markdown is read again after the empty line.
  return [
    `<details><summary>${title}</summary>`,
    '',
    ...lines.map((line) => `- ${line}`),
    '',
    '</details>',
    '',
    '',
  ].join('\n');
}
