/** The decision of a checkpoint in numbers. `judge.ts` puts it into words; simulations need none. */
import { type ArmStates, armStates, groupPasses, guardsHold } from './arm-states';
import { adviseShares, hasConverged, isAdaptive } from './bandit-advice';
import type { CheckpointEvidence } from './evidence';
import { checkEvidence } from './evidence-check';
import type {
  BanditAdvice,
  BareVerdict,
  CheckpointState,
  JudgedLook,
  ObjectiveVerdict,
  QualityFinding,
} from './judgement';
import { hasComparison } from './levels';
import { judgeMetrics } from './metric-verdicts';
import { judgeObjectives } from './objectives';
import { actingMetrics, judgedArms, measurementOf, qualityFindings } from './quality';
import { type CheckpointFacts, checkpointState } from './verdict';

export interface Decision {
  state: CheckpointState;
  leader?: string;
  winner?: string;
  failing: string[];
  futile: string[];
  arms: Record<string, CheckpointState>;
  verdicts: BareVerdict[];
  objectives: ObjectiveVerdict[];
  quality: QualityFinding[];
  look: JudgedLook;
  bandit?: BanditAdvice;
}

/**
 * Decides. Pure and deterministic.
 * @throws DecisionInputError for evidence that nobody can have meant (never for too little of it)
 */
export function decide(evidence: CheckpointEvidence): Decision {
  checkEvidence(evidence);
  const { verdicts, look } = judgeMetrics(evidence);
  const found: Found = {
    verdicts,
    quality: qualityFindings(evidence),
    objectives: judgeObjectives(evidence),
    arms: armStates(evidence, verdicts),
    bandit: banditOf(evidence),
  };
  const leader = bestOf(found.bandit) ?? found.arms.leader;
  const state = checkpointState(factsOf(evidence, { found, leader }));
  const winner = state === 'pass' ? winnerOf(evidence, { found, leader }) : undefined;
  const { failing, futile, states } = found.arms;
  return {
    state,
    ...(leader !== undefined && { leader }),
    ...(winner !== undefined && { winner }),
    failing,
    futile,
    arms: states,
    verdicts,
    objectives: found.objectives,
    quality: found.quality,
    look,
    ...(found.bandit && { bandit: found.bandit }),
  };
}

interface Found {
  verdicts: BareVerdict[];
  quality: QualityFinding[];
  objectives: ObjectiveVerdict[];
  arms: ArmStates;
  bandit: BanditAdvice | undefined;
}

interface Standing {
  found: Found;
  leader: string | undefined;
}

function factsOf(evidence: CheckpointEvidence, { found, leader }: Standing): CheckpointFacts {
  const { verdicts, quality, objectives, arms } = found;
  const acting = verdicts.filter(({ role }) => role !== 'observe');
  return {
    limitFailed: acting.some((verdict) => verdict.verdict === 'fail' && isSafetyLimit(evidence, verdict)),
    qualityFailed: quality.some(({ ok }) => !ok),
    guardrailFailed: arms.failing.length > 0 || objectives.some(({ verdict }) => verdict === 'fail'),
    measurementError: acting.some(({ verdict }) => verdict === 'error') || qualityErrors(evidence),
    measured: acting.some(({ n = 0 }) => n > 0) || objectives.some(({ verdict }) => verdict === 'pass'),
    passes: objectivesHold(evidence, objectives) && passes(evidence, { found, leader }),
  };
}

/** A rate-limit always acts before quality is looked at; another limit does where the file says `onFail: abort`. */
function isSafetyLimit({ metrics }: CheckpointEvidence, { metric, limit, role }: BareVerdict): boolean {
  const plan = metrics.find(({ name }) => name === metric);
  return limit !== undefined && role !== 'success' && (plan?.kind === 'rate-limit' || plan?.onFail === 'abort');
}

function qualityErrors(evidence: CheckpointEvidence): boolean {
  return actingMetrics(evidence).some(
    ({ role, name }) => role === 'quality' && measurementOf(evidence, name).status === 'error',
  );
}

function objectivesHold({ requireGuardrails }: CheckpointEvidence, objectives: readonly ObjectiveVerdict[]): boolean {
  return objectives.every(
    ({ verdict }) =>
      verdict === 'pass' || verdict === 'recorded' || (verdict === 'inconclusive' && requireGuardrails === 'notFailed'),
  );
}

function passes(evidence: CheckpointEvidence, { found, leader }: Standing): boolean {
  const { verdicts, objectives, arms } = found;
  if (!evidence.experiment)
    return (
      groupPasses(evidence, verdicts) ||
      (actingMetrics(evidence).length === 0 && objectives.some(({ verdict }) => verdict === 'pass'))
    );
  return arms.passing.length > 0 || controlWins(evidence, arms) || mayTakeAll(evidence, { found, leader });
}

function controlWins({ experiment }: CheckpointEvidence, arms: ArmStates): boolean {
  return experiment?.controlMayWin === true && arms.controlWins;
}

/** Where the goal is to earn, the leader takes everything without a claim once little is left to gain; it still has to be safe. */
function mayTakeAll(evidence: CheckpointEvidence, { found, leader }: Standing): boolean {
  const { experiment } = evidence;
  if (experiment?.goal !== 'earn' || !found.bandit || leader === undefined) return false;
  if (!hasConverged(experiment, found.bandit)) return false;
  const own = found.verdicts.filter(({ arm }) => arm === leader || arm === experiment.control);
  return guardsHold(evidence, own);
}

function banditOf(evidence: CheckpointEvidence): BanditAdvice | undefined {
  const { experiment, metrics } = evidence;
  const metric = metrics.find((plan) => plan.role === 'success' && hasComparison(plan));
  if (!experiment || !metric || !isAdaptive(experiment)) return undefined;
  const measurement = measurementOf(evidence, metric.name);
  const arms = judgedArms(evidence);
  if (arms.length === 0 || measurement.status !== 'measured') return undefined;
  return adviseShares({ experiment, metric, measurement, arms });
}

function bestOf(bandit: BanditAdvice | undefined): string | undefined {
  if (!bandit?.burntIn) return undefined;
  const [best] = Object.entries(bandit.probabilityBest).sort(([, one], [, two]) => two - one);
  return best?.[0];
}

/** A difference from the control in a success metric, shown. */
const isClaim = ({ role, verdict, against }: BareVerdict): boolean =>
  role === 'success' && verdict === 'pass' && against !== undefined;

/**
 * Of the arms that pass, the one that leads, if a success of its own allows the claim; or the control, where it may win.
 * An experiment that earns claims nothing: it has a leader only.
 */
function winnerOf(evidence: CheckpointEvidence, { found, leader }: Standing): string | undefined {
  if (evidence.experiment?.goal === 'earn') return undefined;
  const { verdicts, arms } = found;
  const claimed = arms.passing.filter((arm) => verdicts.some((verdict) => verdict.arm === arm && isClaim(verdict)));
  if (claimed.length === 0) return controlWins(evidence, arms) ? evidence.experiment?.control : undefined;
  return leader !== undefined && claimed.includes(leader) ? leader : claimed[0];
}
