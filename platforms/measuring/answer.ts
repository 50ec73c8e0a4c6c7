/** Reads what a source says as numbers that can be judged, or says why not. */
import type { ArmStatistics } from '../../decisions/evidence';
import { MeasurementError } from '../../errors/measurement-error';

const mostArms = 100;
const armName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** One arm as a source names its numbers: a row of columns, or an entry of JSON. */
export interface NamedNumbers {
  arm: unknown;
  n: unknown;
  sum: unknown;
  sumSquares: unknown;
}

/** @throws MeasurementError naming the arm and the number that cannot be */
export function readArms(metric: string, rows: readonly NamedNumbers[]): Record<string, ArmStatistics> {
  if (rows.length > mostArms) throw nonsense(metric, `answers ${rows.length} arms`);
  const arms: Record<string, ArmStatistics> = {};
  for (const row of rows) {
    const arm = row.arm ?? 'all';
    if (typeof arm !== 'string' || !armName.test(arm)) throw nonsense(metric, 'names an arm that is no name');
    if (Object.hasOwn(arms, arm)) throw nonsense(metric, `answers arm ${arm} twice`);
    const n = numberOf(metric, row.n, `n of ${arm}`);
    const sum = numberOf(metric, row.sum, `sum of ${arm}`);
    const sumSquares = numberOf(metric, row.sumSquares, `sum_squares of ${arm}`);
    if (n < 0 || !Number.isInteger(n)) throw nonsense(metric, `n of ${arm} is no count`);
    // Cauchy–Schwarz: no numbers have such sums.
    if (sumSquares < 0 || sum * sum > n * sumSquares * (1 + 1e-9))
      throw nonsense(metric, `sum and sum_squares of ${arm} do not fit together`);
    arms[arm] = { n, sum, sumSquares };
  }
  return arms;
}

function numberOf(metric: string, value: unknown, what: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw nonsense(metric, `${what} is no number`);
  return number;
}

export function nonsense(metric: string, what: string): MeasurementError {
  return new MeasurementError(`the source of ${metric}: ${what}`, { mayPass: false });
}
