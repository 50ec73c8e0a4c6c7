/**
 * One stream of yes and no against an absolute limit (complaints, bounces): the beta-binomial mixture, exact at every n and
 * at every look (H. Robbins, Annals of Mathematical Statistics 41, 1970; Ville's inequality):
 * ln M(p) = ln B(a+s, b+n−s) − ln B(a,b) − s ln p − (n−s) ln(1−p); the set {p : M(p) < 1/α} holds the truth for ever with
 * probability 1 − α.
 */
import { DecisionInputError, requireCount, requirePositive, requireProbability } from './input-error';
import { logBeta } from './special/gamma';
import { findRoot } from './special/root';

export interface RateEvidence {
  /** Recipients, and those of them with the event. */
  n: number;
  events: number;
  /** Level in (0,1) over all looks together. */
  alpha: number;
  /** Beta prior of the mixture; default uniform. It changes the width, never the level. */
  prior?: { a: number; b: number };
}

/** ln M(p), evidence against the rate p in nats, as a function of p; +∞ where p is impossible. */
export function rateEvidence({ n, events, prior }: Omit<RateEvidence, 'alpha'>): (p: number) => number {
  const { a, b } = prior ?? { a: 1, b: 1 };
  const misses = n - events;
  const mixture = logBeta(a + events, b + misses) - logBeta(a, b);
  return (p) => {
    if ((p <= 0 && events > 0) || (p >= 1 && misses > 0)) return Number.POSITIVE_INFINITY;
    return mixture - (events > 0 ? events * Math.log(p) : 0) - (misses > 0 ? misses * Math.log1p(-p) : 0);
  };
}

/** Of a bound, relative to its size. */
const PRECISE = 1e-11;

function check({ n, events, alpha, prior }: RateEvidence): void {
  requireCount('n', n);
  requireCount('events', events);
  if (events > n) throw new DecisionInputError('events', 'is at most n', events);
  requireProbability('alpha', alpha);
  if (prior) {
    requirePositive('prior.a', prior.a);
    requirePositive('prior.b', prior.b);
  }
}

/**
 * A prior of the weight of one event, centred on the limit: it decides sooner than the uniform one where the limit is small (0.3 %
 * allowed, 1 % true: after 1,400 recipients instead of 1,800).
 */
export function priorAt(limit: number): { a: number; b: number } {
  requireProbability('limit', limit);
  return { a: 1, b: 1 / limit - 1 };
}

/** Bounds of the rate that hold at every look together; [0, 1] while nobody was measured. */
export function rateInterval(evidence: RateEvidence): { lower: number; upper: number } {
  check(evidence);
  if (evidence.n === 0) return { lower: 0, upper: 1 };
  return { lower: lowerBound(evidence), upper: 1 - lowerBound(mirrored(evidence)) };
}

/** Those without the event, so that a rate close to 1 is as precise as one close to 0. */
function mirrored({ n, events, alpha, prior = { a: 1, b: 1 } }: RateEvidence): RateEvidence {
  return { n, events: n - events, alpha, prior: { a: prior.b, b: prior.a } };
}

function lowerBound(evidence: RateEvidence): number {
  const { n, events, alpha } = evidence;
  const against = rateEvidence(evidence);
  const over = (p: number): number => Math.min(against(p), 1e9) + Math.log(alpha);
  return events === 0 || over(0) < 0 ? 0 : findRoot(over, { low: 0, high: events / n, tolerance: PRECISE });
}

/**
 * Whether the rate is shown to be above the limit: M(limit) ≥ 1/α and s/n > limit. May be asked after every event. The prior is
 * by default `priorAt(limit)`.
 */
export function limitBreached({
  limit,
  prior = priorAt(limit),
  ...counted
}: RateEvidence & { limit: number }): boolean {
  check({ ...counted, prior });
  const { n, events, alpha } = counted;
  return n > 0 && events / n > limit && rateEvidence({ n, events, prior })(limit) >= -Math.log(alpha);
}
