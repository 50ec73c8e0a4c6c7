/** What a run knows of changed files that it has taken. */
import type { ResolvedCampaign, ResolvedStep, Sha256 } from '../definition/resolved';
import type { AmendRequest, RunPlan } from '../definition/run-plan';

export class Amending {
  /** How many were taken. */
  count = 0;
  /** One is being taken at this moment: nothing begins and nobody decides until it is. */
  isUnderWay = false;
  /** All steps are over: there is nothing left to change. */
  isClosed = false;
  /** Starts steps; set by whoever runs them. */
  start: (steps: ResolvedStep[]) => void = () => undefined;
  /** By which amendment each delivery step was opened, and how many of its waves are under way. */
  private readonly openings = new Map<string, { count: number; waves: number }>();
  private readonly withdrawn = new Set<string>();
  private readonly removed = new Set<ResolvedStep>();

  close(): void {
    this.isClosed = true;
  }

  taken({
    starts,
    removed,
    withdrawn,
  }: {
    starts: ResolvedStep[];
    removed: ResolvedStep[];
    withdrawn: string[];
  }): void {
    this.count += 1;
    for (const step of removed) this.removed.add(step);
    for (const id of withdrawn) this.withdrawn.add(id);
    this.start(starts);
  }

  opened(stepId: string): void {
    this.openings.set(stepId, { count: this.count, waves: this.openings.get(stepId)?.waves ?? 0 });
  }

  /** The step was opened since the file last changed. */
  isOpen(stepId: string): boolean {
    return this.openings.get(stepId)?.count === this.count;
  }

  departs(stepId: string): void {
    this.moveWaves(stepId, 1);
  }

  arrives(stepId: string): void {
    this.moveWaves(stepId, -1);
  }

  private moveWaves(stepId: string, by: number): void {
    const opening = this.openings.get(stepId);
    if (opening) opening.waves += by;
  }

  /** No change is being taken, and no wave is under way that departed before the last one. */
  get isStill(): boolean {
    return (
      !this.isUnderWay && [...this.openings.values()].every(({ count, waves }) => waves === 0 || count === this.count)
    );
  }

  /** The step had begun and is no longer in the file. */
  isWithdrawn(stepId: string): boolean {
    return this.withdrawn.has(stepId);
  }

  /** The step had not begun and is no longer in the file: the run knows nothing of it any more. */
  isRemoved(step: ResolvedStep): boolean {
    return this.removed.has(step);
  }

  isGone(step: ResolvedStep): boolean {
    return this.isRemoved(step) || this.isWithdrawn(step.id);
  }
}

/** Steps keep their identity, so that whoever carries one out sees what it is now. */
export function adoptSteps(
  own: ResolvedStep[],
  next: ResolvedStep[],
): { steps: ResolvedStep[]; added: ResolvedStep[]; removed: ResolvedStep[] } {
  const known = new Map(own.map((step) => [step.id, step]));
  const added = next.filter(({ id }) => !known.has(id));
  const steps = next.map((step) => {
    const same = known.get(step.id);
    return same ? become(same, step) : step;
  });
  return { steps, added, removed: own.filter((step) => !next.some(({ id }) => id === step.id)) };
}

function become(step: ResolvedStep, next: ResolvedStep): ResolvedStep {
  for (const key of Object.keys(step)) Reflect.deleteProperty(step, key);
  return Object.assign(step, next);
}

/** The plan of a run that goes by another definition from now on, and whoever asked for it. */
export function amendedPlan(
  { lastCommitter: _, gitCommit: __, ...plan }: RunPlan,
  { appliedPlanHash, by, lastCommitter, gitCommit }: AmendRequest,
  { campaign, revision }: { campaign: ResolvedCampaign; revision: Sha256 },
): RunPlan {
  return {
    ...plan,
    campaign,
    revision,
    appliedPlanHash,
    appliedBy: by,
    ...(lastCommitter !== undefined && { lastCommitter }),
    ...(gitCommit !== undefined && { gitCommit }),
  };
}
