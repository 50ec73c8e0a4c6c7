/** All verdicts of a checkpoint, metric by metric and arm by arm, with what the look used of alpha. */
import { compareWithControl } from './difference-verdict';
import type { CheckpointEvidence, LookOfComparison, MetricMeasurement, MetricPlan } from './evidence';
import type { BareVerdict, JudgedLook, MetricVerdictWord } from './judgement';
import { hasComparison, hasLimit, type Levels, levelsOf } from './levels';
import { judgeLimit } from './limit-verdict';
import { judgedArms, measurementOf, shortageOf } from './quality';
import { countInWords, valueInWords } from './words';

export interface JudgedMetrics {
  verdicts: BareVerdict[];
  look: JudgedLook;
}

/** Judges every metric. Those of role quality are judged by `quality.ts` and are not among them. */
export function judgeMetrics(evidence: CheckpointEvidence): JudgedMetrics {
  const levels = levelsOf(evidence);
  const verdicts: BareVerdict[] = [];
  const comparisons: Record<string, Record<string, LookOfComparison>> = {};
  let [spent, fraction, exhausted] = [0, 0, false];
  let bound: number | undefined;
  for (const metric of evidence.metrics) {
    if (metric.role === 'quality') continue;
    const measurement = measurementOf(evidence, metric.name);
    if (measurement.status !== 'measured') {
      verdicts.push(...unmeasured(evidence, { metric, measurement }));
      continue;
    }
    for (const { verdict, look, ...used } of judgeMetric(evidence, { metric, measurement, levels })) {
      verdicts.push(finish(evidence, { metric, verdict }));
      if (!look) continue;
      comparisons[metric.name] = { ...comparisons[metric.name], [verdict.arm]: look };
      fraction = Math.max(fraction, look.fraction);
      if (metric.role !== 'success') continue;
      spent = Math.max(spent, used.spent);
      exhausted ||= used.exhausted;
      bound ??= verdict.bound;
    }
  }
  const { final } = evidence;
  const look = { fraction, final, comparisons, alphaSpent: spent, exhausted, ...(bound !== undefined && { bound }) };
  return { verdicts, look };
}

interface Judged {
  verdict: BareVerdict;
  look?: LookOfComparison;
  spent: number;
  exhausted: boolean;
}

function judgeMetric(
  evidence: CheckpointEvidence,
  { metric, measurement, levels }: { metric: MetricPlan; measurement: MetricMeasurement; levels: Levels },
): Judged[] {
  const { experiment, excluded = [] } = evidence;
  const arms = judgedArms(evidence);
  if (metric.kind === 'count') return arms.map((arm) => counted({ metric, measurement, arm }));
  const limits = hasLimit(metric)
    ? arms.map((arm) => ({
        verdict: judgeLimit({ evidence, levels, metric, arm, measured: measurement.arms[arm] }),
        spent: 0,
        exhausted: false,
      }))
    : [];
  if (!hasComparison(metric)) return limits;
  if (!experiment || excluded.includes(experiment.control))
    return [...limits, ...alone(evidence, { metric, measurement })];
  const others = arms.filter((arm) => arm !== experiment.control);
  return [
    ...limits,
    ...others.map((arm) => compareWithControl({ evidence, experiment, levels, metric, measurement, arm })),
  ];
}

/** Evaluations of a flag: a number to look at, and no measure of how sure it is. */
function counted({
  metric: { name, role, kind, goodDirection },
  measurement,
  arm,
}: {
  metric: MetricPlan;
  measurement: MetricMeasurement;
  arm: string;
}): Judged {
  const { sum: evaluations, n: own } = measurement.arms[arm] ?? { sum: 0, n: 0 };
  const each =
    own > 0 && own !== evaluations
      ? `, ${valueInWords(evaluations / own, kind)} for each of the experiment's own flag`
      : '';
  return {
    verdict: {
      metric: name,
      role,
      kind,
      goodDirection,
      arm,
      verdict: 'recorded',
      method: 'none',
      armValue: evaluations,
      why: `${name} of ${arm}: ${countInWords(evaluations)} ${measurement.detail ?? 'evaluations'}${each}; they are not people, so nothing is compared`,
    },
    spent: 0,
    exhausted: false,
  };
}

/** Without a control there is nothing to compare with. */
function alone(
  evidence: CheckpointEvidence,
  { metric, measurement }: { metric: MetricPlan; measurement: MetricMeasurement },
): Judged[] {
  const { name, role, kind, goodDirection } = metric;
  const why = evidence.experiment
    ? 'the control was dropped, so there is nothing to compare with'
    : `${name} is measured; without an experiment only limits and objectives decide`;
  return judgedArms(evidence).map((arm) => ({
    verdict: {
      metric: name,
      role,
      kind,
      goodDirection,
      arm,
      verdict: evidence.experiment ? 'inconclusive' : 'recorded',
      method: 'none',
      n: measurement.arms[arm]?.n ?? 0,
      why,
    },
    spent: 0,
    exhausted: false,
  }));
}

const wordOf: Record<Exclude<MetricMeasurement['status'], 'measured'>, MetricVerdictWord> = {
  error: 'error',
  stale: 'invalid',
  missing: 'inconclusive',
};

function unmeasured(
  evidence: CheckpointEvidence,
  { metric, measurement }: { metric: MetricPlan; measurement: MetricMeasurement },
): BareVerdict[] {
  const { name, role, kind, goodDirection } = metric;
  const { status, detail } = measurement;
  if (status === 'measured') return [];
  const plain = { error: 'could not be measured', stale: 'is stale', missing: 'was not measured' }[status];
  const arms = judgedArms(evidence);
  return (arms.length > 0 ? arms : ['all']).map((arm) => ({
    metric: name,
    role,
    kind,
    goodDirection,
    arm,
    verdict: role === 'observe' ? 'recorded' : wordOf[status],
    method: 'none',
    why: `${name} ${plain}${detail ? `: ${detail}` : ''}`,
  }));
}

/** Observed metrics act never; a pass on less data than the file asks for is none. */
function finish(
  evidence: CheckpointEvidence,
  { metric, verdict }: { metric: MetricPlan; verdict: BareVerdict },
): BareVerdict {
  if (metric.kind === 'count') return verdict;
  if (metric.role === 'observe')
    return { ...verdict, verdict: 'recorded', why: `observed only; it would be ${verdict.verdict}` };
  const shortage = verdict.verdict === 'pass' ? shortageOf(evidence, metric) : undefined;
  return shortage ? { ...verdict, verdict: 'inconclusive', why: shortage } : verdict;
}
