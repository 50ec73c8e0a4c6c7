/**
 * The judgement of a checkpoint. One function for the running campaign, the simulation, the operating characteristics and the
 * benchmark: what is measured of the one holds for the other.
 */
import { armStates, groupPasses } from './arm-states';
import { adviseShares, hasConverged, isAdaptive } from './bandit-advice';
import type { CheckpointEvidence } from './evidence';
import { checkEvidence } from './evidence-check';
import { forecast } from './forecast';
import { DecisionInputError } from './input-error';
import type {
  BanditAdvice,
  CheckpointState,
  Judgement,
  MetricVerdict,
  ObjectiveVerdict,
  QualityFinding,
} from './judgement';
import { hasComparison } from './levels';
import { judgeMetrics } from './metric-verdicts';
import { actingMetrics, judgedArms, measurementOf, qualityFindings } from './quality';
import { checkpointState } from './verdict';
import { shareInWords } from './words';
import { whatWouldChange } from './would-change';

/** Version of the method; it changes whenever the same evidence would be judged otherwise. */
export const METHOD_VERSION = 'decisions/1';

/**
 * Judges a checkpoint. Pure: the same evidence gives the same judgement to the last digit, and both are plain JSON.
 * @throws DecisionInputError for evidence that nobody can have meant (never for too little of it)
 */
export function judge(evidence: CheckpointEvidence): Judgement {
  checkEvidence(evidence);
  const { verdicts, look } = judgeMetrics(evidence);
  const quality = qualityFindings(evidence);
  const objectives = judgeObjectives(evidence);
  const { states, failing, futile, passing, controlWins, leader } = armStates(evidence, verdicts);
  const bandit = banditOf(evidence);
  const { experiment } = evidence;
  const ahead = bestOf(bandit) ?? leader;
  const acting = verdicts.filter(({ role }) => role !== 'observe');
  const objectivesHold = objectives.every(
    ({ verdict }) =>
      verdict === 'pass' ||
      verdict === 'recorded' ||
      (verdict === 'inconclusive' && evidence.requireGuardrails === 'notFailed'),
  );
  const controlTakesIt = experiment?.controlMayWin === true && controlWins;
  const converged =
    experiment !== undefined &&
    bandit !== undefined &&
    ahead !== undefined &&
    hasConverged(experiment, bandit) &&
    mayLead(evidence, { verdicts, arm: ahead });
  const onData = experiment
    ? passing.length > 0 || controlTakesIt || converged
    : groupPasses(evidence, verdicts) || onlyObjectivesPass(evidence, objectives);
  const facts = {
    limitFailed: acting.some((verdict) => verdict.verdict === 'fail' && isSafetyLimit(evidence, verdict)),
    qualityFailed: quality.some(({ ok }) => !ok),
    guardrailFailed: failing.length > 0 || objectives.some(({ verdict }) => verdict === 'fail'),
    measurementError: acting.some(({ verdict }) => verdict === 'error') || qualityErrors(evidence),
    measured: acting.some(({ n = 0 }) => n > 0) || objectives.some(({ verdict }) => verdict === 'pass'),
    passes: onData && objectivesHold,
  };
  const state = checkpointState(facts);
  const winner =
    state === 'pass'
      ? winnerOf({ passing, verdicts, control: controlTakesIt ? experiment.control : undefined, ahead })
      : undefined;
  return asPlainJson({
    methodVersion: METHOD_VERSION,
    state,
    reason: reasonOf({ state, winner, leader: ahead, verdicts: acting, quality, objectives, evidence }),
    ...(ahead !== undefined && { leader: ahead }),
    ...(winner !== undefined && { winner }),
    failing,
    futile,
    arms: states,
    verdicts,
    objectives,
    quality,
    look,
    ...(bandit && { bandit }),
    wouldChange: whatWouldChange({ state, verdicts, quality, objectives }),
  });
}

function judgeObjectives({ objectives = [] }: CheckpointEvidence): ObjectiveVerdict[] {
  return objectives.map(({ name, role, failBelow, forecast: input }) => {
    const result = forecast(input);
    const { probability } = result;
    if (probability === undefined)
      return {
        objective: name,
        verdict: role === 'guardrail' && failBelow !== undefined ? 'inconclusive' : 'recorded',
        forecast: result,
        reason: `${name}: ${result.reason ?? 'no forecast'}`,
      };
    const likely = `${name} is reached with probability ${shareInWords(probability)}`;
    if (role === 'observe' || failBelow === undefined)
      return { objective: name, verdict: 'recorded', forecast: result, reason: likely };
    return {
      objective: name,
      verdict: probability < failBelow ? 'fail' : 'pass',
      forecast: result,
      reason: `${likely}; at least ${shareInWords(failBelow)} is asked for`,
    };
  });
}

/** A rate-limit always acts before quality is looked at; another limit does where the file says `onFail: abort`. */
function isSafetyLimit({ metrics }: CheckpointEvidence, { metric, limit, role }: MetricVerdict): boolean {
  const plan = metrics.find(({ name }) => name === metric);
  return limit !== undefined && role !== 'success' && (plan?.kind === 'rate-limit' || plan?.onFail === 'abort');
}

const qualityErrors = (evidence: CheckpointEvidence): boolean =>
  actingMetrics(evidence).some(
    ({ role, name }) => role === 'quality' && measurementOf(evidence, name).status === 'error',
  );

function onlyObjectivesPass(evidence: CheckpointEvidence, objectives: readonly ObjectiveVerdict[]): boolean {
  return actingMetrics(evidence).length === 0 && objectives.some(({ verdict }) => verdict === 'pass');
}

function banditOf(evidence: CheckpointEvidence): BanditAdvice | undefined {
  const { experiment, metrics } = evidence;
  const metric = metrics.find((plan) => plan.role === 'success' && hasComparison(plan));
  if (!experiment || !metric || !isAdaptive(experiment)) return undefined;
  const measurement = measurementOf(evidence, metric.name);
  const arms = judgedArms(evidence);
  return arms.length < 1 || measurement.status !== 'measured'
    ? undefined
    : adviseShares({ experiment, metric, measurement, arms });
}

function bestOf(bandit: BanditAdvice | undefined): string | undefined {
  if (!bandit?.burntIn) return undefined;
  const [best] = Object.entries(bandit.probabilityBest).sort(([, one], [, two]) => two - one);
  return best?.[0];
}

/** An arm that takes everything without a claim still has to be safe. */
function mayLead(
  evidence: CheckpointEvidence,
  { verdicts, arm }: { verdicts: readonly MetricVerdict[]; arm: string },
): boolean {
  const control = evidence.experiment?.control;
  return groupPassesWithoutSuccess(
    evidence,
    verdicts.filter((verdict) => verdict.arm === arm || verdict.arm === control),
  );
}

function groupPassesWithoutSuccess(evidence: CheckpointEvidence, verdicts: readonly MetricVerdict[]): boolean {
  const guarding = verdicts.filter(({ role }) => role === 'guardrail' || role === 'deterioration');
  return guarding.length === 0 || groupPasses({ ...evidence, metrics: [] }, guarding);
}

/** A difference from the control in a success metric, shown. */
const isClaim = ({ role, verdict, against }: MetricVerdict): boolean =>
  role === 'success' && verdict === 'pass' && against !== undefined;

/** Of the arms that pass, the one that leads, if a success of its own allows the claim. */
function winnerOf({
  passing,
  verdicts,
  control,
  ahead,
}: {
  passing: readonly string[];
  verdicts: readonly MetricVerdict[];
  control: string | undefined;
  ahead: string | undefined;
}): string | undefined {
  const claimed = passing.filter((arm) => verdicts.some((verdict) => verdict.arm === arm && isClaim(verdict)));
  if (claimed.length === 0) return control;
  if (ahead !== undefined && claimed.includes(ahead)) return ahead;
  return claimed[0];
}

function reasonOf({
  state,
  winner,
  leader,
  verdicts,
  quality,
  objectives,
  evidence,
}: {
  state: CheckpointState;
  winner: string | undefined;
  leader: string | undefined;
  verdicts: readonly MetricVerdict[];
  quality: readonly QualityFinding[];
  objectives: readonly ObjectiveVerdict[];
  evidence: CheckpointEvidence;
}): string {
  const of = (word: string): string[] => [
    ...verdicts
      .filter(({ verdict, role }) => verdict === word && !(word === 'fail' && role === 'success'))
      .map(({ reason }) => reason),
    ...objectives.filter(({ verdict }) => verdict === word).map(({ reason }) => reason),
  ];
  if (state === 'fail') return of('fail')[0] ?? 'a guardrail failed';
  if (state === 'invalid') return quality.find(({ ok }) => !ok)?.reason ?? 'the data are not to be trusted';
  if (state === 'error') return of('error')[0] ?? 'a measurement could not be taken';
  if (state === 'pass') {
    if (winner)
      return `${winner} wins: ${verdicts.find(({ arm, role, verdict }) => arm === winner && role === 'success' && verdict === 'pass')?.reason ?? 'every other arm is worse'}`;
    return leader && evidence.experiment
      ? `${leader} leads and nothing speaks against going on; no lift is claimed`
      : 'everything that was asked for holds';
  }
  if (verdicts.every(({ n = 0 }) => n === 0) && objectives.length === 0) return 'nothing has been measured';
  return (
    of('inconclusive')[0] ??
    verdicts.find(({ verdict, role }) => verdict === 'fail' && role === 'success')?.reason ??
    'the data do not say yet'
  );
}

/** As JSON would give it back. A number that JSON cannot carry is a mistake of ours, not an answer. */
function asPlainJson(judgement: Judgement): Judgement {
  const text = JSON.stringify(judgement, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new DecisionInputError(key, 'came out as no number', value);
    return value;
  });
  return JSON.parse(text) as Judgement;
}
