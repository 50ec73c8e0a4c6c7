import type { MetricPlan } from '../decisions/evidence';
import type { ResolvedMetric } from './resolved-measuring';
import { microsPerUnit } from './written/money';

/** What the decision rules need of a metric. Money is measured in units of its currency; limits of the file are in micros. */
export function metricPlan(metric: ResolvedMetric): MetricPlan {
  const { name, role, kind, goodDirection, margin, alpha, onFail } = metric;
  const isShare = kind === 'proportion' || kind === 'rate-limit';
  const max = metric.max === undefined || isShare || !metric.cap ? metric.max : metric.max / microsPerUnit;
  return {
    name,
    role,
    kind,
    goodDirection,
    ...(margin && { margin }),
    ...(max !== undefined && { max }),
    ...(alpha !== undefined && { alpha }),
    ...(onFail && { onFail }),
  };
}
