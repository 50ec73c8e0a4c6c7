import { type Reading, read, unreadable } from './reading';

export const ratePattern = /^\d{1,6}\/(?:s|min|h)$/;
const secondsPer: Record<string, number> = { s: 1, min: 60, h: 3600 };

/** Reads `200/s`, `600/min` or `5000/h` as messages a second. Rule WORK-702. */
export function readRate(text: string): Reading<number> {
  const [count = '', unit = ''] = text.split('/');
  if (!ratePattern.test(text) || Number(count) === 0) {
    return unreadable('WORK-702', `"${text}" is not a rate`, 'write it as 200/s, 600/min or 5000/h');
  }
  return read(Number(count) / secondsPer[unit]!);
}
