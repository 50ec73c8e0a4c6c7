/** A metric of the campaign file as the book of events counts it. */
import type { EventKind, MetricEvent, ResolvedMetric } from '../definition/resolved-measuring';
import { MeasurementError } from '../errors/measurement-error';

/** What one member counts: whether anything happened (0 or 1), how often, or for how much money. */
export interface Term {
  of: 'presence' | 'count' | 'money';
  kinds: EventKind[];
}

export interface BookMetric {
  name: string;
  value: Term;
  /** Of a ratio. */
  denominator?: Term;
  windowMs: number;
  /** Span before the delivery over which the same is measured, to make the estimate sharper. */
  covariateMs?: number;
  /** Most, and least, that one member counts. */
  cap?: { micros: number; currency: string };
}

/** @throws MeasurementError when the metric comes from elsewhere than the book */
export function bookMetric(metric: ResolvedMetric): BookMetric {
  const { name, kind, from, per, window, covariate, cap } = metric;
  if (!('events' in from))
    throw new MeasurementError(`metric ${name} does not come from the book of events`, { mayPass: false });
  const isRatio = kind === 'ratio';
  if (isRatio && per === undefined)
    throw new MeasurementError(`metric ${name} is a ratio without a denominator (per)`, { mayPass: false });
  const value = kind === 'proportion' || kind === 'rate-limit' ? presence(from.events) : amount(from.events);
  if (cap !== undefined && value.of !== 'money')
    throw new MeasurementError(`metric ${name} counts no money, so its cap in ${cap.currency} says nothing`, {
      mayPass: false,
    });
  return {
    name,
    value,
    ...(isRatio && per !== undefined && { denominator: amount(per) }),
    windowMs: window,
    ...(!isRatio && covariate !== undefined && { covariateMs: covariate }),
    cap,
  };
}

/** Kinds that make a member count; giving money back does not make a buyer, nor unmake one. */
const presence = (event: MetricEvent): Term => ({
  of: 'presence',
  kinds: event === 'revenue' ? ['converted', 'revenue'] : [event],
});

/** `revenue` and `refund` are money, everything else is how often it happened. */
function amount(event: MetricEvent): Term {
  if (event === 'revenue') return { of: 'money', kinds: ['converted', 'revenue', 'refund'] };
  if (event === 'refund') return { of: 'money', kinds: ['refund'] };
  return { of: 'count', kinds: [event] };
}
