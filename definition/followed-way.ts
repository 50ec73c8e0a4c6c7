/**
 * What a newer file means to somebody who is inside a journey and follows it: which of its steps they still take. Pure and
 * without dependencies, because the workflow of the journey decides by it. A step is known by its id.
 */

export interface WayStep {
  id: string;
  /** Steps that must be finished before. */
  needs: string[];
}

export interface FollowedWay<S extends WayStep> {
  /** Steps of the newer file that are still to be taken, in its order. */
  take: S[];
  /** Steps of the newer file that stand before where the person is, and that they have not begun: they do not happen. */
  past: S[];
  /** Ids of steps that were still to come and are no longer in the file. */
  withdrawn: string[];
}

/**
 * Whatever has begun stays as it was and is never taken again. What the newer file has before a step that has begun is
 * past. While a step goes on that the newer file no longer has, the next one waits for it.
 * @param begun ids of steps that have begun, over or not
 * @param underWay of those, the ones that are not over
 */
export function followedWay<S extends WayStep>({
  before,
  after,
  begun,
  underWay,
}: {
  before: readonly { id: string }[];
  after: readonly S[];
  begun: ReadonlySet<string>;
  underWay: ReadonlySet<string>;
}): FollowedWay<S> {
  const inFile = new Set(after.map(({ id }) => id));
  const behind = stepsBefore(after, begun);
  const ahead = after.filter(({ id }) => !begun.has(id));
  const gone = [...underWay].filter((id) => !inFile.has(id));
  return {
    take: ahead.filter(({ id }) => !behind.has(id)).map((step) => ({ ...step, needs: [...step.needs, ...gone] })),
    past: ahead.filter(({ id }) => behind.has(id)),
    withdrawn: before.flatMap(({ id }) => (begun.has(id) || inFile.has(id) ? [] : [id])),
  };
}

/** All that must be finished before one of these steps begins, directly and through others. */
export function stepsBefore(steps: readonly WayStep[], of: ReadonlySet<string>): Set<string> {
  const needs = new Map(steps.map((step) => [step.id, step.needs]));
  const found = new Set<string>();
  const open = [...of].flatMap((id) => needs.get(id) ?? []);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(needs.get(next) ?? []));
  }
  return found;
}
