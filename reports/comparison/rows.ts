/** The line of each campaign that differs: how far it reaches first. Text and Markdown show the same. */
import type { ComparedPlan } from '../../definition/compared-plan';
import type { PlannedCampaign } from '../../definition/plan-document';
import { writeMoney } from '../../definition/written/money';

export interface ComparisonRow {
  id: string;
  sign: '+' | '~' | '-' | '!' | '=';
  action: string;
  recipients: string;
  cost: string;
  window: string;
  irreversible: string;
  checks: string;
}

type Compared = ComparedPlan['campaigns'][number];

export function plannedOf(document: ComparedPlan, compared: Compared): PlannedCampaign | undefined {
  const planned = document.plan?.campaigns.find(({ id, file }) => id === compared.id && file === compared.file);
  return planned?.action === 'invalid' ? undefined : planned;
}

/** What is refused or broken first, then by people reached, then by id. */
export function byReach(document: ComparedPlan): Compared[] {
  const reachOf = (campaign: Compared) => plannedOf(document, campaign)?.audience.reachable ?? 0;
  const isUrgent = (campaign: Compared) =>
    campaign.relation === 'invalid' || campaign.run !== undefined || plannedOf(document, campaign)?.action === 'refused'
      ? 1
      : 0;
  return [...document.campaigns].sort(
    (a, b) => isUrgent(b) - isUrgent(a) || reachOf(b) - reachOf(a) || (a.id < b.id ? -1 : 1),
  );
}

export function rowOf(document: ComparedPlan, compared: Compared): ComparisonRow {
  const planned = plannedOf(document, compared);
  return {
    id: compared.id,
    ...actionOf(document, { compared, planned }),
    recipients: recipientsOf(document, { compared, planned }),
    cost: costOf(document, { compared, planned }),
    window: compared.outline ? windowText(compared.outline.window) : '–',
    irreversible: irreversibleText(compared),
    checks: checksText(compared),
  };
}

interface Pair {
  compared: Compared;
  planned?: PlannedCampaign;
}

function actionOf({ plan }: ComparedPlan, { compared, planned }: Pair): Pick<ComparisonRow, 'sign' | 'action'> {
  if (compared.relation === 'invalid') return { sign: '!', action: 'invalid' };
  if (compared.relation === 'removed') {
    if (compared.run) return { sign: '-', action: `orphan (${compared.run.phase})` };
    return { sign: '-', action: plan ? 'remove' : 'removed' };
  }
  const sign = compared.relation === 'added' ? '+' : '~';
  switch (planned?.action) {
    case undefined:
      return { sign, action: compared.relation };
    case 'refused':
      return { sign: '!', action: 'refused' };
    case 'none':
      return { sign: '=', action: 'ran already' };
    case 'amend':
      return { sign: '~', action: `amend (${planned.amendment?.phase ?? ''})` };
    case 'change':
      return { sign: '~', action: 'new run' };
    case 'launch':
      return { sign: '+', action: 'launch' };
  }
}

const unknown = 'unknown';

function recipientsOf({ plan }: ComparedPlan, { compared, planned }: Pair): string {
  if (compared.relation === 'removed' || compared.relation === 'invalid') return '–';
  if (!planned) return plan ? '–' : unknown;
  const { trigger, audience, appliedRun, action, alreadyRun } = planned;
  if (alreadyRun) return '–';
  if (trigger) return `${number(trigger.contacts)} by event in ${number(trigger.days)} d`;
  if (appliedRun && (action === 'amend' || action === 'refused')) return `${number(appliedRun.targeted)} (frozen)`;
  const more = appliedRun ? audience.targeted - appliedRun.targeted : 0;
  const change = more === 0 ? '' : ` (${more > 0 ? '+' : '−'}${number(Math.abs(more))})`;
  return `${number(audience.reachable)} of ${number(audience.targeted)}${change}`;
}

function costOf({ plan }: ComparedPlan, { compared, planned }: Pair): string {
  if (compared.relation === 'removed' || compared.relation === 'invalid' || planned?.alreadyRun) return '–';
  if (!planned) return plan ? '–' : unknown;
  if (planned.cost.length === 0) return '–';
  const each = planned.trigger ? ' a journey' : planned.window.cron.length > 0 ? ' a run' : '';
  return `≤ ${planned.cost.map(writeMoney).join(' + ')}${each}`;
}

function windowText({ start, end, cron, timezone }: PlannedCampaign['window']): string {
  const begin = cron.length > 0 ? `cron ${cron.join('; ')}` : start ? localTime(start, timezone) : 'once approved';
  return `${begin}${end ? ` to ${localTime(end, timezone)}` : ''} ${timezone}`;
}

function localTime(instant: string, timeZone: string): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23', timeZone });
  const parts = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

function irreversibleText({ outline }: Compared): string {
  const steps = outline?.irreversible.length ?? 0;
  return steps === 0 ? '–' : `${steps} ${steps === 1 ? 'step' : 'steps'}`;
}

function checksText({ problems, relation }: Compared): string {
  const { errors, warnings } = countProblems(problems);
  const found = [...(errors > 0 ? [`✖ ${errors}`] : []), ...(warnings > 0 ? [`⚠ ${warnings}`] : [])];
  if (found.length > 0) return found.join(' ');
  return relation === 'removed' ? '–' : '✔';
}

export function countProblems(problems: Compared['problems']): { errors: number; warnings: number } {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}

/** Who must approve what is to be launched or changed: the most people of a kind that one gate asks for. */
export function approvalsNeeded(document: ComparedPlan): string[] {
  const most = new Map<string, number>();
  for (const compared of document.campaigns) {
    const planned = plannedOf(document, compared);
    if (planned?.alreadyRun || planned?.action === 'refused') continue;
    const again = planned?.amendment?.voids;
    for (const { step, approvers, quorum } of compared.outline?.gates ?? []) {
      if (again && !again.includes(step)) continue;
      const who = approvers.join(' or ');
      most.set(who, Math.max(quorum, most.get(who) ?? 0));
    }
  }
  return [...most].sort(([a], [b]) => (a < b ? -1 : 1)).map(([who, quorum]) => `${who} (${quorum})`);
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}
