/** What a run knows of its checkpoints: who waits, what was decided, what people said. */
import type { CheckpointOverride, DecisionView, RunStatus, WaitingCheckpoint } from '../definition/run-status';

interface Waiting extends WaitingCheckpoint {
  approvers: string[];
}

/** Decisions kept in the run's state; all of them are in the ledger. */
const mostDecisions = 50;

export class Checkpoints {
  /** External events that were reported. */
  readonly reported: string[] = [];
  private readonly waitingNow = new Map<string, Waiting>();
  private readonly overrides = new Map<string, CheckpointOverride>();
  private decisions: DecisionView[] = [];
  private readonly actions = new Map<string, number>();

  get waiting(): Waiting[] {
    return [...this.waitingNow.values()];
  }

  wait(waiting: Omit<Waiting, 'progress'>): void {
    const { progress = '' } = this.waitingNow.get(waiting.checkpoint) ?? {};
    this.waitingNow.set(waiting.checkpoint, { ...waiting, progress });
  }

  progress(checkpoint: string, progress: string): void {
    const waiting = this.waitingNow.get(checkpoint);
    if (waiting) waiting.progress = progress;
  }

  leave(checkpoint: string): void {
    this.waitingNow.delete(checkpoint);
    this.overrides.delete(checkpoint);
  }

  override(override: CheckpointOverride): void {
    this.overrides.set(override.checkpoint, override);
  }

  overrideOf(checkpoint: string): CheckpointOverride | undefined {
    return this.overrides.get(checkpoint);
  }

  takeOverride(checkpoint: string): CheckpointOverride | undefined {
    const override = this.overrides.get(checkpoint);
    this.overrides.delete(checkpoint);
    return override;
  }

  report(event: string): void {
    if (!this.reported.includes(event)) this.reported.push(event);
  }

  decided(decision: DecisionView): void {
    this.decisions = [...this.decisions.filter(({ id }) => id !== decision.id), decision].slice(-mostDecisions);
  }

  acted(id: string, done: Pick<DecisionView, 'action' | 'actor' | 'isOverride'>): void {
    this.decisions = this.decisions.map((decision) => (decision.id === id ? { ...decision, ...done } : decision));
  }

  nextActionNo(id: string): number {
    const no = (this.actions.get(id) ?? 0) + 1;
    this.actions.set(id, no);
    return no;
  }

  last(): DecisionView | undefined {
    return this.decisions.at(-1);
  }

  view(): Pick<RunStatus, 'waiting' | 'decisions'> {
    const waiting = this.waiting.map(({ approvers: _, ...view }) => view);
    return {
      ...(waiting.length > 0 && { waiting }),
      ...(this.decisions.length > 0 && { decisions: this.decisions }),
    };
  }
}
