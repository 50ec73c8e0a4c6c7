import type { AuthoredMetric, AuthoredStep } from '../schema/campaign';
import type { Path } from '../source/place';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';

/** Fields that say something of people, or of the book of events. */
const aboutPeople = [
  'event',
  'source',
  'query',
  'per',
  'margin',
  'max',
  'cap',
  'covariate',
  'alpha',
  'usual',
  'onFail',
  'events',
  'freshness',
] as const;

/** Whether a metric is, or seems to be meant as, evaluations that a flag platform counts. */
export function countsEvaluations({ kind, platform, flag }: AuthoredMetric): boolean {
  return kind === 'count' || platform !== undefined || flag !== undefined;
}

/** Steps whose flag is on the platform of a metric. */
export function stepsOnPlatform(steps: readonly AuthoredStep[], platform: string): string[] {
  return steps.flatMap(({ id, experiment }) => (experiment?.platform === platform ? [id] : []));
}

/** A flag server counts evaluations and not people: they are only ever shown, and only of web experiments. */
export function checkEvaluations(context: CheckContext, metric: AuthoredMetric, path: Path): void {
  const fail = (field: string, message: string) =>
    remark(context, { rule: 'MEAS-813', path: [...path, field], message });
  const { name, kind, role, platform } = metric;
  if (kind !== 'count') fail('kind', `evaluations of flags are no ${kind}`);
  if (role !== 'observe') fail('role', `evaluations of flags have the role ${role}`);
  for (const field of aboutPeople)
    if (metric[field] !== undefined) fail(field, `\`${field}\` says nothing of evaluations`);
  if (platform === undefined) {
    fail('name', `"${name}" does not name the \`platform\` that counts`);
    return;
  }
  const known = Object.keys(context.workspace.flagPlatforms);
  if (!known.includes(platform)) {
    const meant = didYouMean(platform, known);
    remark(context, {
      rule: 'REF-102',
      path: [...path, 'platform'],
      message: `there is no flag platform "${platform}" in volante.yaml`,
      fix: meant ? `did you mean "${meant}"?` : undefined,
    });
    return;
  }
  const steps = context.authored.steps.map(({ step }) => step);
  const measurable = stepsOnPlatform(steps, platform);
  if (measurable.length === 0) fail('platform', `no step is a web experiment on ${platform}`);
  for (const [index, step] of (metric.steps ?? []).entries())
    if (context.authored.stepIds.includes(step) && !measurable.includes(step))
      remark(context, {
        rule: 'MEAS-813',
        path: [...path, 'steps', index],
        message: `"${step}" is no web experiment on ${platform}`,
      });
}
