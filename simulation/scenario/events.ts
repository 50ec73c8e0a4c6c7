/** What a scenario may say of events: what customers do, how often, and what such an event tells. */
import { z } from 'zod';
import { writtenOrElse } from '../../definition/schema/field';
import { durationPattern, readDuration } from '../../definition/written/duration';
import { eventTypePattern, longestEventType } from '../../definition/written/event-type';
import { percentagePattern, readPercentage } from '../../definition/written/percentage';

const eventType = z.string().regex(eventTypePattern).max(longestEventType);
const path = z.string().regex(/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/);
const single = z.union([z.string().max(200), z.number(), z.boolean()]);

const valueSchema = z.union([
  single,
  z.array(single).min(1).max(50),
  z
    .strictObject({
      mean: z
        .number()
        .positive()
        .meta({ description: 'Mean of the amounts.', examples: [35] }),
      spread: z
        .number()
        .min(0)
        .default(0)
        .meta({ description: 'Standard deviation of the amounts (log-normal).', examples: [15] }),
    })
    .meta({ description: 'An amount with two decimals, by chance.', examples: [{ mean: 35, spread: 15 }] }),
]);

const followSchema = z.strictObject({
  after: eventType.meta({ description: 'Type of the event that it follows.', examples: ['basket.updated'] }),
  share: writtenOrElse('25%', {
    read: readPercentage,
    pattern: percentagePattern,
    description: 'Share of those events that it follows.',
    examples: ['25%'],
  }),
  delay: writtenOrElse('1d', {
    read: readDuration,
    pattern: durationPattern,
    description: 'How long after it on average, by an exponential law.',
    examples: ['1d'],
  }),
});

export const eventSchema = z.strictObject({
  perDay: z
    .number()
    .min(0)
    .max(100_000)
    .optional()
    .meta({
      description:
        'How many a day, of people taken by chance, evenly over the day; a simulation has a million at most.',
      examples: [5],
    }),
  follows: z
    .array(followSchema)
    .max(10)
    .optional()
    .meta({
      description:
        'Events after which the same person does this; it says what they said, and of its own `data` what they did not.',
      examples: [[{ after: 'basket.updated', share: '25%', delay: '6h' }]],
    }),
  source: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .meta({ description: '`event.source`. Absent: `simulation`.', examples: ['shop'] }),
  data: z
    .record(path, valueSchema)
    .default({})
    .meta({
      description:
        'What stands in `event.data`, by its path: a value, a list of which chance takes one, or an amount. `{n}` in a text is the number of the event, and stays that of the event that it follows.',
      examples: [{ basketId: 'basket-{n}', total: { mean: 35, spread: 15 }, stars: [3, 4, 5] }],
    }),
  counts: z
    .strictObject({
      as: z.enum(['converted', 'refund']).meta({ description: 'Kind in the book of events.', examples: ['converted'] }),
      amount: path.optional().meta({ description: 'Path of the money in the data.', examples: ['total'] }),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/)
        .default('EUR')
        .meta({ description: 'Currency of the money.', examples: ['EUR'] }),
    })
    .optional()
    .meta({
      description: 'As what metrics and money count it, as `kinds` of a source would say.',
      examples: [{ as: 'converted', amount: 'total' }],
    }),
});

export const eventsSchema = z
  .record(eventType, eventSchema)
  .default({})
  .meta({
    description:
      'What customers do, for campaigns with a `trigger` or a `program`. What is not said is drawn from the campaign: its events come 3 times a day, and what ends or is waited for follows a quarter of them.',
    examples: [
      {
        'basket.updated': { perDay: 8, data: { basketId: 'basket-{n}', total: { mean: 35, spread: 15 } } },
        'order.paid': { follows: [{ after: 'basket.updated', share: '25%', delay: '6h' }] },
      },
    ],
  });

export type ScenarioEvent = z.output<typeof eventSchema>;
export type EventValue = z.output<typeof valueSchema>;
