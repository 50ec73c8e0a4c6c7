/** How much money within how long. */
import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { moneyPattern, readMoney } from '../written/money';
import { written } from './field';

export const moneyCapSchema = z
  .strictObject({
    per: written({
      read: readDuration,
      pattern: durationPattern,
      description: 'Any window of this length.',
      examples: ['30d'],
    }),
    amount: written({
      read: readMoney,
      pattern: moneyPattern,
      description: 'Most within it.',
      examples: ['10000 EUR'],
    }),
  })
  .meta({ description: 'A cap.', examples: [{ per: '30d', amount: '10000 EUR' }] });
