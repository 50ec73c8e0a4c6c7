/** What a journey knows of itself; message handlers and steps only call it. */
import type {
  GoesBy,
  JourneyBeginning,
  JourneyOutcome,
  JourneyStepPlan,
  JourneySteps,
  NewCourse,
} from '../activities/journey-contract';
import { followedWay } from '../definition/followed-way';
import type { Milliseconds, Sha256 } from '../definition/resolved';
import type { StepState } from '../definition/run-status';
import type { JourneyInput, JourneyStatus } from './journey-messages';

type Begun = Extract<JourneyBeginning, { begins: true }>;

interface StepRecord {
  state: StepState;
  happened?: boolean;
  /** When it took effect. */
  moment?: number;
  /** Why it was left out or failed. */
  why?: string;
  /** It never began, and may still do so when a newer file has it ahead. */
  isAside?: boolean;
}

/** A revision that the journey goes by, and the approval that covers what it says. */
export interface Course {
  goesBy: GoesBy;
  gates: string[];
  planHash: Sha256;
  /** The run that was approved, where it is not the journey's own. */
  approvedRun?: string;
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
  heartbeatTimeoutMs: Milliseconds = 0;
  course: Course;
  /** Begins steps, side by side. */
  start: (steps: JourneyStepPlan[]) => void = () => undefined;
  private plans: JourneyStepPlan[] = [];
  private readonly kinds = new Map<string, JourneyStepPlan['kind']>();
  private readonly steps = new Map<string, StepRecord>();
  /** Steps that have begun, each with what it began by. */
  private readonly begunBy = new Map<string, Course>();

  constructor(readonly input: JourneyInput) {
    const { runNo, revision } = input.run;
    this.course = { goesBy: { runNo, revision }, gates: [], planHash: '' };
  }

  /** Its place in the ledger. */
  get ref(): Pick<JourneyInput, 'run' | 'seq'> {
    const { run, seq } = this.input;
    return { run, seq };
  }

  begin({ campaign, steps, heartbeatTimeoutMs, gates, planHash }: Begun): void {
    this.campaign = campaign;
    this.heartbeatTimeoutMs = heartbeatTimeoutMs;
    this.course = { ...this.course, gates, planHash };
    this.plan(steps, steps);
    this.start(steps);
  }

  private plan(all: JourneyStepPlan[], ahead: JourneyStepPlan[]): void {
    this.plans = all;
    for (const { id, kind } of all) this.kinds.set(id, kind);
    for (const { id } of ahead) this.steps.set(id, { state: 'waiting' });
  }

  /** Goes by a newer revision from now on: what has not begun is taken as it says. @returns whether anything comes yet */
  follow({ goesBy, runId: approvedRun, gates, planHash, steps }: NewCourse): boolean {
    if (goesBy.runNo <= this.course.goesBy.runNo) return true;
    this.course = { goesBy, gates, planHash, approvedRun };
    const begun = new Set(this.plans.flatMap(({ id }) => (this.isAhead(id) ? [] : [id])));
    const underWay = new Set([...begun].filter((id) => !this.isOver(id)));
    const { take, past, withdrawn } = followedWay({ before: this.plans, after: steps, begun, underWay });
    const stays = this.plans.filter(({ id }) => begun.has(id));
    this.plan([...stays, ...past, ...take], take);
    for (const id of withdrawn) this.setAside(id, 'cancelled', 'a newer file no longer has this step');
    for (const { id } of past) this.setAside(id, 'skipped', 'a newer file has this step before where the journey was');
    this.start(take);
    return take.length > 0;
  }

  private setAside(id: string, state: StepState, why: string): void {
    this.steps.set(id, { state, why, moment: Date.now(), isAside: true });
  }

  private isAhead(id: string): boolean {
    const { state, isAside } = this.steps.get(id) ?? {};
    return isAside === true || (state === 'waiting' && !this.begunBy.has(id));
  }

  private isOver(id: string): boolean {
    return this.steps.get(id)?.state !== 'waiting';
  }

  /** Is this step, as planned, not to be taken any more, because the journey goes by another file? */
  hasLeft(plan: JourneyStepPlan): boolean {
    return !this.plans.includes(plan);
  }

  /** This step, as planned, goes no further. */
  endsStep(plan: JourneyStepPlan): boolean {
    return this.ending !== undefined || this.hasLeft(plan);
  }

  /** What a step goes by: that with which it began, or else what holds now. */
  courseOf(step: string): Course {
    return this.begunBy.get(step) ?? this.course;
  }

  beginStep(step: string, by: Course): void {
    if (!this.begunBy.has(step)) this.begunBy.set(step, by);
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
  summary(): { id: string; kind?: JourneyStepPlan['kind']; state: StepState; happened?: boolean; why?: string }[] {
    return [...this.steps].map(([id, { state, happened, why }]) => ({
      id,
      kind: this.kinds.get(id),
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
