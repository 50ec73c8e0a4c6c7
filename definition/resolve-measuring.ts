import type { z } from 'zod';
import { stepsOnPlatform } from './check/evaluation-checks';
import { eventOf } from './check/measuring-checks';
import { placeKey } from './check/time-checks';
import { present } from './present';
import { type ResolveInput, reference } from './resolve-input';
import type { ResolvedCampaign } from './resolved';
import type { MetricEvent, ResolvedExperiment, ResolvedMetric, ResolvedObjective } from './resolved-measuring';
import type { AuthoredMetric } from './schema/campaign';
import type { experimentSchema } from './schema/experiment';
import { readLimit, readTarget } from './schema/measuring';
import type { Reading } from './written/reading';

/** Events of which fewer are better. */
export const badEvents: ReadonlySet<MetricEvent> = new Set<MetricEvent>([
  'bounced',
  'complained',
  'unsubscribed',
  'refund',
]);
/** How far behind a source may be when the file says nothing: an hour. */
export const standardFreshness = 3600_000;

/** Metrics, objectives, budget and tracking. A campaign without them is as it was before there were any. */
export function resolveMeasuring(
  input: ResolveInput,
): Pick<ResolvedCampaign, 'objectives' | 'budget' | 'metrics' | 'tracking'> {
  const { metrics, objectives, budget, tracking } = input.authored;
  const clicks = tracking?.clicks ?? metrics.some((metric) => eventOf(metric) === 'clicked');
  const opens = tracking?.opens ?? false;
  return {
    ...(objectives.length > 0 && {
      objectives: objectives.map(({ id, metric, target }, index): ResolvedObjective => {
        const by = input.times.others.get(placeKey(['objectives', index, 'by']));
        if (by === undefined) throw new RangeError('deadline was not checked');
        return { id, metric, ...checked<{ target: number; currency?: string }>(readTarget(target)), by };
      }),
    }),
    ...present({ budget: budget && { ...budget, ...present({ pacing: budget.pacing }) } }),
    ...(metrics.length > 0 && { metrics: metrics.map((metric) => resolveMetric(input, metric)) }),
    ...((clicks || opens) && { tracking: { clicks, opens } }),
  };
}

function resolveMetric(input: ResolveInput, metric: AuthoredMetric): ResolvedMetric {
  const { name, role, kind, per, steps, window, margin, max, cap, covariate, alpha, usual, onFail } = metric;
  const event = eventOf(metric);
  const freshSource = metric.events ?? metric.source;
  const implied = metric.platform === undefined ? undefined : stepsOnPlatform(input.authored.steps, metric.platform);
  return {
    name,
    role,
    kind,
    from: originOf(input, metric),
    window: metric.platform === undefined ? window : 0,
    goodDirection: metric.goodDirection ?? (event !== undefined && badEvents.has(event) ? 'down' : 'up'),
    ...(freshSource !== undefined && {
      fresh: { source: freshSource, within: metric.freshness ?? standardFreshness },
    }),
    ...present({ per, steps: steps ?? implied, margin, cap, covariate, alpha, usual, onFail }),
    ...(max !== undefined && { max: checked<number>(readLimit(max)) }),
  };
}

function originOf(input: ResolveInput, metric: AuthoredMetric): ResolvedMetric['from'] {
  const { platform, flag, source, query } = metric;
  if (platform !== undefined) return { platform, ...present({ flag }) };
  if (source === undefined) return { events: eventOf(metric) ?? 'converted' };
  return { source, ...(query !== undefined && { query: reference(input, query) }) };
}

function checked<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new RangeError('value was not checked');
  return reading.value;
}

type AuthoredExperiment = z.output<typeof experimentSchema>;

const burnIn = { minUnits: 100, minConversions: 40 };

/** Applies the defaults that depend on the goal, the campaign and the arms. */
export function resolveExperiment(
  rules: AuthoredExperiment,
  at: { campaign: string; step: string; arms: string[] },
): ResolvedExperiment {
  const { goal, spending, alpha, alphaAbort, power, minEffect, maxRecipients, floor } = rules;
  return {
    goal,
    method: rules.method ?? (goal === 'earn' ? 'bandit' : 'group-sequential'),
    spending,
    alpha,
    alphaAbort,
    power,
    ...present({ minEffect, maxRecipients }),
    control: rules.control ?? at.arms[0] ?? '',
    salt: rules.salt ?? `${at.campaign}/${at.step}`,
    bandit: { floor, ...burnIn },
  };
}

/** Shares as said; those that say nothing get equal parts of what is left. In the order of the file. */
export function resolveShares<A extends { share?: number }>(
  arms: Record<string, A>,
): { name: string; share: number; arm: A }[] {
  const entries = Object.entries(arms);
  const said = entries.reduce((sum, [, { share }]) => sum + (share ?? 0), 0);
  const silent = entries.filter(([, { share }]) => share === undefined).length;
  return entries.map(([name, arm]) => ({ name, share: arm.share ?? (1 - said) / silent, arm }));
}
