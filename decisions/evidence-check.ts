/** Refuses evidence that nobody can have meant. What is merely too little is no error: it is judged inconclusive. */
import type { CheckpointEvidence, ExperimentPlan, Look, MetricPlan, QualityEvidence } from './evidence';
import {
  DecisionInputError,
  requireFinite,
  requireNonNegative,
  requirePositive,
  requireProbability,
  requireShare,
} from './input-error';
import { checkArm } from './statistics';

/** @throws DecisionInputError naming the input */
export function checkEvidence(evidence: CheckpointEvidence): void {
  const { experiment, metrics, measurements, quality, looks, alphaAbort, objectives = [] } = evidence;
  if (experiment) checkExperiment(experiment);
  if (alphaAbort !== undefined) requireProbability('alphaAbort', alphaAbort);
  requireUnique(
    'metrics',
    metrics.map(({ name }) => name),
  );
  metrics.forEach(checkMetric);
  requireUnique(
    'measurements',
    measurements.map(({ metric }) => metric),
  );
  for (const measurement of measurements) {
    const plan = metrics.find(({ name }) => name === measurement.metric);
    if (!plan) throw new DecisionInputError(`measurements.${measurement.metric}`, 'is of a metric that is declared');
    if (measurement.status !== 'measured') continue;
    for (const [arm, stats] of Object.entries(measurement.arms))
      checkArm(stats, { kind: plan.kind, at: `measurements.${plan.name}.${arm}` });
    for (const { wave, arms, propensity } of measurement.waves ?? []) {
      for (const [arm, stats] of Object.entries(arms))
        checkArm(stats, { kind: plan.kind, at: `measurements.${plan.name}.${wave}.${arm}` });
      for (const [arm, chance] of Object.entries(propensity))
        requireShare(`measurements.${plan.name}.${wave}.${arm}.propensity`, chance);
    }
  }
  checkQuality(quality);
  looks.forEach(checkLook);
  for (const { name, failBelow } of objectives)
    if (failBelow !== undefined) requireShare(`objectives.${name}.failBelow`, failBelow);
}

function requireUnique(input: string, names: readonly string[]): void {
  if (new Set(names).size < names.length) throw new DecisionInputError(input, 'has every name once');
}

function checkExperiment(plan: ExperimentPlan): void {
  const { arms, control, alpha, alphaAbort, power, maxRecipients, minEffect, spending, bandit } = plan;
  requireUnique('experiment.arms', arms);
  if (arms.length < 2) throw new DecisionInputError('experiment.arms', 'has two arms or more', arms.length);
  if (!arms.includes(control)) throw new DecisionInputError('experiment.control', 'is one of the arms');
  requireProbability('experiment.alpha', alpha);
  requireProbability('experiment.alphaAbort', alphaAbort);
  requireProbability('experiment.power', power);
  requirePositive('experiment.maxRecipients', maxRecipients);
  if (minEffect) requireNonNegative('experiment.minEffect', minEffect.value);
  if (spending?.kind === 'power') requirePositive('experiment.spending.phi', spending.phi);
  if (!bandit) return;
  if (!(bandit.floor >= 0 && bandit.floor * arms.length < 1))
    throw new DecisionInputError('experiment.bandit.floor', `is 0 or more, and below 1/${arms.length}`, bandit.floor);
  requireNonNegative('experiment.bandit.minUnits', bandit.minUnits ?? 0);
  requireNonNegative('experiment.bandit.minConversions', bandit.minConversions ?? 0);
  requireNonNegative('experiment.bandit.stopBelow', bandit.stopBelow ?? 0);
}

function checkMetric({ name, role, kind, margin, max, min, alpha }: MetricPlan): void {
  const at = `metrics.${name}`;
  if (margin) requireNonNegative(`${at}.margin`, margin.value);
  if (alpha !== undefined) requireProbability(`${at}.alpha`, alpha);
  if (max !== undefined) requireFinite(`${at}.max`, max);
  if (min !== undefined) requireFinite(`${at}.min`, min);
  if (max !== undefined && min !== undefined && min > max)
    throw new DecisionInputError(`${at}.min`, 'is at most max', min);
  if (kind === 'count' && role !== 'observe') throw new DecisionInputError(`${at}.role`, 'is observe for a count');
  if (kind === 'rate-limit' && max === undefined)
    throw new DecisionInputError(`${at}.max`, 'is needed by a rate-limit');
}

function checkQuality({ srmAlpha, multipleExposure, minUnitsPerArm, minEventsPerArm }: QualityEvidence): void {
  requireProbability('quality.srmAlpha', srmAlpha);
  requireNonNegative('quality.minUnitsPerArm', minUnitsPerArm ?? 0);
  requireNonNegative('quality.minEventsPerArm', minEventsPerArm ?? 0);
  if (!multipleExposure) return;
  requireShare('quality.multipleExposure.share', multipleExposure.share);
  requireShare('quality.multipleExposure.limit', multipleExposure.limit);
}

function checkLook({ comparisons }: Look, index: number): void {
  for (const metric of Object.keys(comparisons))
    for (const [arm, { fraction, information }] of Object.entries(comparisons[metric] ?? {})) {
      if (fraction > 0 && information > 0 && Number.isFinite(fraction + information)) continue;
      requirePositive(`looks[${index}].${metric}.${arm}.fraction`, fraction);
      requirePositive(`looks[${index}].${metric}.${arm}.information`, information);
    }
}
