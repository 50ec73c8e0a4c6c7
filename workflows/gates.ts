/** What a run knows of its gates: what each asks and where it stands. */
import type { GateStep } from '../definition/resolved';
import type { CheckpointOverride, GateView } from '../definition/run-status';

export class Gates {
  private readonly views = new Map<string, GateView>();
  private readonly terms = new Map<string, GateStep['gate']>();

  open(view: GateView, terms: GateStep['gate']): GateView {
    this.views.set(view.gate, view);
    this.terms.set(view.gate, terms);
    return view;
  }

  get all(): GateView[] {
    return [...this.views.values()];
  }

  /** Those at which people are asked at this moment. */
  get asking(): GateView[] {
    return this.all.filter(({ state }) => state === 'open' || state === 'held');
  }

  of(id: string): GateView | undefined {
    return this.views.get(id);
  }

  termsOf(id: string): GateStep['gate'] | undefined {
    return this.terms.get(id);
  }

  /** What was asked is no longer what would happen. */
  voidAsking(): void {
    for (const gate of this.asking) gate.state = 'void';
  }

  /** A person has decided about a checkpoint: a gate at which people were asked about it is over. */
  override({ checkpoint }: CheckpointOverride): void {
    for (const gate of this.asking)
      if (gate.gate.startsWith(`${checkpoint.replace('/', '.')}.`)) gate.state = 'overridden';
  }
}
