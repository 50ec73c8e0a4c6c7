import type { Spending } from '../resolved-measuring';
import { type Reading, read, unreadable } from './reading';

export const spendingPattern = /^(?:obrien-fleming|power\(\d(?:\.\d{1,2})?\))$/;

/** Reads `obrien-fleming` or `power(2)` (Lan–DeMets spending functions). Rule MEAS-804. */
export function readSpending(text: string): Reading<Spending> {
  if (text === 'obrien-fleming') return read({ kind: 'obrien-fleming' });
  const phi = /^power\((\d(?:\.\d{1,2})?)\)$/.exec(text)?.[1];
  if (phi !== undefined && Number(phi) > 0) return read({ kind: 'power', phi: Number(phi) });
  return unreadable('MEAS-804', `"${text}" is not a spending function`, 'write obrien-fleming or power(2)');
}

export function writeSpending(spending: Spending): string {
  return spending.kind === 'power' ? `power(${spending.phi})` : spending.kind;
}
