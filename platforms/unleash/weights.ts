/** Weights as Unleash keeps them: whole thousandths that add up to exactly 1000. */

const whole = 1000;

export interface WeightedArm {
  name: string;
  /** Thousandths. */
  weight: number;
}

/**
 * Shares of any scale as thousandths, by the method of the largest remainder; sorted by name, as the server keeps them. An arm
 * with a share above zero gets at least one thousandth. @throws RangeError for shares that are no shares, or all zero
 */
export function perMille(shares: Readonly<Record<string, number>>): WeightedArm[] {
  const entries = Object.entries(shares).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  const usable = entries.every(([, share]) => share >= 0) && total > 0 && Number.isFinite(total);
  if (!usable || entries.length > whole) throw new RangeError('weights are numbers of at least 0, one of them above 0');
  const arms = entries.map(([name, share]) => {
    const exact = (share / total) * whole;
    const weight = share > 0 ? Math.max(1, Math.floor(exact)) : 0;
    return { name, weight, missing: share > 0 ? exact - weight : Number.NEGATIVE_INFINITY };
  });
  for (let left = whole - sumOf(arms); left !== 0; left -= Math.sign(left)) {
    const arm = left > 0 ? greatest(arms, 'missing') : greatest(arms, 'weight');
    arm.weight += Math.sign(left);
    arm.missing -= Math.sign(left);
  }
  return arms.map(({ name, weight }) => ({ name, weight }));
}

/**
 * Whole per cent of the visitors, as Unleash keeps it, never more than asked for.
 * @throws RangeError outside [0, 1], and above 0 but below the smallest that it can keep, 1 %
 */
export function perCent(exposure: number): number {
  if (!(exposure >= 0 && exposure <= 1)) throw new RangeError('exposure is a share from 0 to 1');
  const rounding = 1e-9;
  const percent = Math.floor(exposure * 100 + rounding);
  if (percent === 0 && exposure > 0) throw new RangeError('the flag server cannot keep an exposure below 1 %');
  return percent;
}

function sumOf(arms: readonly WeightedArm[]): number {
  return arms.reduce((sum, { weight }) => sum + weight, 0);
}

function greatest<K extends string, T extends Record<K, number>>(items: T[], key: K): T {
  return items.reduce((best, item) => (item[key] > best[key] ? item : best));
}
