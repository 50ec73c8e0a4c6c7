/** What a journey knows of itself; message handlers and steps only call it. */
import type { JourneyOutcome, JourneyStepPlan, JourneySteps } from '../activities/journey-contract';
import type { StepState } from '../definition/run-status';
import type { JourneyInput, JourneyStatus } from './journey-messages';

interface StepRecord {
  state: StepState;
  happened?: boolean;
  /** When it took effect. */
  moment?: number;
  /** Why it was left out or failed. */
  why?: string;
}

const finished: readonly StepState[] = ['done', 'skipped'];

export class JourneyState {
  ending?: JourneyOutcome;
  waits?: string;
  /** How often something was said to this journey; whoever waits looks again. */
  changes = 0;
  /** How often it was told to go on. */
  resumes = 0;
  campaign = '';
  private plans: JourneyStepPlan[] = [];
  private readonly steps = new Map<string, StepRecord>();

  constructor(readonly input: JourneyInput) {}

  /** Its place in the ledger. */
  get ref(): Pick<JourneyInput, 'run' | 'seq'> {
    const { run, seq } = this.input;
    return { run, seq };
  }

  begin(campaign: string, plans: JourneyStepPlan[]): void {
    this.campaign = campaign;
    this.plans = plans;
    for (const { id } of plans) this.steps.set(id, { state: 'waiting' });
  }

  heard(no: string): void {
    if (no !== this.input.event) this.changes += 1;
  }

  resume(): void {
    this.changes += 1;
    this.resumes += 1;
  }

  end(outcome: JourneyOutcome): void {
    this.ending ??= outcome;
    this.changes += 1;
  }

  settle(step: string, record: StepRecord): void {
    this.steps.set(step, record);
  }

  readyFor({ needs }: JourneyStepPlan): boolean {
    return needs.every((id) => this.lets(id));
  }

  /** Something that the step needs has failed for good: it is never reached. */
  blocked({ needs }: JourneyStepPlan): boolean {
    return needs.some((id) => {
      const state = this.steps.get(id)?.state;
      return state === 'cancelled' || (state === 'failed' && !this.lets(id));
    });
  }

  private lets(id: string): boolean {
    const state = this.steps.get(id)?.state ?? 'waiting';
    if (finished.includes(state)) return true;
    return state === 'failed' && this.plans.find((plan) => plan.id === id)?.onFailure === 'continue';
  }

  /** When what a step needs was finished; undefined for one that begins with the journey. */
  momentOfNeeds({ needs }: JourneyStepPlan): number | undefined {
    if (needs.length === 0) return undefined;
    return Math.max(...needs.map((id) => this.steps.get(id)?.moment ?? 0));
  }

  known(): JourneySteps {
    return Object.fromEntries(
      [...this.steps].map(([id, { state, happened }]) => [id, { state, ...(happened !== undefined && { happened }) }]),
    );
  }

  /** Every step with what became of it, for the end. */
  summary(): { id: string; state: StepState; happened?: boolean; why?: string }[] {
    return [...this.steps].map(([id, { state, happened, why }]) => ({
      id,
      state,
      ...(happened !== undefined && { happened }),
      ...(why !== undefined && { why }),
    }));
  }

  status(): JourneyStatus {
    return {
      steps: this.known(),
      ...(this.ending && { ending: this.ending }),
      ...(this.waits !== undefined && { waits: this.waits }),
    };
  }
}
