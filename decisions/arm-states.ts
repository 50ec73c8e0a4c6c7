/** Which arms may be promoted, which have failed, and who leads. */
import type { CheckpointEvidence, MetricPlan } from './evidence';
import type { BareVerdict, CheckpointState } from './judgement';
import { judgedArms } from './quality';

/** Verdicts of one arm that have to hold for it to go on: guardrails, limits, deterioration. */
const guards = (verdicts: readonly BareVerdict[]): BareVerdict[] =>
  verdicts.filter(({ role }) => role === 'guardrail' || role === 'deterioration');

/** Whether a guard holds as far as the file asks; what was not measured never does. */
function holds({ verdict, n = 0 }: BareVerdict, required: CheckpointEvidence['requireGuardrails']): boolean {
  return verdict === 'pass' || (required === 'notFailed' && verdict === 'inconclusive' && n > 0);
}

export interface ArmStates {
  /** Arms of which a guardrail, a limit or a deterioration metric failed. */
  failing: string[];
  /** Arms that cannot reach on success what would pay. */
  futile: string[];
  /** Arms whose guards hold and that pass on success, the control not among them. */
  passing: string[];
  /** Every other arm is worse, and the control's own limits hold. */
  controlWins: boolean;
  leader?: string;
  states: Record<string, CheckpointState>;
}

/** States arm by arm, of an experiment. */
export function armStates(evidence: CheckpointEvidence, verdicts: readonly BareVerdict[]): ArmStates {
  const arms = judgedArms(evidence);
  const control = evidence.experiment?.control;
  const of = (arm: string) => verdicts.filter((verdict) => verdict.arm === arm);
  const controlHolds = control === undefined || guardsHold(evidence, of(control));
  const failing = arms.filter((arm) => guards(of(arm)).some(({ verdict }) => verdict === 'fail'));
  const variants = arms.filter((arm) => arm !== control);
  const successes = (arm: string) => of(arm).filter(({ role }) => role === 'success');
  const futile = variants.filter(
    (arm) =>
      successes(arm).some(({ verdict }) => verdict === 'fail') &&
      !successes(arm).some(({ verdict }) => verdict === 'pass'),
  );
  const passing = variants.filter((arm) => controlHolds && armPasses(evidence, of(arm)));
  const [first] = evidence.metrics.filter(({ role }) => role === 'success');
  const leader = first && leaderOf(evidence, { metric: first, verdicts });
  return {
    failing,
    futile,
    passing,
    controlWins:
      controlHolds &&
      variants.length > 0 &&
      variants.every((arm) => successes(arm).some((verdict) => isWorse(verdict))),
    ...(leader !== undefined && { leader }),
    states: Object.fromEntries(arms.map((arm) => [arm, stateOf(of(arm), passing.includes(arm))])),
  };
}

/** Guards hold; with success metrics at least one passes and none is shown to be worse than the control. */
function armPasses(evidence: CheckpointEvidence, own: readonly BareVerdict[]): boolean {
  if (!guardsHold(evidence, own)) return false;
  const successes = own.filter(({ role }) => role === 'success');
  if (!evidence.metrics.some(({ role }) => role === 'success')) return guards(own).length > 0;
  return successes.some(({ verdict }) => verdict === 'pass') && !successes.some(isWorse);
}

/** The whole interval is on the bad side of 0. */
export function isWorse({ goodDirection, lower, upper, against }: BareVerdict): boolean {
  if (against === undefined) return false;
  return goodDirection === 'up' ? upper !== undefined && upper < 0 : lower !== undefined && lower > 0;
}

function stateOf(own: readonly BareVerdict[], passing: boolean): CheckpointState {
  const acting = own.filter(({ role }) => role !== 'observe');
  if (guards(acting).some(({ verdict }) => verdict === 'fail')) return 'fail';
  if (acting.some(({ verdict }) => verdict === 'invalid')) return 'invalid';
  if (acting.some(({ verdict }) => verdict === 'error')) return 'error';
  return passing ? 'pass' : 'inconclusive';
}

/** Best estimate; the control leads where nothing is better. Undefined while nothing can be compared. */
function leaderOf(
  { experiment }: CheckpointEvidence,
  { metric, verdicts }: { metric: MetricPlan; verdicts: readonly BareVerdict[] },
): string | undefined {
  if (!experiment) return undefined;
  const compared = verdicts.filter(
    ({ metric: name, against, estimate }) => name === metric.name && against !== undefined && estimate !== undefined,
  );
  if (compared.length === 0) return undefined;
  const good = metric.goodDirection === 'up' ? 1 : -1;
  let leader = experiment.control;
  let best = 0;
  for (const { arm, estimate = 0 } of compared)
    if (good * estimate > best) {
      leader = arm;
      best = good * estimate;
    }
  return leader;
}

/** Whether the guards among these verdicts hold as far as the file asks. */
export function guardsHold({ requireGuardrails }: CheckpointEvidence, verdicts: readonly BareVerdict[]): boolean {
  return guards(verdicts).every((verdict) => holds(verdict, requireGuardrails));
}

/** Whether the one group of a checkpoint without experiment may go on. */
export function groupPasses(evidence: CheckpointEvidence, verdicts: readonly BareVerdict[]): boolean {
  if (!guardsHold(evidence, verdicts)) return false;
  const wanted = verdicts.filter(({ role, limit }) => role === 'success' && limit !== undefined);
  return wanted.length > 0 ? wanted.some(({ verdict }) => verdict === 'pass') : guards(verdicts).length > 0;
}
