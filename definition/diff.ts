/** What changed between two resolved campaigns, in the words of the file. */
import { canonicalJson } from './canonical-json';
import type { ResolvedCampaign } from './resolved';

export interface Change {
  /** Such as `steps.offer.email.subject`; steps are named by id. */
  path: string;
  kind: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
  /** Changes what people read about the campaign, not what it does. */
  cosmetic: boolean;
}

const cosmeticPaths = [/^name$/, /^story(\.|$)/, /^steps\.[^.]+\.gate\.question$/];

/** Compares two campaigns; the same file with other formatting has no changes. Sorted by path. */
export function diffCampaigns(before: ResolvedCampaign, after: ResolvedCampaign): Change[] {
  const changes = changesBetween('', comparable(before), comparable(after));
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Steps become a mapping by id, and their order a list of its own. */
function comparable({ steps, ...rest }: ResolvedCampaign): Record<string, unknown> {
  return { ...rest, steps: Object.fromEntries(steps.map((step) => [step.id, step])), order: steps.map(({ id }) => id) };
}

function changesBetween(path: string, before: unknown, after: unknown): Change[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => changesBetween(path ? `${path}.${key}` : key, before[key], after[key]));
  }
  const cosmetic = cosmeticPaths.some((pattern) => pattern.test(path));
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path, kind: 'added', after, cosmetic }];
  if (after === undefined) return [{ path, kind: 'removed', before, cosmetic }];
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ path, kind: 'changed', before, after, cosmetic }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
