import type { QuietHours } from '../resolved';
import { type Reading, read, unreadable } from './reading';

export const quietHoursPattern = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/;

/** Reads `21:00-08:30`; an end before the beginning is on the next day. Rule TIME-208. */
export function readQuietHours(text: string): Reading<QuietHours> {
  if (!quietHoursPattern.test(text)) {
    return unreadable('TIME-208', `"${text}" is not a span of the day`, 'write two times of day, such as 21:00-08:30');
  }
  const [from = '', to = ''] = text.split('-');
  if (from === to) {
    return unreadable(
      'TIME-208',
      `quiet hours from ${from} to ${to} are either nothing or the whole day`,
      'leave the line out, or write two different times',
    );
  }
  return read({ from, to });
}
