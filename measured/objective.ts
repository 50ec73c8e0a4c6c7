/** How far an objective has come, and how likely it is to be reached in time. */

import { forecast as forecastOf } from '../decisions/forecast';
import type { ForecastInput } from '../decisions/forecast-input';
import type { ResolvedCampaign } from '../definition/resolved';
import type { ResolvedMetric, ResolvedObjective } from '../definition/resolved-measuring';
import type { ObjectiveView } from '../definition/run-status';
import { microsPerUnit } from '../definition/written/money';
import type { Database } from '../ledger/database';
import { bins, type ObjectiveProgress, objectiveProgress } from '../ledger/objective-progress';
import { percent } from './percent';

/** Events of closed windows from which the delay of events is known rather than assumed even. */
const knownDelay = 30;

/** What is known of an objective at this moment. */
export async function objectiveView(
  database: Database,
  {
    campaign,
    runNo,
    objective,
    now,
  }: { campaign: ResolvedCampaign; runNo: number; objective: ResolvedObjective; now: Date },
): Promise<ObjectiveView> {
  const { id, metric: name, target, currency, by } = objective;
  const base = { id, metric: name, target, ...(currency !== undefined && { currency }), by };
  const metric = campaign.metrics?.find((candidate) => candidate.name === name);
  const steps = deliverySteps(campaign, metric);
  if (!metric || !('events' in metric.from) || steps.length === 0)
    return { ...base, reached: 0, detail: 'only events of people who were written to can be forecast' };
  const progress = await objectiveProgress(database, {
    runNo,
    steps,
    events: metric.from.events,
    currency,
    windowMs: metric.window,
    now,
  });
  const isMoney = currency !== undefined;
  const scale = isMoney ? microsPerUnit : 1;
  const reached = (isMoney ? progress.sum : progress.events) * scale;
  const leftMs = Math.max(0, Date.parse(by) - now.getTime());
  const forecast = forecastOf(forecastInput({ metric, isMoney, target: target / scale, progress, leftMs }));
  if (forecast.status !== 'forecast' || forecast.probability === undefined)
    return { ...base, reached, detail: forecast.reason ?? 'nothing can be said yet' };
  const band: [number, number] = [(forecast.low ?? 0) * scale, (forecast.high ?? 0) * scale];
  return {
    ...base,
    reached,
    probability: forecast.probability,
    band,
    detail: `${id} is reached in time with probability ${percent(forecast.probability)}`,
  };
}

function deliverySteps(campaign: ResolvedCampaign, metric: ResolvedMetric | undefined): string[] {
  return campaign.steps
    .filter(({ id, kind }) => kind === 'email' && (metric?.steps === undefined || metric.steps.includes(id)))
    .map(({ id }) => id);
}

function forecastInput(known: {
  metric: ResolvedMetric;
  isMoney: boolean;
  target: number;
  progress: ObjectiveProgress;
  leftMs: number;
}): ForecastInput {
  const { metric, isMoney, target, progress, leftMs } = known;
  const share = arrivalOf(progress);
  const left = leftMs / metric.window;
  const units = progress.ages.reduce((sum, n) => sum + n, 0);
  const byDeadline = progress.ages.reduce((sum, n, bin) => sum + n * share((bin + 0.5) / bins + left), 0);
  return {
    kind: isMoney ? 'sum' : 'count',
    target,
    goodDirection: metric.goodDirection,
    observed: {
      events: progress.events,
      ...(isMoney && { sum: progress.sum, sumSquares: progress.sumSquares }),
    },
    exposure: {
      kind: 'cohorts',
      cohorts: progress.ages.flatMap((n, bin) => (n > 0 ? [{ units: n, arrived: share((bin + 0.5) / bins) }] : [])),
      ...(units > 0 && { arrivedByDeadline: byDeadline / units }),
      remainingUnits: leftMs > 0 ? progress.remaining : 0,
      remainingArrival: share(left),
    },
  };
}

/** Share of a member's events that have come at an age (as a share of the window): as seen so far, or even. */
function arrivalOf({ delays }: ObjectiveProgress): (age: number) => number {
  const total = delays.reduce((sum, n) => sum + n, 0);
  if (total < knownDelay) return (age) => Math.min(1, Math.max(0, age));
  return (age) => {
    if (age >= 1) return 1;
    const position = Math.max(0, age) * bins;
    const whole = Math.floor(position);
    const before = delays.slice(0, whole).reduce((sum, n) => sum + n, 0);
    return (before + (delays[whole] ?? 0) * (position - whole)) / total;
  };
}
