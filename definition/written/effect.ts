import type { Effect } from '../resolved-measuring';
import { type Reading, read, unreadable } from './reading';

export const effectPattern = /^[+-]?\d{1,9}(?:\.\d{1,6})?(?:%|pp| [A-Z]{3}|)$/;

/**
 * Reads a difference: `8%` of the control's value, `0.5pp` percentage points, `2 EUR` or `2`. A sign is allowed where
 * something is changed by it. Rule MEAS-801.
 */
export function readEffect(text: string): Reading<Effect> {
  if (!effectPattern.test(text)) {
    return unreadable(
      'MEAS-801',
      `"${text}" is not a difference`,
      'write a share of the control such as 8%, percentage points such as 0.5pp, or money such as 2 EUR',
    );
  }
  const number = Number.parseFloat(text);
  if (text.endsWith('%')) return read({ kind: 'relative', value: hundredth(number) });
  if (text.endsWith('pp')) return read({ kind: 'absolute', value: hundredth(number) });
  return read({ kind: 'absolute', value: number });
}

/**
 * Writes a difference so that it is read as the same one. A currency is only shown: what is absolute is a number, and below
 * one of it percentage points.
 */
export function writeEffect({ kind, value }: Effect, { currency, signed = false }: EffectStyle = {}): string {
  const sign = signed && value > 0 ? '+' : '';
  if (kind === 'relative') return `${sign}${hundredfold(value)}%`;
  if (currency !== undefined) return `${sign}${value} ${currency}`;
  return Math.abs(value) < 1 && value !== 0 ? `${sign}${hundredfold(value)}pp` : `${sign}${value}`;
}

interface EffectStyle {
  currency?: string;
  /** For what something is changed by. */
  signed?: boolean;
}

function hundredfold(share: number): number {
  return Number((share * 100).toPrecision(12));
}

/** A hundredth without binary dust: 8 becomes 0.08. */
function hundredth(number: number): number {
  return Number((number / 100).toPrecision(12));
}
