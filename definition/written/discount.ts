import type { Discount } from '../resolved-promotion';
import { durationPattern, readDuration } from './duration';
import { localTimePattern, readLocalTime } from './local-time';
import { moneyPattern, readMoney } from './money';
import { percentagePattern, readPercentage } from './percentage';
import { type Reading, read, unreadable } from './reading';

type WrittenDiscount = Exclude<Discount, { kind: 'gift' }>;

export const discountPattern =
  /^(?:two-for-one|free-shipping|(?:100|\d{1,2}(?:\.\d{1,2})?)%|\d{1,9}(?:\.\d{1,6})? [A-Z]{3})$/;

/** Reads `15%`, `5 EUR`, `two-for-one` or `free-shipping`. Rule PROMO-901. */
export function readDiscount(text: string): Reading<WrittenDiscount> {
  if (text === 'two-for-one' || text === 'free-shipping') return read({ kind: text });
  if (percentagePattern.test(text)) {
    const share = readPercentage(text);
    if (share.ok && share.value > 0) return read({ kind: 'percent', share: share.value });
  }
  if (moneyPattern.test(text)) {
    const amount = readMoney(text);
    if (amount.ok && amount.value.micros > 0) return read({ kind: 'amount', amount: amount.value });
  }
  return unreadable(
    'PROMO-901',
    `"${text}" is not a discount`,
    'write 15%, 5 EUR, two-for-one, free-shipping or { gift: SKU-1 }',
  );
}

/** When codes end: with the schedule, so long after each was issued, or at a local time. */
export type PromotionEnd = { kind: 'end' } | { kind: 'for'; for: number } | { kind: 'at'; local: string };

/** Reads `end`, `7d` or `2027-04-30T23:59`. */
export function readPromotionEnd(text: string): Reading<PromotionEnd> {
  if (text === 'end') return read({ kind: 'end' });
  if (durationPattern.test(text)) {
    const length = readDuration(text);
    return length.ok ? read({ kind: 'for', for: length.value }) : length;
  }
  if (localTimePattern.test(text)) {
    const local = readLocalTime(text);
    return local.ok ? read({ kind: 'at', local: local.value }) : local;
  }
  return unreadable('TIME-202', `"${text}" is no end`, 'write end, a duration such as 7d, or a local date and time');
}
