/** Terms of a loyalty program for tests. */
import type { ProgramTerms } from '../../definition/resolved-loyalty';

export const dayMs = 24 * 3600_000;

export const testTerms: ProgramTerms = {
  currency: 'EUR',
  pointValue: { currency: 'EUR', micros: 10_000 },
  pending: 14 * dayMs,
  expiresAfter: 60 * dayMs,
  overdraft: false,
  order: 'orderId',
  earn: [
    {
      id: 'purchases',
      on: ['order.paid'],
      gives: { perUnitThousandths: 1000, amount: 'total' },
      multiplierThousandths: 1000,
    },
  ],
  refund: { on: ['order.refunded'], amount: 'amount' },
  tiers: [],
  rewards: [],
};
