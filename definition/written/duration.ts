import type { Milliseconds } from '../resolved';
import { type Reading, read, unreadable } from './reading';

const second = 1000;
const unitLength = { s: second, m: 60 * second, h: 3600 * second, d: 86_400 * second, w: 7 * 86_400 * second } as const;
type Unit = keyof typeof unitLength;

/** A number and a unit, any number of times, largest unit first: `15m`, `1d 12h`. */
export const durationPattern = /^(?:\d{1,6}[smhdw])(?: ?\d{1,6}[smhdw]){0,4}$/;

/** Longest duration a definition may say: two years. */
export const longestDuration: Milliseconds = 2 * 366 * unitLength.d;

/** Reads `15m`, `6h`, `2d`, `1w` or `1d 12h`. A day is 24 hours. Rule TIME-201. */
export function readDuration(text: string): Reading<Milliseconds> {
  if (!durationPattern.test(text)) {
    return unreadable(
      'TIME-201',
      `"${text}" is not a duration`,
      'write a number and s, m, h, d or w, such as 15m or 2d',
    );
  }
  let total = 0;
  let previous = Number.POSITIVE_INFINITY;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    const length = unitLength[unit as Unit];
    if (length >= previous) {
      return unreadable(
        'TIME-201',
        `"${text}" does not go from the largest unit to the smallest`,
        'write it as 1d 12h',
      );
    }
    previous = length;
    total += Number(count) * length;
  }
  if (total > longestDuration) return unreadable('TIME-201', `"${text}" is longer than two years`, 'shorten it');
  return read(total);
}

/** Writes a duration the way definitions do: `1d 12h`; less than a second becomes `0s`. */
export function writeDuration(duration: Milliseconds): string {
  const parts: string[] = [];
  let rest = Math.round(duration / second) * second;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / unitLength[unit]);
    rest -= count * unitLength[unit];
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ') || '0s';
}
