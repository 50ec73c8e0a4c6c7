import { z } from 'zod';
import { readCron } from '../written/cron';
import { written } from './field';

const meaning = {
  description:
    'Starts a run at each firing: one cron expression of five fields (minute, hour, day of the month, month, day of the week) in `timezone`, or a list of them.',
  examples: ['0 9 * * MON', ['0 9 * * MON', '0 17 * * FRI']],
  amend: 'next-step',
};

const expression = written({ read: readCron, description: 'One cron expression.', examples: ['0 9 * * MON'] });

export const cronReader = z
  .union([expression, z.array(expression).min(1).max(10)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .optional()
  .meta(meaning);
