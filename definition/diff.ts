/** What changed between two resolved campaigns, in the words of the file. */
import { canonicalJson } from './canonical-json';
import { type Keyed, keyedCampaign } from './keyed-campaign';
import type { ResolvedCampaign } from './resolved';

export interface Change {
  /** Such as `steps.offer.email.subject`; steps, arms, metrics and objectives are named by their ids. */
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
  const changes = changesBetween('', keyedCampaign(before), keyedCampaign(after));
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
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

function isRecord(value: unknown): value is Keyed {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
