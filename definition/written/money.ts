import type { Money } from '../resolved';
import { type Reading, read, unreadable } from './reading';

/** Amounts are whole micros: millionths of a unit of their currency. */
export const microsPerUnit = 1_000_000;
export const moneyPattern = /^\d{1,9}(?:\.\d{1,6})? [A-Z]{3}$/;

/** Reads `24000 EUR` or `0.0009 EUR`; at most six decimals. Rule WORK-704. */
export function readMoney(text: string): Reading<Money> {
  if (!moneyPattern.test(text)) {
    return unreadable(
      'WORK-704',
      `"${text}" is not an amount of money`,
      'write the amount, a space and the ISO 4217 code, such as 0.0009 EUR',
    );
  }
  const [amount = '', currency = ''] = text.split(' ');
  const [units = '0', decimals = ''] = amount.split('.');
  return read({ currency, micros: Number(units) * microsPerUnit + Number(decimals.padEnd(6, '0')) });
}

/** Writes money with two decimals, or as many as it needs below a cent: `45.00 EUR`, `0.0009 EUR`. */
export function writeMoney(money: Money): string {
  const units = Math.floor(money.micros / microsPerUnit);
  const decimals = String(money.micros % microsPerUnit)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${units}.${decimals} ${money.currency}`;
}

/** Writes money the way definitions do: without decimals where there are none. */
export function writeAmount(money: Money): string {
  return writeMoney(money).replace('.00 ', ' ');
}
