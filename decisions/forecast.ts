/**
 * How likely an objective is to reach its target by its deadline, on what has come so far. Counts: the rate is
 * λ ~ Gamma(a+S, b+E) given S events in exposure E, what is still to come in exposure R is negative binomial. Recipients whose
 * window is still open count with the share G(age) of their effect that has come, and will bring the rest (O. Chapelle, "Modeling delayed
 * feedback in display advertising", KDD 2014). Sums: a compound sum of that many amounts, by its mean and variance.
 */
import type { ForecastInput } from './forecast-input';
import { requireCount, requireFinite, requireNonNegative, requireShare } from './input-error';
import { negativeBinomialCdf } from './special/beta';
import { normalSf, normalUpperQuantile } from './special/normal';

export interface Forecast {
  status: 'forecast' | 'inconclusive';
  /** Why there is no forecast. */
  reason?: string;
  /** P(target reached by the deadline), in [0,1]. */
  probability?: number;
  /** Expected value at the deadline and the band that holds it with probability 0.8. */
  expected?: number;
  low?: number;
  high?: number;
  method?: 'negative-binomial' | 'compound-normal';
}

const JEFFREYS = { events: 0.5, exposure: 0 };
const TAIL = 0.1;
/** Fewer amounts than this say too little about the next one. */
const LEAST_AMOUNTS = 5;

/** The forecast; inconclusive while nothing has been exposed, or with fewer than 5 amounts for a sum. */
export function forecast(input: ForecastInput): Forecast {
  check(input);
  const { past, future } = exposureOf(input.exposure);
  const prior = input.prior ?? JEFFREYS;
  const seen = past + prior.exposure;
  if (!(seen > 0))
    return { status: 'inconclusive', reason: 'nobody has been reached yet, so there is no pace to go by' };
  const shape = prior.events + input.observed.events;
  if (input.kind === 'count') return countForecast(input, { shape, seen, future });
  return sumForecast(input, { shape, seen, future });
}

function check({ target, observed, exposure, prior }: ForecastInput): void {
  requireFinite('target', target);
  requireCount('observed.events', observed.events);
  requireFinite('observed.sum', observed.sum ?? 0);
  requireNonNegative('observed.sumSquares', observed.sumSquares ?? 0);
  requireNonNegative('prior.events', prior?.events ?? 0);
  requireNonNegative('prior.exposure', prior?.exposure ?? 0);
  if (exposure.kind === 'linear') {
    requireNonNegative('exposure.elapsed', exposure.elapsed);
    requireNonNegative('exposure.remaining', exposure.remaining);
    return;
  }
  requireNonNegative('exposure.remainingUnits', exposure.remainingUnits);
  requireShare('exposure.remainingArrival', exposure.remainingArrival ?? 1);
  requireShare('exposure.arrivedByDeadline', exposure.arrivedByDeadline ?? 1);
  exposure.cohorts.forEach(({ units, arrived }, index) => {
    requireNonNegative(`exposure.cohorts[${index}].units`, units);
    requireShare(`exposure.cohorts[${index}].arrived`, arrived);
  });
}

/** Exposure so far and to come, in recipients whose whole effect has come, or in time. */
function exposureOf(exposure: ForecastInput['exposure']): { past: number; future: number } {
  if (exposure.kind === 'linear') return { past: exposure.elapsed, future: exposure.remaining };
  const { cohorts, arrivedByDeadline = 1, remainingUnits, remainingArrival = 1 } = exposure;
  let [past, future] = [0, remainingUnits * remainingArrival];
  for (const { units, arrived } of cohorts) {
    past += units * arrived;
    future += units * Math.max(0, arrivedByDeadline - arrived);
  }
  return { past, future };
}

interface Pace {
  shape: number;
  seen: number;
  future: number;
}

/** The future is certain: nothing more comes. */
function settled({ target, goodDirection }: ForecastInput, value: number, method: Forecast['method']): Forecast {
  const reached = goodDirection === 'down' ? value <= target : value >= target;
  return {
    status: 'forecast',
    probability: reached ? 1 : 0,
    expected: value,
    low: value,
    high: value,
    ...(method && { method }),
  };
}

function countForecast(input: ForecastInput, { shape, seen, future }: Pace): Forecast {
  const { target, goodDirection = 'up', observed } = input;
  if (future === 0 || shape === 0) return settled(input, observed.events, 'negative-binomial');
  const [p, q] = [seen / (seen + future), future / (seen + future)];
  const cdf = (k: number) => negativeBinomialCdf({ r: shape, p, q, k });
  const need = target - observed.events;
  const probability = goodDirection === 'up' ? cdf(Math.ceil(need) - 1).upper : cdf(Math.floor(need)).lower;
  const quantile = (level: number): number => observed.events + leastCount((k) => cdf(k).lower >= level);
  return {
    status: 'forecast',
    probability,
    expected: observed.events + (shape * future) / seen,
    low: quantile(TAIL),
    high: quantile(1 - TAIL),
    method: 'negative-binomial',
  };
}

/** The smallest whole number, 0 or more, for which `enough` holds; it holds for every larger one. */
function leastCount(enough: (k: number) => boolean): number {
  let high = 1;
  while (!enough(high)) high *= 2;
  let low = -1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** E = N·m; Var = N·v + Var(N)·m² + N²·v/events, the last for not knowing the mean amount m. */
function sumForecast(input: ForecastInput, { shape, seen, future }: Pace): Forecast {
  const { target, goodDirection = 'up', observed } = input;
  const { events, sum = 0, sumSquares = 0 } = observed;
  if (future === 0) return settled(input, sum, 'compound-normal');
  if (events < LEAST_AMOUNTS)
    return {
      status: 'inconclusive',
      reason: `${events} amounts so far; ${LEAST_AMOUNTS} are needed for a forecast of their sum`,
    };
  const amount = sum / events;
  const spread = Math.max(0, (sumSquares - (sum * sum) / events) / (events - 1));
  const count = (shape * future) / seen;
  const countVariance = count * (1 + future / seen);
  const deviation = Math.sqrt(count * spread + countVariance * amount * amount + (count * count * spread) / events);
  const expected = sum + count * amount;
  if (!(deviation > 0)) return settled(input, expected, 'compound-normal');
  const above = normalSf((target - expected) / deviation);
  const half = normalUpperQuantile(TAIL) * deviation;
  return {
    status: 'forecast',
    probability: goodDirection === 'up' ? above : normalSf((expected - target) / deviation),
    expected,
    low: expected - half,
    high: expected + half,
    method: 'compound-normal',
  };
}
