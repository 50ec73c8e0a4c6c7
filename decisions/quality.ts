/** Whether the data may be trusted at all: shares as drawn, sources fresh, enough of everything, people in one arm only. */
import { alwaysValidInterval } from './always-valid';
import { contrastOf } from './contrast';
import { expectedSize } from './critical-value';
import type { CheckpointEvidence, MetricMeasurement, MetricPlan, WaveCounts } from './evidence';
import type { QualityFinding } from './judgement';
import { hasComparison, hasLimit } from './levels';
import { rateInterval } from './rate-limit';
import { chiSquareSampleRatio, sequentialSampleRatio } from './sample-ratio';
import { isShare } from './statistics';
import { verdictOfLimit } from './verdict';
import { countInWords, shareInWords } from './words';

/** Measurement of a metric; one that nobody handed in is missing. */
export function measurementOf({ measurements }: CheckpointEvidence, metric: string): MetricMeasurement {
  return measurements.find((measurement) => measurement.metric === metric) ?? { metric, status: 'missing', arms: {} };
}

/** Metrics that can change a state. */
export function actingMetrics({ metrics }: CheckpointEvidence): MetricPlan[] {
  return metrics.filter(({ role }) => role !== 'observe');
}

/** Arms to be judged: the declared ones that were not dropped, or the groups that were measured. */
export function judgedArms({ experiment, measurements, excluded = [] }: CheckpointEvidence): string[] {
  const arms = experiment?.arms ?? [...new Set(measurements.flatMap(({ arms }) => Object.keys(arms)))].sort();
  return arms.filter((arm) => !excluded.includes(arm));
}

/** All findings, good ones too. */
export function qualityFindings(evidence: CheckpointEvidence): QualityFinding[] {
  return [
    ...shareFindings(evidence),
    ...exposureFindings(evidence),
    ...freshnessFindings(evidence),
    ...amountFindings(evidence),
    ...metricFindings(evidence),
  ];
}

function shareFindings({ quality, experiment }: CheckpointEvidence): QualityFinding[] {
  const { assigned, delivered = [], matured = [], srmAlpha, srmMethod } = quality;
  const compared = (waves: WaveCounts[]) => waves.map((wave) => onlyArms(wave, experiment?.arms));
  return Object.entries({ assigned, delivered: compared(delivered), matured: compared(matured) }).flatMap(
    ([of, waves]) => {
      if (waves.length === 0) return [];
      const test = srmMethod === 'sequential' ? sequentialSampleRatio(waves) : chiSquareSampleRatio(waves);
      if (test.status === 'inconclusive') return [];
      const ok = test.pValue >= srmAlpha;
      const p = `p = ${Number(test.pValue.toPrecision(2))}`;
      const reason = ok
        ? `shares of the ${of} are as declared (${countInWords(test.n)} recipients, ${p})`
        : `shares of the ${of} are not as declared (${p}): something loses recipients of one arm`;
      return [{ check: 'sample-ratio' as const, of, ok, pValue: test.pValue, reason }];
    },
  );
}

/** The holdout gets nothing, so it cannot be among those reached. */
function onlyArms(wave: WaveCounts, arms: readonly string[] | undefined): WaveCounts {
  if (!arms) return wave;
  const kept = (record: Record<string, number>) =>
    Object.fromEntries(Object.entries(record).filter(([arm]) => arms.includes(arm)));
  return { ...wave, weights: kept(wave.weights), counts: kept(wave.counts) };
}

function exposureFindings({ quality: { multipleExposure } }: CheckpointEvidence): QualityFinding[] {
  if (!multipleExposure) return [];
  const { share, limit } = multipleExposure;
  const reason = `${shareInWords(share)} of recipients were seen in more than one arm; ${shareInWords(limit)} is tolerated`;
  return [{ check: 'multiple-exposure', of: 'recipients', ok: share <= limit, reason }];
}

function freshnessFindings(evidence: CheckpointEvidence): QualityFinding[] {
  return actingMetrics(evidence).flatMap(({ name }) => {
    const { status, detail } = measurementOf(evidence, name);
    if (status !== 'stale') return [];
    return [{ check: 'fresh' as const, of: name, ok: false, reason: `${name} is stale${detail ? `: ${detail}` : ''}` }];
  });
}

/** What is missing from a measurement; undefined when there is enough. */
export function shortageOf(evidence: CheckpointEvidence, metric: MetricPlan): string | undefined {
  const { status, arms, detail } = measurementOf(evidence, metric.name);
  if (status === 'missing') return `${metric.name} was not measured${detail ? `: ${detail}` : ''}`;
  if (status !== 'measured') return undefined;
  const { minUnitsPerArm = 0, minEventsPerArm = 0 } = evidence.quality;
  for (const arm of judgedArms(evidence)) {
    const { n = 0, sum = 0 } = arms[arm] ?? {};
    if (n === 0) return `${metric.name}: nobody has been measured in ${arm}`;
    if (n < minUnitsPerArm)
      return `${metric.name}: ${countInWords(n)} recipients in ${arm}, ${countInWords(minUnitsPerArm)} are asked for`;
    if (metric.role === 'success' && isShare(metric.kind) && sum < minEventsPerArm)
      return `${metric.name}: ${countInWords(sum)} conversions in ${arm}, ${countInWords(minEventsPerArm)} are asked for`;
  }
  return undefined;
}

function amountFindings(evidence: CheckpointEvidence): QualityFinding[] {
  if (!evidence.quality.mustHaveData) return [];
  return actingMetrics(evidence).flatMap((metric) => {
    const shortage = shortageOf(evidence, metric);
    return shortage ? [{ check: 'enough-data' as const, of: metric.name, ok: false, reason: shortage }] : [];
  });
}

/** Metrics of role quality: arms must be alike within the margin, and inside their limits. */
function metricFindings(evidence: CheckpointEvidence): QualityFinding[] {
  return evidence.metrics
    .filter(({ role, name }) => role === 'quality' && measurementOf(evidence, name).status === 'measured')
    .flatMap((metric) => [...limitFindings(evidence, metric), ...likenessFindings(evidence, metric)]);
}

function limitFindings(evidence: CheckpointEvidence, metric: MetricPlan): QualityFinding[] {
  const { arms } = measurementOf(evidence, metric.name);
  if (!hasLimit(metric) || !isShare(metric.kind)) return [];
  return judgedArms(evidence).flatMap((arm) => {
    const measured = arms[arm];
    if (!measured || measured.n === 0) return [];
    const bounds = rateInterval({ n: measured.n, events: measured.sum, alpha: evidence.quality.srmAlpha });
    const ok = verdictOfLimit(bounds, metric) !== 'fail';
    const reason = `${metric.name} of ${arm} is ${shareInWords(measured.sum / measured.n)}, ${ok ? 'not shown to be' : 'which is'} outside its limits`;
    return [{ check: 'quality-metric' as const, of: metric.name, ok, reason }];
  });
}

function likenessFindings(evidence: CheckpointEvidence, metric: MetricPlan): QualityFinding[] {
  const { experiment } = evidence;
  if (!experiment || !hasComparison(metric)) return [];
  const measurement = measurementOf(evidence, metric.name);
  const others = judgedArms(evidence).filter((arm) => arm !== experiment.control);
  return others.flatMap((arm) => {
    const contrast = contrastOf({ kind: metric.kind, measurement, control: experiment.control, arm, adaptive: true });
    if (contrast.status === 'inconclusive') return [];
    const margin = metric.margin
      ? metric.margin.value * (metric.margin.kind === 'relative' ? Math.abs(contrast.controlValue) : 1)
      : 0;
    const { lower, upper, pValue } = alwaysValidInterval({
      estimate: contrast.estimate,
      standardError: contrast.errorAt(1),
      n: contrast.nArm + contrast.nControl,
      nStar: expectedSize(experiment),
      alpha: evidence.quality.srmAlpha,
    });
    const ok = lower <= margin && upper >= -margin;
    const reason = ok
      ? `${metric.name} is alike in ${arm} and ${experiment.control}`
      : `${metric.name} differs between ${arm} and ${experiment.control}, which it must not`;
    return [{ check: 'quality-metric' as const, of: metric.name, ok, pValue, reason }];
  });
}
