/** The `promotion` step: codes that are worth money. */
import { z } from 'zod';
import { discountPattern, readDiscount, readPromotionEnd } from '../written/discount';
import { localTimePattern, readLocalTime } from '../written/local-time';
import { moneyPattern, readMoney } from '../written/money';
import { id, text, written } from './field';

const money = (options: { description: string; examples: string[] }) =>
  written({ read: readMoney, pattern: moneyPattern, ...options });

const giftSchema = z
  .strictObject({ gift: text({ max: 100, description: 'What is given, as the shop calls it.', examples: ['SKU-1'] }) })
  .meta({ description: 'A gift.', examples: [{ gift: 'SKU-1' }] });

const genericSchema = z
  .strictObject({
    generic: text({ max: 40, description: 'The code that everybody may use.', examples: ['PRIMAVERA'] }),
  })
  .meta({ description: 'One code for all.', examples: [{ generic: 'PRIMAVERA' }] });

const most = (options: { description: string; examples: number[] }) => z.int().min(1).max(100_000_000).meta(options);

const usesInAll = most({
  description: 'Uses in all; a generic code needs it. Absent: as many as the codes allow.',
  examples: [500],
}).optional();
const usesByOne = most({ description: 'Uses by one customer.', examples: [1] });
const usesOfACode = most({ description: 'Uses of one code that belongs to a contact.', examples: [1] }).default(1);

export const promotionSchema = z
  .strictObject({
    discount: z
      .union([
        written({
          read: readDiscount,
          pattern: discountPattern,
          description: 'A share, an amount, two-for-one or free-shipping.',
          examples: ['15%'],
        }),
        giftSchema,
      ])
      .meta({
        description:
          'What a code gives: a share of the basket, an amount, two-for-one, free-shipping, or a gift as { gift: … }.',
        examples: ['15%', '5 EUR', 'two-for-one', { gift: 'SKU-1' }],
      }),
    maxDiscount: money({
      description: 'Most that a share of the basket may come to.',
      examples: ['20 EUR'],
    }).optional(),
    worth: money({
      description:
        'What one use costs at most; so much is reserved for each. Absent: the amount, or `maxDiscount`. Needed where neither says it.',
      examples: ['20 EUR'],
    }).optional(),
    minimumBasket: money({ description: 'Smallest basket for which a code counts.', examples: ['30 EUR'] }).optional(),
    codes: z
      .union([z.literal('one-per-contact'), genericSchema])
      .default('one-per-contact')
      .meta({
        description: 'A code of its own for each contact, or one for all as { generic: … }.',
        examples: ['one-per-contact', { generic: 'PRIMAVERA' }],
      }),
    limits: z
      .strictObject({
        total: usesInAll,
        perContact: usesByOne.default(1),
        perCode: usesOfACode,
      })
      .prefault({})
      .meta({ description: 'How often codes may be used.', examples: [{ total: 500, perContact: 1, perCode: 1 }] }),
    validFrom: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description: 'Local date and time from which codes count. Absent: at once.',
      examples: ['2027-04-01T09:00'],
    }).optional(),
    validUntil: written({
      read: readPromotionEnd,
      description:
        'Until when codes count: `end` of the schedule, a duration after each was issued, or a local date and time. Absent: for ever.',
      examples: ['end', '7d', '2027-04-30T23:59'],
    }).optional(),
    stacking: z
      .enum(['alone', 'with-others'])
      .default('alone')
      .meta({ description: 'May a basket use it together with other promotions?', examples: ['alone'] }),
    platform: id({
      description:
        'Where codes are used: `built-in` (the gateway’s redemption endpoint), or a key of `platforms` in volante.yaml.',
      examples: ['built-in', 'pay'],
    }).default('built-in'),
    budget: id({ description: 'Line of the budget that pays.', examples: ['promotion'] }),
    undo: z
      .enum(['disable-unredeemed', 'keep'])
      .default('disable-unredeemed')
      .meta({
        description: 'What an abort does with codes that nobody has used: disable them, or leave them valid.',
        examples: ['disable-unredeemed'],
      }),
  })
  .meta({
    description: 'Issues codes that are worth money, within a line of the budget.',
    examples: [{ discount: '15%', maxDiscount: '20 EUR', validUntil: 'end', budget: 'promotion' }],
  });

/** The same words for a code that points are spent for: one for each spending, which stays whatever becomes of the program. */
export const rewardPromotionSchema = promotionSchema
  .omit({ codes: true, validFrom: true, undo: true })
  .extend({
    limits: z
      .strictObject({ total: usesInAll, perContact: usesByOne.optional(), perCode: usesOfACode })
      .prefault({})
      .meta({
        description:
          'How often codes may be used. Nobody spends points for a code that these would not let them use; absent limits are none.',
        examples: [{ total: 500, perContact: 3, perCode: 1 }],
      }),
  })
  .meta({
    description: 'A code of its own for each spending, worth money, within a line of the budget.',
    examples: [{ discount: '5 EUR', minimumBasket: '30 EUR', validUntil: '30d', budget: 'promotion' }],
  });
