import type { Authored, PlacedStep } from './authored';

/** What must be finished before each step, directly and through others. */
export class StepsGraph {
  private readonly direct = new Map<string, string[]>();

  constructor(authored: Pick<Authored, 'steps' | 'stepIds'>) {
    for (const placed of authored.steps) this.direct.set(placed.step.id, needsOf(placed, authored.stepIds));
  }

  needs(id: string): readonly string[] {
    return this.direct.get(id) ?? [];
  }

  /** All steps that are finished before this one begins. */
  upstream(id: string): string[] {
    const found = new Set<string>();
    const open = [...this.needs(id)];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...this.needs(next));
    }
    return [...found];
  }

  isInCircle(id: string): boolean {
    return this.upstream(id).includes(id);
  }
}

/** A step without `needs` needs the step before it in the file. */
export function needsOf({ index, step }: PlacedStep, stepIds: readonly string[]): string[] {
  const before = stepIds[index - 1];
  return step.needs ?? (before === undefined ? [] : [before]);
}
