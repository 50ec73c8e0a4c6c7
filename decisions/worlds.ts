/** Simulated worlds: sufficient statistics of whole waves, drawn at known rates, without a single simulated person. */
import type { ArmStatistics, MetricKind } from './evidence';
import { DecisionInputError, requireNonNegative, requireShare } from './input-error';
import type { Random } from './random';

/** How a metric behaves in an arm: a share of recipients with an event, and the amount of each (log-normal; default 1). */
export interface Rate {
  /** Share of recipients with an event, in [0,1]. */
  rate: number;
  /** Of means and ratios: the amount of one event. */
  amount?: { mean: number; deviation: number };
}

/** More events than this in a wave, and their sum is drawn as a whole. */
const ONE_BY_ONE = 400;

/** @throws DecisionInputError for shares outside [0,1] and amounts that cannot be log-normal */
export function checkRate(at: string, { rate, amount }: Rate): void {
  requireShare(`${at}.rate`, rate);
  if (!amount) return;
  if (!(amount.mean > 0)) throw new DecisionInputError(`${at}.amount.mean`, 'is above 0', amount.mean);
  requireNonNegative(`${at}.amount.deviation`, amount.deviation);
}

/** Statistics of `n` recipients. Shares are exactly binomial; sums of many amounts are drawn by their first four moments. */
export function drawArm(
  random: Random,
  { kind, n, rate, amount }: Rate & { kind: MetricKind; n: number },
): ArmStatistics {
  const events = random.binomial(n, rate);
  if (kind === 'proportion' || kind === 'rate-limit') return { n, sum: events, sumSquares: events };
  const { sum, sumSquares } = drawAmounts(random, { events, ...(amount ?? { mean: 1, deviation: 0 }) });
  if (kind === 'mean') return { n, sum, sumSquares };
  return { n, sum, sumSquares, denominator: { sum: events, sumSquares: events, cross: sum } };
}

function drawAmounts(random: Random, { events, mean, deviation }: { events: number; mean: number; deviation: number }) {
  const spread = Math.log1p((deviation / mean) ** 2);
  const middle = Math.log(mean) - spread / 2;
  if (events > ONE_BY_ONE) return drawSums(random, { events, spread, middle });
  let [sum, sumSquares] = [0, 0];
  for (let event = 0; event < events; event += 1) {
    const amount = spread === 0 ? mean : Math.exp(middle + Math.sqrt(spread) * random.normal());
    sum += amount;
    sumSquares += amount * amount;
  }
  return { sum, sumSquares };
}

/** Σx and Σx² of many log-normal amounts: jointly normal, with the moments E x^k = exp(kμ + k²σ²/2). */
function drawSums(random: Random, { events, spread, middle }: { events: number; spread: number; middle: number }) {
  const moment = (k: number): number => Math.exp(k * middle + (k * k * spread) / 2);
  const [m1, m2, m3, m4] = [moment(1), moment(2), moment(3), moment(4)];
  const variance = m2 - m1 * m1;
  const own = random.normal();
  const sum = events * m1 + Math.sqrt(Math.max(0, events * variance)) * own;
  const covariance = m3 - m1 * m2;
  const slope = variance > 0 ? covariance / variance : 0;
  const rest = Math.max(0, m4 - m2 * m2 - slope * covariance);
  const squares = events * m2 + slope * (sum - events * m1) + Math.sqrt(events * rest) * random.normal();
  return { sum, sumSquares: Math.max(squares, (sum * sum) / events) };
}

/** Both together: what two waves of one arm come to. */
export function addArms(one: ArmStatistics, two: ArmStatistics): ArmStatistics {
  return {
    n: one.n + two.n,
    sum: one.sum + two.sum,
    sumSquares: one.sumSquares + two.sumSquares,
    ...((one.denominator || two.denominator) && { denominator: addMoments(one.denominator, two.denominator) }),
    ...((one.covariate || two.covariate) && { covariate: addMoments(one.covariate, two.covariate) }),
  };
}

interface Moments {
  sum: number;
  sumSquares: number;
  cross: number;
}

function addMoments(one: Moments | undefined, two: Moments | undefined): Moments {
  const none = { sum: 0, sumSquares: 0, cross: 0 };
  const [a, b] = [one ?? none, two ?? none];
  return { sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares, cross: a.cross + b.cross };
}
