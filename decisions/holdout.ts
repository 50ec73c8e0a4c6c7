/**
 * What a campaign really brought, against those who got nothing. Everybody assigned counts, reached or not (intention to
 * treat): δ = ȳ_T − ȳ_H. Attributed revenue is never incremental revenue.
 */
import type { ArmStatistics } from './evidence';
import type { Inconclusive } from './inconclusive';
import { requireFinite, requireNonNegative, requireProbability } from './input-error';
import { normalUpperQuantile } from './special/normal';
import { checkArm, compareArms, relativeLift } from './statistics';

/** A figure with the interval that holds it with probability 1 − alpha. */
export interface Figure {
  estimate: number;
  lower: number;
  upper: number;
}

export interface HoldoutLift {
  status: 'estimated';
  /** Value a head in the treated group less that in the holdout, in the metric's unit. */
  perHead: Figure;
  /** perHead × treated recipients: revenue that would not have come otherwise. */
  incremental: Figure;
  /** Share of the holdout's value; absent where that is too close to 0. */
  relative?: Figure;
  /** gain: the interval is above 0. loss: below. inconclusive: it straddles 0. */
  verdict: 'gain' | 'loss' | 'inconclusive';
}

export interface HoldoutReturn extends HoldoutLift {
  /** (margin · n_T · δ − cost) / cost. Absent without cost. */
  returnOnInvestment?: Figure;
  /** n_T · δ / cost: incremental revenue for each unit of money spent. */
  returnOnSpend?: Figure;
  /** pays: the interval of the return is above 0. loses: below. inconclusive: it straddles 0, or there was no cost. */
  returnVerdict: 'pays' | 'loses' | 'inconclusive';
}

export interface HoldoutInput {
  kind: 'proportion' | 'mean';
  treated: ArmStatistics;
  holdout: ArmStatistics;
  /** Level in (0,1); default 0.05. */
  alpha?: number;
}

const scaled = ({ estimate, lower, upper }: Figure, factor: number, plus = 0): Figure => {
  const [one, two] = [factor * lower + plus, factor * upper + plus];
  return { estimate: factor * estimate + plus, lower: Math.min(one, two), upper: Math.max(one, two) };
};

const sideOf = ({ lower, upper }: Figure): 1 | -1 | 0 => (lower > 0 ? 1 : upper < 0 ? -1 : 0);

/** Lift over the holdout; inconclusive where one of the groups is empty or nothing varies. */
export function holdoutLift({ kind, treated, holdout, alpha = 0.05 }: HoldoutInput): HoldoutLift | Inconclusive {
  requireProbability('alpha', alpha);
  checkArm(treated, { kind, at: 'treated' });
  checkArm(holdout, { kind, at: 'holdout' });
  const difference = compareArms(kind, { control: holdout, arm: treated });
  if (difference.status === 'inconclusive') return difference;
  const z = normalUpperQuantile(alpha / 2);
  const around = ({ estimate, standardError }: { estimate: number; standardError: number }): Figure => ({
    estimate,
    lower: estimate - z * standardError,
    upper: estimate + z * standardError,
  });
  const perHead = around(difference);
  const relative = relativeLift(difference);
  const side = sideOf(perHead);
  return {
    status: 'estimated',
    perHead,
    incremental: scaled(perHead, treated.n),
    ...(relative.status === 'estimated' && { relative: around(relative) }),
    verdict: side > 0 ? 'gain' : side < 0 ? 'loss' : 'inconclusive',
  };
}

/**
 * Incremental return. `cost` in the unit of the metric, 0 or more; `margin` the share of revenue that is kept, or the worth
 * of one conversion. Both intervals are linear in δ.
 */
export function holdoutReturn(input: HoldoutInput & { cost: number; margin: number }): HoldoutReturn | Inconclusive {
  requireNonNegative('cost', input.cost);
  requireFinite('margin', input.margin);
  const lift = holdoutLift(input);
  if (lift.status === 'inconclusive') return lift;
  if (input.cost === 0) return { ...lift, returnVerdict: 'inconclusive' };
  const returnOnInvestment = scaled(lift.incremental, input.margin / input.cost, -1);
  const side = sideOf(returnOnInvestment);
  return {
    ...lift,
    returnOnInvestment,
    returnOnSpend: scaled(lift.incremental, 1 / input.cost),
    returnVerdict: side > 0 ? 'pays' : side < 0 ? 'loses' : 'inconclusive',
  };
}
