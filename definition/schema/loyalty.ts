/** A loyalty program and the step that awards its points. */
import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { moneyPattern, readMoney } from '../written/money';
import { id, text, written, writtenOrElse } from './field';
import { condition, eventTypes } from './journey';
import { rewardPromotionSchema } from './promotion';

const mostPoints = 1_000_000;

const points = (description: string, examples: number[]) =>
  z.int().min(1).max(mostPoints).meta({ description, examples });

const duration = (description: string, examples: string[]) =>
  written({ read: readDuration, pattern: durationPattern, description, examples });

/** Exact to a thousandth. */
const factor = (description: string, examples: number[]) =>
  z.number().min(0.001).max(1000).multipleOf(0.001).meta({ description, examples });

const dataPathPattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,5}$/;

const dataPath = (whenAbsent: string, description: string) =>
  z
    .string()
    .regex(dataPathPattern)
    .max(120)
    .default(whenAbsent)
    .meta({ description, examples: [whenAbsent] });

const earnSchema = z
  .strictObject({
    id: id({ description: 'Name of the rule, unique in the program.', examples: ['purchases'] }),
    on: eventTypes('Types of events that earn points.', ['order.paid', ['order.paid', 'order.collected']]),
    where: condition('CEL over `event` and `contact`. Absent: every such event earns.', [
      'event.data.channel == "web"',
    ]).optional(),
    points: points('Points that each event earns.', [10]).optional(),
    perUnit: factor('Points for each unit of money that was paid.', [1, 0.5]).optional(),
    amount: dataPath('total', 'Where in `event.data` the amount stands that `perUnit` counts.'),
    multiplier: factor('How many times as much, for a while or for a kind of order.', [2]).default(1),
    limit: z
      .strictObject({
        points: points('Most points of this rule for one member.', [500]),
        per: duration('Within any such time.', ['30d']),
      })
      .optional()
      .meta({ description: 'How much one member can earn by this rule.', examples: [{ points: 500, per: '30d' }] }),
  })
  .meta({
    description: 'One way of earning points.',
    examples: [{ id: 'purchases', on: 'order.paid', perUnit: 1 }],
  });

const refundSchema = z
  .strictObject({
    on: eventTypes('Types of events that say an order was given back.', ['order.refunded']),
    amount: dataPath('amount', 'Where in `event.data` the amount stands that was given back. Not there: all of it.'),
  })
  .meta({
    description: 'Refunds take back what the order had earned, in proportion.',
    examples: [{ on: 'order.refunded' }],
  });

const tierSchema = z
  .strictObject({
    id: id({ description: 'Name of the tier, unique in the program.', examples: ['silver'] }),
    from: points('Points earned within the period from which a member has this tier.', [500]),
    period: duration('The time that counts, up to now.', ['365d']),
    multiplier: factor('How many times as many points members of this tier earn.', [1.25]).default(1),
  })
  .meta({
    description: 'A tier of members.',
    examples: [{ id: 'silver', from: 500, period: '365d', multiplier: 1.25 }],
  });

const storeCreditSchema = z
  .strictObject({
    amount: written({
      read: readMoney,
      pattern: moneyPattern,
      description: 'How much, in whole cents.',
      examples: ['5 EUR'],
    }),
    platform: id({
      description: 'A Medusa shop under `platforms` in volante.yaml, with the loyalty plugin.',
      examples: ['shop'],
    }),
  })
  .meta({
    description: 'Store credit in the customer’s account of a shop platform.',
    examples: [{ amount: '5 EUR', platform: 'shop' }],
  });

const rewardSchema = z
  .strictObject({
    id: id({ description: 'Name of the reward, unique in the program.', examples: ['mug'] }),
    cost: points('Points that it costs.', [500]),
    gift: text({
      max: 100,
      description: 'What the shop hands out, by its own number.',
      examples: ['MUG-1'],
    }).optional(),
    storeCredit: storeCreditSchema.optional(),
    promotion: rewardPromotionSchema.optional(),
  })
  .meta({
    description: 'What points can buy: a gift, store credit, or a code that is worth money.',
    examples: [
      { id: 'mug', cost: 500, gift: 'MUG-1' },
      { id: 'credit', cost: 500, storeCredit: { amount: '5 EUR', platform: 'shop' } },
      { id: 'five-off', cost: 500, promotion: { discount: '5 EUR', validUntil: '30d', budget: 'promotion' } },
    ],
  });

export const programSchema = z
  .strictObject({
    pointValue: written({
      read: readMoney,
      pattern: moneyPattern,
      description: 'What a point costs the shop when it is spent; also names the currency of the program.',
      examples: ['0.01 EUR'],
    }),
    pending: writtenOrElse('14d', {
      read: readDuration,
      pattern: durationPattern,
      description: 'Return period: so long earned points cannot be spent.',
      examples: ['14d'],
    }),
    expiresAfter: duration('How long points can be spent, from the day they become active. Absent: for ever.', [
      '365d',
    ]).optional(),
    overdraft: z
      .boolean()
      .default(false)
      .meta({
        description:
          'May a refund leave a member with less than nothing, to be made up by points to come? When not, what is not there is written down as uncovered.',
        examples: [false],
      }),
    order: dataPath('orderId', 'Where in `event.data` the number of the order stands, by which refunds find it.'),
    earn: z
      .array(earnSchema)
      .min(1)
      .max(50)
      .meta({
        description: 'Ways of earning points.',
        examples: [[{ id: 'purchases', on: 'order.paid', perUnit: 1 }]],
      }),
    refund: refundSchema.optional(),
    tiers: z
      .array(tierSchema)
      .max(10)
      .default([])
      .meta({
        description: 'From the lowest to the highest.',
        examples: [[{ id: 'silver', from: 500, period: '365d' }]],
      }),
    rewards: z
      .array(rewardSchema)
      .max(100)
      .default([])
      .meta({ description: 'What points can buy.', examples: [[{ id: 'mug', cost: 500, gift: 'MUG-1' }]] }),
    expiryWarning: duration('How long before points expire an event `points.expiring` says so. Absent: none does.', [
      '30d',
    ]).optional(),
  })
  .meta({
    description:
      'Makes this a loyalty program: it stays open until the campaign ends, and events earn points. The id of the campaign is the name of the program.',
    examples: [{ pointValue: '0.01 EUR', earn: [{ id: 'purchases', on: 'order.paid', perUnit: 1 }] }],
    amend: 'next-step',
  });

export const loyaltyStepSchema = z
  .strictObject({
    program: id({ description: 'The program: the id of its campaign.', examples: ['club'] }),
    award: points('Points for each member.', [50]),
    to: z
      .enum(['all', 'buyers'])
      .default('all')
      .meta({
        description: 'Everybody who was not held out, or those of them who have bought since the run was prepared.',
        examples: ['buyers'],
      }),
    after: writtenOrElse('0s', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long the points are pending.',
      examples: ['14d'],
    }),
    undo: z
      .enum(['reverse', 'keep'])
      .default('reverse')
      .meta({ description: 'What becomes of the points when the run is aborted.', examples: ['reverse'] }),
  })
  .meta({
    description: 'Awards points of a loyalty program.',
    examples: [{ program: 'club', award: 50, to: 'buyers', after: '14d' }],
  });
