/**
 * Two arms with few events: given one more conversion, the chance that it comes from arm B is B's share of the recipients if
 * the rates are equal, whatever the rate is and however it drifts. A beta-binomial mixture over that share is an e-process,
 * exact at every look: ln E = ln B(kw+c_B, k(1−w)+c_A) − ln B(kw, k(1−w)) − c_B ln w − c_A ln(1−w).
 * M. Lindon, A. Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022 (arXiv 2011.03567), small rates.
 */
import { DecisionInputError, requireCount, requirePositive, requireProbability } from './input-error';
import { logBeta } from './special/gamma';
import { findRoot } from './special/root';

/** Weight of the prior at the share under test, in conversions. */
const CONCENTRATION = 100;

export interface SplitEvidence {
  control: { n: number; events: number };
  arm: { n: number; events: number };
  /** Level in (0,1) of both sides together, over all looks. */
  alpha: number;
}

export interface SplitInterval {
  /** Evidence against equal rates, in nats, and its p-value min(1, 1/E). */
  logEvidence: number;
  pValue: number;
  /** Bounds of the difference of rates arm − control, given how many converted in all. */
  lower: number;
  upper: number;
  estimate: number;
}

/** ln E against the share `w` of the arm among conversions. */
export function logSplitEvidence({ arm, control, w }: { arm: number; control: number; w: number }): number {
  if ((w <= 0 && arm > 0) || (w >= 1 && control > 0)) return Number.POSITIVE_INFINITY;
  if (w <= 0 || w >= 1) return 0;
  const [a, b] = [CONCENTRATION * w, CONCENTRATION * (1 - w)];
  return logBeta(a + arm, b + control) - logBeta(a, b) - arm * Math.log(w) - control * Math.log1p(-w);
}

/**
 * Interval for the difference of two rates. Shares of the arm with E < 1/α are kept; a share s of C conversions stands for
 * rates sC/n_B and (1−s)C/n_A. The side of 0 that it lies on is exact; its width takes C as given.
 */
export function conversionSplit({ control, arm, alpha }: SplitEvidence): SplitInterval {
  requireProbability('alpha', alpha);
  for (const [name, { n, events }] of Object.entries({ control, arm })) {
    requirePositive(`${name}.n`, n);
    requireCount(`${name}.n`, n);
    requireCount(`${name}.events`, events);
    if (events > n) throw new DecisionInputError(`${name}.events`, 'is at most n', events);
  }
  const total = control.events + arm.events;
  const even = arm.n / (arm.n + control.n);
  const estimate = arm.events / arm.n - control.events / control.n;
  if (total === 0) return { logEvidence: 0, pValue: 1, lower: -1, upper: 1, estimate };
  const wall = -Math.log(alpha);
  const over = (w: number): number =>
    Math.min(logSplitEvidence({ arm: arm.events, control: control.events, w }), 1e9) - wall;
  const share = arm.events / total;
  const difference = (s: number): number => total * (s / arm.n - (1 - s) / control.n);
  const low = arm.events === 0 || over(1e-12) < 0 ? 0 : findRoot(over, { low: 1e-12, high: share });
  const high = control.events === 0 || over(1 - 1e-12) < 0 ? 1 : findRoot(over, { low: share, high: 1 - 1e-12 });
  const logEvidence = logSplitEvidence({ arm: arm.events, control: control.events, w: even });
  return {
    logEvidence,
    pValue: Math.min(1, Math.exp(-logEvidence)),
    lower: Math.max(-1, difference(low)),
    upper: Math.min(1, difference(high)),
    estimate,
  };
}
