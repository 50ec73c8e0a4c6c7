import { type Reading, read, unreadable } from './reading';

interface CronField {
  name: string;
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const fields: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of the week', min: 0, max: 6, names: weekdays },
];
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a cron expression of five fields: numbers, names of months and weekdays, `*`, lists, ranges and steps.
 * Refused: seconds, `@daily`, `CRON_TZ=`, `?`, `L`, `W`, `#`, Sunday as 7, and days that never come. Rule TIME-207.
 */
export function readCron(text: string): Reading<string> {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return unreadable(
      'TIME-207',
      `a cron expression has five fields, "${text}" has ${text.trim() === '' ? 0 : parts.length}`,
      'write minute, hour, day of the month, month and day of the week, such as 0 9 * * MON',
    );
  }
  const values: number[][] = [];
  for (const [index, field] of fields.entries()) {
    const part = parts[index]!;
    const numbers = part
      .toUpperCase()
      .split(',')
      .map((item) => readItem(item, field));
    if (numbers.some((item) => item === undefined)) {
      return unreadable(
        'TIME-207',
        `"${part}" is not a ${field.name} (${field.min}-${field.max})`,
        field.name === 'day of the week'
          ? 'write 0-6 or SUN-SAT'
          : `write numbers from ${field.min} to ${field.max}, with * - , and / as needed`,
      );
    }
    values.push(numbers.flatMap((item) => item ?? []));
  }
  const [, , daysOfMonth = [], monthNumbers = []] = values;
  const everComes = monthNumbers.some((month) => daysOfMonth.some((day) => day <= longestMonth[month - 1]!));
  if (!everComes && parts[4] === '*') {
    return unreadable('TIME-207', `"${text}" never comes: no such day in that month`, 'choose a day the month has');
  }
  return read(parts.join(' '));
}

function readItem(item: string, field: CronField): number[] | undefined {
  const match = /^(\*|[A-Z]{3}|\d{1,2})(?:-([A-Z]{3}|\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(item);
  if (!match) return undefined;
  const [, first = '', last, step] = match;
  if (first === '*' && last !== undefined) return undefined;
  const from = first === '*' ? field.min : numberOf(first, field);
  const open = first === '*' || (step !== undefined && last === undefined);
  const to = last !== undefined ? numberOf(last, field) : open ? field.max : from;
  const stride = step === undefined ? 1 : Number(step);
  if (from === undefined || to === undefined || to < from || stride < 1) return undefined;
  const numbers: number[] = [];
  for (let value = from; value <= to; value += stride) numbers.push(value);
  return numbers;
}

function numberOf(text: string, field: CronField): number | undefined {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.min;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}
