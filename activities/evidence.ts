/** Puts together what a checkpoint judges by: the plan from the revision, the measurements from the ledger and from sources. */
import type {
  CheckpointEvidence,
  ExperimentPlan,
  Look,
  MetricMeasurement,
  QualityEvidence,
  WaveCounts,
} from '../decisions/evidence';
import { epochOf, experimentOf, metricsOf } from '../definition/epoch';
import { metricPlan } from '../definition/metric-plan';
import type { ResolvedCampaign } from '../definition/resolved';
import type { ResolvedCheckpoint, ResolvedMetric } from '../definition/resolved-measuring';
import { isMeasurementError } from '../errors/measurement-error';
import type { Database } from '../ledger/database';
import { freshnessOf } from '../ledger/event-sources';
import { type Measured, type MeasuredArm, type MeasuredWave, measureMetrics } from '../ledger/measuring';
import { countExposures, type FlagRef, measureExposed } from '../ledger/measuring-exposures';
import { countMembers } from '../ledger/member-counts';
import { countWaveArms, readWaves } from '../ledger/waves';
import type { ReleasingStep } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';
import { measureEvaluations } from './evaluations';

export interface EvidenceRequest {
  run: { runId: string; runNo: number; revision: string };
  campaign: ResolvedCampaign;
  step: ReleasingStep;
  quality: ResolvedCheckpoint['quality'];
  requireGuardrails: ResolvedCheckpoint['requireGuardrails'];
  excluded: string[];
  final: boolean;
  looks: Look[];
  now: Date;
  /** A measurement that may come back is worth another try of the whole activity. */
  mayRetry: boolean;
}

/** @throws whatever a measurement throws that may pass, while another try is allowed */
export async function gatherEvidence(
  deps: ActivityDependencies,
  request: EvidenceRequest,
): Promise<CheckpointEvidence> {
  const { campaign, step, quality, excluded, final, looks } = request;
  const metrics = metricsOf(campaign.metrics, step.id);
  const experiment = await experimentPlan(deps, request);
  return {
    ...(experiment && { experiment }),
    metrics: metrics.map(metricPlan),
    measurements: await measureAll(deps, request, metrics),
    quality: {
      ...(await countQuality(deps, request)),
      srmAlpha: quality.srm.alpha,
      srmMethod: quality.srm.method,
      mustHaveData: quality.mustHaveData,
      minUnitsPerArm: quality.minUnitsPerArm,
      minEventsPerArm: quality.minEventsPerArm,
    },
    looks,
    final,
    requireGuardrails: request.requireGuardrails === 'non-inferior' ? 'nonInferior' : 'notFailed',
    ...(excluded.length > 0 && { excluded }),
  };
}

async function experimentPlan(
  { database }: ActivityDependencies,
  { step, run }: EvidenceRequest,
): Promise<ExperimentPlan | undefined> {
  const experiment = experimentOf(step);
  if (!experiment) return undefined;
  const { goal, method, spending, alpha, alphaAbort, power, minEffect, control, bandit } = experiment.rules;
  const { members, heldOut } = await countMembers(database, run.runNo);
  return {
    goal,
    method,
    spending,
    alpha,
    alphaAbort,
    power,
    ...(minEffect && { minEffect }),
    maxRecipients: experiment.rules.maxRecipients ?? Math.max(2, members - heldOut),
    arms: experiment.arms.map(({ name }) => name),
    control,
    bandit,
  };
}

async function measureAll(
  deps: ActivityDependencies,
  request: EvidenceRequest,
  metrics: ResolvedMetric[],
): Promise<MetricMeasurement[]> {
  const outside = metrics.filter(({ from }) => 'source' in from);
  const booked = metrics.filter(({ from }) => 'events' in from);
  const flagged = metrics.filter(({ from }) => 'platform' in from);
  const measurements = [
    ...(await measureMembers(deps, request, booked)),
    ...(await Promise.all(outside.map((metric) => measureOutside(deps, request, metric)))),
    ...(await Promise.all(flagged.map((metric) => measureEvaluations(deps, request, metric)))),
  ];
  const ordered = metrics.flatMap(({ name }) => measurements.filter(({ metric }) => metric === name));
  return Promise.all(ordered.map((measurement) => markStale(deps, request, measurement)));
}

/** Limits of safety look at everybody reached so far; everything else at closed windows only. */
async function measureMembers(
  deps: ActivityDependencies,
  request: EvidenceRequest,
  metrics: ResolvedMetric[],
): Promise<MetricMeasurement[]> {
  const limits = metrics.filter(({ kind }) => kind === 'rate-limit');
  const others = metrics.filter(({ kind }) => kind !== 'rate-limit');
  return [
    ...(await measureGroup(deps, request, { metrics: others, matured: true })),
    ...(await measureGroup(deps, request, { metrics: limits, matured: false })),
  ];
}

/** One pass for all; when one cannot be measured, each by itself, so that the others still can. */
async function measureGroup(
  deps: ActivityDependencies,
  request: EvidenceRequest,
  { metrics, matured }: { metrics: ResolvedMetric[]; matured: boolean },
): Promise<MetricMeasurement[]> {
  const { step } = request;
  const measureTogether = await measurerOf(deps, request, matured);
  const asked = new Set(experimentOf(step)?.arms.map(({ name }) => name) ?? ['all']);
  try {
    const measured = await measureTogether(metrics);
    return metrics.map(({ name }) => measurementOf(name, measured.get(name), asked));
  } catch (error) {
    if (!isMeasurementError(error)) throw error;
    if (metrics.length === 1) return [failed(metrics[0]?.name ?? '', error)];
    const single = metrics.map((metric) => measureTogether([metric]));
    const settled = await Promise.allSettled(single);
    return settled.map((outcome, index) => {
      const name = metrics[index]?.name ?? '';
      if (outcome.status === 'fulfilled') return measurementOf(name, outcome.value.get(name), asked);
      if (!isMeasurementError(outcome.reason)) throw outcome.reason;
      return failed(name, outcome.reason);
    });
  }
}

/** Members of the run, or the visitors that saw the flag. */
async function measurerOf(
  { database }: ActivityDependencies,
  request: EvidenceRequest,
  matured: boolean,
): Promise<(metrics: ResolvedMetric[]) => Promise<Map<string, Measured>>> {
  const { run, campaign, step, now } = request;
  if (step.kind === 'experiment') {
    const flag = await flagOf(database, request);
    return async (metrics) => (flag ? measureExposed(database, { ...flag, metrics, matured }) : new Map());
  }
  const ref = { runNo: run.runNo, step: step.id, now, epoch: epochOf(campaign.metrics, step), matured };
  return (metrics) => measureMetrics(database, { ...ref, metrics });
}

/** What was shown of the flag since its first wave; undefined before. */
async function flagOf(
  database: Database,
  { run, step, now }: Pick<EvidenceRequest, 'run' | 'step' | 'now'>,
): Promise<FlagRef | undefined> {
  if (step.kind !== 'experiment') return undefined;
  const [first] = await readWaves(database, { runNo: run.runNo, step: step.id });
  return first && { flag: step.experiment.flag, since: first.releasedAt, now };
}

function measurementOf(metric: string, measured: Measured | undefined, asked: Set<string>): MetricMeasurement {
  const arms = armsOf(measured?.arms ?? {}, asked);
  if (Object.keys(arms).length === 0)
    return { metric, status: 'missing', arms: {}, detail: 'nobody has been measured' };
  const waves = (measured?.waves ?? []).map((wave: MeasuredWave) => ({ ...wave, arms: armsOf(wave.arms, asked) }));
  return { metric, status: 'measured', arms, ...(waves.length > 0 && { waves }) };
}

/** Of the compared arms; the holdout is not one of them. */
function armsOf(arms: Record<string, MeasuredArm>, asked: Set<string>) {
  return Object.fromEntries(
    Object.entries(arms)
      .filter(([arm]) => asked.has(arm))
      .map(([arm, { matured: _, withEvents: __, ...statistics }]) => [arm, statistics]),
  );
}

export function failed(metric: string, error: Error): MetricMeasurement {
  return { metric, status: 'error', arms: {}, detail: error.message };
}

async function measureOutside(
  deps: ActivityDependencies,
  { run, step, now, mayRetry }: EvidenceRequest,
  metric: ResolvedMetric,
): Promise<MetricMeasurement> {
  try {
    const { arms, watermark } = await deps.measureOutside({ run, step: step.id, metric, now });
    const within = metric.fresh?.within;
    if (within !== undefined && watermark && now.getTime() - watermark.getTime() > within)
      return {
        metric: metric.name,
        status: 'stale',
        arms,
        detail: `the source knows nothing after ${watermark.toISOString()}`,
      };
    return { metric: metric.name, status: Object.keys(arms).length > 0 ? 'measured' : 'missing', arms };
  } catch (error) {
    if (!isMeasurementError(error) || (error.mayPass && mayRetry)) throw error;
    return failed(metric.name, error);
  }
}

/** A source that lags behind may still bring what is missing: its numbers are no zeros. */
async function markStale(
  { database }: ActivityDependencies,
  { campaign, now }: EvidenceRequest,
  measurement: MetricMeasurement,
): Promise<MetricMeasurement> {
  const metric = campaign.metrics?.find(({ name }) => name === measurement.metric);
  if (!metric?.fresh || 'source' in metric.from || measurement.status === 'error') return measurement;
  const watermark = await freshnessOf(database, metric.fresh.source);
  if (watermark && now.getTime() - watermark.getTime() <= metric.fresh.within) return measurement;
  const detail = watermark
    ? `${metric.fresh.source} has told everything until ${watermark.toISOString()} only`
    : `${metric.fresh.source} has never told anything`;
  return { ...measurement, status: 'stale', detail };
}

async function countQuality(
  deps: ActivityDependencies,
  request: EvidenceRequest,
): Promise<Pick<QualityEvidence, 'assigned' | 'delivered' | 'multipleExposure'>> {
  const { database } = deps;
  const { run, campaign, step } = request;
  if (!experimentOf(step)) return { assigned: [] };
  if (step.kind === 'experiment') return countVisitors(deps, request);
  const epoch = epochOf(campaign.metrics, step);
  const ref = { runNo: run.runNo, step: step.id };
  const [waves, counts] = await Promise.all([readWaves(database, ref), countWaveArms(database, { ...ref, epoch })]);
  const countsBy = (of: 'assigned' | 'delivered'): WaveCounts[] =>
    waves
      .filter((wave) => wave.epoch === epoch)
      .map(({ wave, weights }) => ({
        wave: String(wave),
        weights,
        counts: Object.fromEntries(
          counts
            .filter((row) => row.wave === wave && row.arm in weights)
            .map((row) => [row.arm, row[of]] as [string, number]),
        ),
      }))
      .filter((wave) => Object.keys(wave.counts).length > 0);
  return { assigned: countsBy('assigned'), delivered: countsBy('delivered') };
}

/** Visitors by arm; those who saw more than one are a flaw of the data. */
async function countVisitors(
  { database }: ActivityDependencies,
  request: EvidenceRequest,
): Promise<Pick<QualityEvidence, 'assigned' | 'multipleExposure'>> {
  const flag = await flagOf(database, request);
  if (!flag) return { assigned: [] };
  const { arms, units, multiple } = await countExposures(database, flag);
  const weights = Object.fromEntries(experimentOf(request.step)?.arms.map(({ name, share }) => [name, share]) ?? []);
  return {
    assigned: units > 0 ? [{ wave: '1', weights, counts: arms }] : [],
    ...(units > 0 && {
      multipleExposure: { share: multiple / units, limit: request.quality.multipleExposure },
    }),
  };
}
