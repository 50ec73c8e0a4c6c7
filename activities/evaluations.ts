/** Metrics that a flag platform counts: how often pages were given each arm. They are shown beside a decision and never make one. */
import type { ArmStatistics, MetricMeasurement } from '../decisions/evidence';
import type { ResolvedMetric } from '../definition/resolved-measuring';
import { readWaves } from '../ledger/waves';
import { isFlagPlatformError } from '../platforms/flag-platform-error';
import type { ReleasingStep } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';

/** @throws whatever may pass, while another try is allowed */
export async function measureEvaluations(
  deps: ActivityDependencies,
  { run, step, mayRetry }: { run: { runNo: number }; step: ReleasingStep; mayRetry: boolean },
  { name, from }: ResolvedMetric,
): Promise<MetricMeasurement> {
  const nothing = (detail: string): MetricMeasurement => ({ metric: name, status: 'missing', arms: {}, detail });
  if (!('platform' in from) || step.kind !== 'experiment') return nothing('the step has no flag');
  const [first] = await readWaves(deps.database, { runNo: run.runNo, step: step.id });
  if (!first) return nothing('nobody has been released');
  const { flag: own, arms } = step.experiment;
  const flag = from.flag ?? own;
  const since = first.releasedAt;
  try {
    const platform = deps.flagsOf(from.platform);
    const counted = await platform.countEvaluations({ flag, since });
    const ofOwn = flag === own ? counted : await platform.countEvaluations({ flag: own, since });
    if (!arms.some(({ name: arm }) => counted[arm])) return nothing(`no page has reported an arm of ${flag}`);
    return {
      metric: name,
      status: 'measured',
      arms: Object.fromEntries(arms.map(({ name: arm }) => [arm, armCounts(counted[arm] ?? 0, ofOwn[arm] ?? 0)])),
      detail: `evaluations of ${flag} in the last 48 hours, from ${since.toISOString().slice(0, 13)}:00Z at the earliest`,
    };
  } catch (error) {
    if (!isFlagPlatformError(error) || (error.retryable && mayRetry)) throw error;
    return { metric: name, status: 'error', arms: {}, detail: error.message };
  }
}

function armCounts(evaluations: number, own: number): ArmStatistics {
  return { n: own, sum: evaluations, sumSquares: evaluations };
}
