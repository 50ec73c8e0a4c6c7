/** A campaign whose lists of named things are mappings by name, so that a path means the same thing in two revisions. */
import type { ResolvedCampaign } from './resolved';

export type Keyed = Record<string, unknown>;

/** Which key names the entries of a list, wherever a list of this name stands. */
const nameOfEntry: Record<string, string> = { steps: 'id', arms: 'name', metrics: 'name', objectives: 'id' };

/** Lists whose entries have names; the next segment of a path is such a name. */
export const namedLists: ReadonlySet<string> = new Set(Object.keys(nameOfEntry));

/** The order of steps becomes a list of its own, `order`. */
export function keyedCampaign(campaign: ResolvedCampaign): Keyed {
  return { ...(keyed(campaign) as Keyed), order: campaign.steps.map(({ id }) => id) };
}

/** Steps come in their `order`; other entries as they stand in the mapping. */
export function unkeyedCampaign({ order, ...campaign }: Keyed): ResolvedCampaign {
  const whole = unkeyed(campaign) as ResolvedCampaign;
  const place = (id: string) => (order as string[]).indexOf(id);
  return { ...whole, steps: [...whole.steps].sort((a, b) => place(a.id) - place(b.id)) };
}

function keyed(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = nameOfEntry[key];
      // Metrics name their steps in a plain list.
      if (name === undefined || !Array.isArray(inner) || inner.some((entry) => typeof entry !== 'object'))
        return [key, keyed(inner)];
      return [key, byName(inner.map((entry: Keyed) => [String(entry[name]), keyed(entry)]))];
    }),
  );
}

/** People name things as they like, `constructor` too: nothing is inherited. */
function byName(entries: [string, unknown][]): Keyed {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

function unkeyed(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isNamed = namedLists.has(key) && typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      return [key, isNamed ? Object.values(inner).map(unkeyed) : unkeyed(inner)];
    }),
  );
}
