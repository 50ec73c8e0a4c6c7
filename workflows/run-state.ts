/** Everything a run knows of itself, as plain state with behaviour; message handlers and steps only call it. */
import type { AmendedRun, ConditionFacts, PreparedRun, RunRef } from '../activities/contract';
import type { Standing } from '../definition/amendment';
import type { Instant, Milliseconds, PersonId, ResolvedStep, Sha256 } from '../definition/resolved';
import type { AmendRequest, RunPlan } from '../definition/run-plan';
import type {
  Books,
  CheckpointOverride,
  GateView,
  ObjectiveView,
  RunPhase,
  RunStatus,
  StepState,
  StepView,
} from '../definition/run-status';
import { Amending, adoptSteps, amendedPlan } from './amending';
import { Checkpoints } from './checkpoints';
import { Gates } from './gates';
import type { ControlRequest } from './messages';
import { instant } from './time';

/** The gate at which people say whether a run whose file is gone shall stop; the run goes on while it is open. */
export const pruneGate = 'prune';

/** Why a run takes no further step. */
export type Ending = { phase: 'rejected' | 'aborted' | 'failed'; by: string; reason: string };

interface StepRecord {
  view: StepView;
  /** When the step took effect: what the lateness of later steps is measured from. */
  moment?: number;
}

/** What journeys of a standing run were told last. */
export interface Relayed {
  held: boolean;
  resumes: number;
}

/** What a standing run takes along into a new history: everything that was decided, told or done. */
export type CarriedRun = Pick<
  RunState,
  | 'prepared'
  | 'ending'
  | 'paused'
  | 'resumes'
  | 'resumedBy'
  | 'standsOpen'
  | 'journeyEnds'
  | 'superseded'
  | 'relayed'
  | 'noted'
> & {
  steps: StepRecord[];
  gates: GateView[];
  lastProblem?: { at: string; what: string };
};

/** A step of a newer file that journeys of this run followed. */
export interface FollowedStep {
  step: ResolvedStep;
  revision: Sha256;
}

export class RunState {
  prepared?: PreparedRun;
  ending?: Ending;
  finished?: RunPhase;
  paused?: ControlRequest & { at: string };
  /** How often somebody said `resume`; a held step waits for the next one. */
  resumes = 0;
  resumedBy = 'volante';
  private readonly steps: Map<string, StepRecord>;
  /** Its trigger, or its program, was opened. */
  standsOpen = false;
  relayed: Relayed = { held: false, resumes: 0 };
  /** How often it was said that no journey is on its way any more. */
  journeyEnds = 0;
  /** Run of a newer revision that has opened the trigger or the program in this one's place. */
  superseded?: string;
  readonly gates = new Gates();
  /** Steps of newer files that its journeys have taken. */
  followed: readonly FollowedStep[] = [];
  readonly checkpoints = new Checkpoints();
  readonly amending = new Amending();
  objectives?: ObjectiveView[];
  /** How much later the campaign ends than its file says, and the latest end. */
  private endShift = 0;
  noted?: string;
  private lastProblem?: { at: string; what: string };

  constructor(
    readonly runId: string,
    public plan: RunPlan,
    carried?: CarriedRun,
  ) {
    this.steps = new Map(
      plan.campaign.steps.map((step) => [step.id, { view: { id: step.id, kind: step.kind, state: 'waiting' } }]),
    );
    if (carried) this.takeUp(carried);
  }

  private takeUp({ steps, gates, lastProblem, ...rest }: CarriedRun): void {
    Object.assign(this, rest);
    this.lastProblem = lastProblem;
    for (const record of steps) this.steps.set(record.view.id, record);
    for (const gate of gates) {
      const step = this.plan.campaign.steps.find(({ id }) => id === gate.gate);
      if (step?.kind === 'gate') this.gates.open(gate, step.gate);
    }
  }

  carry(): CarriedRun {
    const { prepared, ending, paused, resumes, resumedBy, standsOpen, journeyEnds, superseded, relayed, noted } = this;
    return {
      ...{ prepared, ending, paused, resumes, resumedBy, standsOpen, journeyEnds, superseded, relayed, noted },
      steps: [...this.steps.values()],
      gates: this.gates.all,
      lastProblem: this.lastProblem,
    };
  }

  /** The run in the ledger; asked for only after it has prepared. */
  get ref(): RunRef {
    return { runId: this.runId, runNo: this.prepared?.runNo ?? 0, revision: this.plan.revision };
  }

  get planHash(): string {
    return this.prepared?.planHash ?? '';
  }

  /** No step may begin or go on. */
  get stopping(): boolean {
    return this.ending !== undefined;
  }

  /** This step goes no further: the run ends, or its file no longer has the step. */
  endsStep(step: ResolvedStep): boolean {
    return this.stopping || this.amending.isGone(step);
  }

  /** Why a step went no further. */
  whyEnded(step: ResolvedStep): string | undefined {
    return this.ending?.reason ?? (this.amending.isGone(step) ? 'no longer in the file' : undefined);
  }

  end(ending: Ending): void {
    this.ending ??= ending;
  }

  countJourneys(): void {
    this.journeyEnds += 1;
  }

  supersede(by: string): void {
    this.superseded ??= by;
  }

  pause(request: ControlRequest): void {
    if (!this.stopping && !this.finished) this.paused = { ...request, at: instant() };
  }

  resume({ by }: ControlRequest): void {
    this.paused = undefined;
    this.resumes += 1;
    this.resumedBy = by;
  }

  begin(step: ResolvedStep, detail?: string): void {
    const { view } = this.record(step.id);
    view.state = 'running';
    view.startedAt ??= instant();
    view.detail = detail;
  }

  explain(step: ResolvedStep, detail: string | undefined): void {
    this.record(step.id).view.detail = detail;
  }

  /** What a standing run without steps of its own has done last. */
  note(detail: string): void {
    this.noted = detail;
  }

  /** The same words for every step that is under way. */
  explainAll(detail: string): void {
    for (const { view } of this.steps.values()) if (view.state === 'running') view.detail = detail;
  }

  hold(step: ResolvedStep, detail: string): void {
    const { view } = this.record(step.id);
    view.state = 'held';
    view.detail = detail;
  }

  settle(
    step: ResolvedStep,
    state: StepState,
    options: { moment?: number; detail?: string; books?: Books } = {},
  ): void {
    const record = this.record(step.id);
    record.view.state = state;
    record.view.finishedAt = instant();
    record.view.detail = options.detail;
    record.view.books = options.books ?? record.view.books;
    record.moment = options.moment ?? Date.now();
  }

  showBooks(step: ResolvedStep, books: Books): void {
    this.record(step.id).view.books = books;
  }

  /** Steps that have begun, the newest first. */
  begunSteps(): ResolvedStep[] {
    const began = (step: ResolvedStep) => this.record(step.id).view.startedAt ?? '';
    return this.plan.campaign.steps
      .filter((step) => began(step) !== '')
      .reverse()
      .sort((a, b) => (began(a) < began(b) ? 1 : began(a) > began(b) ? -1 : 0));
  }

  stateOf(stepId: string): StepState {
    return this.record(stepId).view.state;
  }

  /** All that a step needs has ended in a way that lets it begin. */
  readyFor(step: ResolvedStep): boolean {
    return step.needs.every((id) => this.lets(id));
  }

  /** Ready, approved, and no changed file is being taken at this moment. */
  mayBegin(step: ResolvedStep): boolean {
    return this.readyFor(step) && this.approves(step) && !this.amending.isUnderWay;
  }

  private lets(stepId: string): boolean {
    const state = this.stateOf(stepId);
    if (state === 'done' || state === 'skipped') return true;
    const step = this.plan.campaign.steps.find(({ id }) => id === stepId);
    return state === 'failed' && step?.onFailure === 'continue';
  }

  /** The moment from which a step is due by its needs: the latest of theirs. */
  momentOfNeeds(step: ResolvedStep): number {
    return Math.max(0, ...step.needs.map((id) => this.record(id).moment ?? 0));
  }

  /** Every gate on the way to a step has let it pass, and still does. */
  approves(step: ResolvedStep): boolean {
    const lets: StepState[] = ['done', 'skipped'];
    return this.stepsBefore(step).every(
      (id) => this.record(id).view.kind !== 'gate' || lets.includes(this.stateOf(id)),
    );
  }

  /** Gates on the way to a step that were approved. */
  gatesBefore(step: ResolvedStep): string[] {
    return this.stepsBefore(step).filter(
      (id) => this.stateOf(id) === 'done' && this.gates.of(id)?.state === 'approved',
    );
  }

  /** Through any number of others. */
  private stepsBefore(step: ResolvedStep): string[] {
    const found = new Set<string>();
    const visit = (id: string) => {
      const other = this.plan.campaign.steps.find((candidate) => candidate.id === id);
      if (!other || found.has(id)) return;
      found.add(id);
      other.needs.forEach(visit);
    };
    step.needs.forEach(visit);
    return [...found];
  }

  /** Where steps and gates stand, for whoever judges a changed file. */
  standing(): Standing {
    return {
      steps: Object.fromEntries([...this.steps].map(([id, { view }]) => [id, view.state])),
      gates: Object.fromEntries(this.gates.all.map(({ gate, state }) => [gate, state])),
    };
  }

  /** Goes by a changed file from now on: open gates ask anew, and so do gates whose approval is void. */
  adopt(request: AmendRequest, { campaign, revision, planHash, voids, withdrawn }: AmendedRun): void {
    const { steps, added, removed } = adoptSteps(this.plan.campaign.steps, campaign.steps);
    this.plan = amendedPlan(this.plan, request, { campaign: { ...campaign, steps }, revision });
    if (this.prepared) this.prepared = { ...this.prepared, planHash };
    const again = steps.filter(({ id }) => voids.includes(id));
    for (const { id, kind } of [...added, ...again]) this.steps.set(id, { view: { id, kind, state: 'waiting' } });
    for (const { id } of removed) this.steps.delete(id);
    this.gates.voidAsking();
    this.amending.taken({ starts: [...added, ...again], removed, withdrawn });
  }

  /** Roles that decide at the gates of this campaign. */
  rolesOfGates(): string[] {
    const { steps } = this.plan.campaign;
    return [...new Set(steps.flatMap((step) => (step.kind === 'gate' ? step.gate.approvers : [])))];
  }

  /** A person's word at a checkpoint. */
  override(override: CheckpointOverride): void {
    this.checkpoints.override(override);
    this.gates.override(override);
  }

  /** The end of the campaign as it is now. */
  get endsAt(): Instant | undefined {
    const { end } = this.plan.campaign.schedule;
    return end === undefined ? undefined : new Date(Date.parse(end) + this.endShift).toISOString();
  }

  /** @returns the new end; undefined for a campaign without one */
  extendEnd(by: Milliseconds, latest?: Instant): Instant | undefined {
    const { end } = this.plan.campaign.schedule;
    if (end === undefined) return undefined;
    const most = latest === undefined ? Number.POSITIVE_INFINITY : Date.parse(latest) - Date.parse(end);
    this.endShift = Math.min(this.endShift + by, Math.max(most, this.endShift));
    return this.endsAt;
  }

  /** Who may not decide at a gate because the campaign is theirs. */
  excludedFrom(gateId: string): PersonId[] {
    if (this.gates.termsOf(gateId)?.allowAuthor) return [];
    return [this.plan.appliedBy, this.plan.lastCommitter].filter((person) => person !== undefined);
  }

  problem(what: string): void {
    this.lastProblem = { at: instant(), what };
  }

  get phase(): RunPhase {
    if (this.finished) return this.finished;
    if (this.ending) return 'aborting';
    if (this.paused) return 'paused';
    if (!this.prepared) return 'preparing';
    const views = [...this.steps.values()].map(({ view }) => view);
    if (views.some(({ state }) => state === 'held')) return 'held';
    if (this.gates.asking.some(({ gate }) => gate !== pruneGate)) return 'gate';
    if (this.checkpoints.waiting.length > 0) return 'checkpoint';
    if (views.some(({ kind, state }) => kind === 'email' && state === 'running')) return 'sending';
    return 'waiting';
  }

  facts(): ConditionFacts {
    return {
      run: { campaign: this.plan.campaign.id, members: this.prepared?.members ?? 0 },
      steps: Object.fromEntries(
        [...this.steps].map(([id, { view }]) => [id, { state: view.state, ...(view.books && { books: view.books }) }]),
      ),
    };
  }

  status(): RunStatus {
    return {
      runId: this.runId,
      campaign: this.plan.campaign.id,
      revision: this.plan.revision,
      ...(this.amending.count > 0 && { amendments: this.amending.count }),
      planHash: this.planHash,
      phase: this.phase,
      paused: this.paused && { by: this.paused.by, reason: this.paused.reason, at: this.paused.at },
      members: this.prepared?.members ?? 0,
      steps: [...this.steps.values()].map(({ view }) => view),
      gates: this.gates.all,
      ...this.checkpoints.view(),
      ...(this.objectives && { objectives: this.objectives }),
      lastProblem: this.lastProblem,
    };
  }

  private record(stepId: string): StepRecord {
    const record = this.steps.get(stepId);
    if (!record) throw new Error(`no step ${stepId}`);
    return record;
  }
}
