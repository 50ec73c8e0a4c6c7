import type { MetricEvent } from '../resolved-measuring';
import type { AuthoredMetric } from '../schema/campaign';
import { readLimit, readTarget } from '../schema/measuring';
import type { Path } from '../source/place';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';
import { checkEvaluations, countsEvaluations } from './evaluation-checks';

/** What a metric counts by its name alone. */
export const eventOfName: Record<string, MetricEvent> = {
  delivery: 'delivered',
  bounce: 'bounced',
  complaint: 'complained',
  unsubscribe: 'unsubscribed',
  click: 'clicked',
  open: 'opened',
  conversion: 'converted',
  revenue: 'revenue',
  refund: 'refund',
};

/** What a metric counts in the book of events: as it says, or as its name says; nothing where a flag platform counts. */
export function eventOf(metric: Pick<AuthoredMetric, 'name' | 'event' | 'platform'>): MetricEvent | undefined {
  if (metric.platform !== undefined) return undefined;
  return metric.event ?? eventOfName[metric.name];
}

/** Metrics, objectives, budget and tracking. */
export function checkMeasuring(context: CheckContext): void {
  const { metrics, objectives } = context.authored;
  checkNames(context, metrics, 'metrics', ({ name }) => name);
  checkNames(context, objectives, 'objectives', ({ id }) => id);
  for (const [index, metric] of metrics.entries()) checkMetric(context, metric, ['metrics', index]);
  checkObjectives(context);
  checkBudget(context);
  if (context.authored.tracking?.clicks === false && metrics.some((metric) => eventOf(metric) === 'clicked'))
    remark(context, { rule: 'MEAS-812', path: ['tracking', 'clicks'], message: 'a metric counts clicks' });
}

function checkNames<T>(context: CheckContext, entries: T[], part: string, nameOf: (entry: T) => string): void {
  const key = part === 'metrics' ? 'name' : 'id';
  for (const [index, entry] of entries.entries()) {
    const name = nameOf(entry);
    if (entries.findIndex((other) => nameOf(other) === name) < index)
      remark(context, { rule: 'MEAS-809', path: [part, index, key], message: `"${name}" is there twice` });
  }
}

function checkMetric(context: CheckContext, metric: AuthoredMetric, path: Path): void {
  const lacks = (message: string, at: Path = [...path, 'kind']) =>
    remark(context, { rule: 'MEAS-802', path: at, message });
  if (countsEvaluations(metric)) {
    checkEvaluations(context, metric, path);
    checkSteps(context, metric, path);
    return;
  }
  const event = eventOf(metric);
  if (metric.source === undefined && event === undefined)
    lacks(`nothing says what "${metric.name}" counts`, [...path, 'name']);
  if (metric.kind === 'rate-limit' && metric.max === undefined) lacks('a rate-limit needs its limit in `max`');
  if (metric.kind === 'ratio' && metric.per === undefined && metric.source === undefined)
    lacks('a ratio needs its denominator in `per`');
  if (metric.max !== undefined) {
    const limit = readLimit(metric.max);
    if (!limit.ok)
      remark(context, { rule: limit.rule, path: [...path, 'max'], message: limit.message, fix: limit.fix });
  }
  const isMoney = event === 'revenue' || event === 'refund';
  if (isMoney && metric.cap === undefined) lacks('money needs a `cap`, which also names its currency');
  if (isMoney && (metric.kind === 'proportion' || metric.kind === 'rate-limit'))
    lacks(`money is no ${metric.kind}: write mean`);
  if (event === 'opened' && metric.role !== 'observe')
    remark(context, { rule: 'MEAS-808', path: [...path, 'role'], message: `opens have the role ${metric.role}` });
  checkSources(context, metric, path);
  checkSteps(context, metric, path);
}

function checkSteps(context: CheckContext, metric: AuthoredMetric, path: Path): void {
  for (const [index, step] of (metric.steps ?? []).entries()) {
    if (context.authored.stepIds.includes(step)) continue;
    const meant = didYouMean(step, context.authored.stepIds);
    remark(context, {
      rule: 'REF-105',
      path: [...path, 'steps', index],
      message: `there is no step "${step}"`,
      fix: meant ? `did you mean "${meant}"?` : undefined,
    });
  }
}

function checkSources(context: CheckContext, metric: AuthoredMetric, path: Path): void {
  const { sources } = context.workspace;
  const known = (name: string, at: string) => {
    if (sources[name]) return true;
    const meant = didYouMean(name, Object.keys(sources));
    remark(context, {
      rule: 'MEAS-811',
      path: [...path, at],
      message: `there is no source "${name}" in volante.yaml`,
      fix: meant ? `did you mean "${meant}"?` : undefined,
    });
    return false;
  };
  if (metric.events !== undefined) known(metric.events, 'events');
  if (metric.freshness !== undefined && metric.events === undefined && metric.source === undefined)
    remark(context, {
      rule: 'MEAS-811',
      path: [...path, 'freshness'],
      message: 'of which source? name it in `events`',
    });
  if (metric.source === undefined) {
    if (metric.query !== undefined)
      remark(context, { rule: 'MEAS-811', path: [...path, 'query'], message: 'a query needs a `source`' });
    return;
  }
  if (!known(metric.source, 'source')) return;
  const isSql = sources[metric.source]?.kind === 'sql';
  if (isSql !== (metric.query !== undefined)) {
    const message = isSql ? 'a SQL source needs a `query`' : 'only SQL sources have a query';
    remark(context, { rule: 'MEAS-811', path: [...path, isSql ? 'source' : 'query'], message });
  }
}

function checkObjectives(context: CheckContext): void {
  const { metrics, objectives } = context.authored;
  for (const [index, { metric, target }] of objectives.entries()) {
    const path: Path = ['objectives', index];
    const measured = metrics.find(({ name }) => name === metric);
    if (!measured)
      remark(context, { rule: 'MEAS-803', path: [...path, 'metric'], message: `no metric is called "${metric}"` });
    const reading = readTarget(target);
    if (!reading.ok) {
      remark(context, { rule: reading.rule, path: [...path, 'target'], message: reading.message, fix: reading.fix });
    } else if (measured && 'currency' in reading.value && reading.value.currency !== measured.cap?.currency) {
      const message = `"${metric}" is not measured in ${reading.value.currency}`;
      remark(context, { rule: 'MEAS-803', path: [...path, 'target'], message });
    }
  }
}

function checkBudget(context: CheckContext): void {
  const { budget } = context.authored;
  if (!budget) return;
  const lines = Object.entries(budget.lines);
  for (const [name, { currency }] of lines)
    if (currency !== budget.total.currency)
      remark(context, {
        rule: 'MEAS-803',
        path: ['budget', 'lines', name],
        message: `this line is in ${currency}, the total in ${budget.total.currency}`,
      });
  const sum = lines.reduce((micros, [, line]) => micros + line.micros, 0);
  if (sum > budget.total.micros)
    remark(context, {
      rule: 'MEAS-803',
      path: ['budget', 'total'],
      message: 'the lines add up to more than the total',
    });
  for (const [line, { amount }] of Object.entries(budget.pacing ?? {})) {
    const path = ['budget', 'pacing', line];
    const paced = budget.lines[line];
    if (!paced) remark(context, { rule: 'MEAS-803', path, message: `the budget has no line "${line}"`, atKey: true });
    else if (amount.currency !== paced.currency)
      remark(context, {
        rule: 'MEAS-803',
        path: [...path, 'amount'],
        message: `this is in ${amount.currency}, the line in ${paced.currency}`,
      });
  }
}
