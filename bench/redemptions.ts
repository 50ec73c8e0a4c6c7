/** How many codes a gateway redeems a second: a code of its own each, and one code that everybody wants. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../ledger/database';
import { askGateway, euros, issuedRun } from '../tests/support/promotions';

export interface RedemptionFigures {
  /** Redemptions of codes of their own, within one line of a budget. */
  own: Figure;
  /** Redemptions of one code by many customers. */
  shared: Figure;
}

export interface Figure {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * @param lanes requests under way at once
 * @throws Error when a redemption that there is room for is refused
 */
export async function measureRedemptions(options: {
  database: Database;
  gatewayUrl: string;
  /** Of a source with `redeem: true`. */
  secret: string;
  count: number;
  lanes: number;
}): Promise<RedemptionFigures> {
  const { database, count } = options;
  const budget = count * 40;
  const own = await issuedRun(database, { budget });
  const generic = `BENCH-${randomUUID().slice(0, 8)}`;
  await issuedRun(database, {
    budget,
    terms: {
      discount: { kind: 'amount', amount: euros(5) },
      worth: euros(5),
      codes: { generic },
      limits: { total: count, perContact: 1, perCode: count },
    },
  });
  const mine = own.codes.slice(0, count);
  return {
    own: await redeemAll(
      options,
      mine.map((code) => ({ code })),
    ),
    shared: await redeemAll(
      options,
      Array.from({ length: count }, (_, n) => ({ code: generic, customer: { id: `c${n}` } })),
    ),
  };
}

async function redeemAll(
  { gatewayUrl, secret, lanes }: Parameters<typeof measureRedemptions>[0],
  requests: { code: string; customer?: { id: string } }[],
): Promise<Figure> {
  const took: number[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < requests.length; at = next++) {
      const began = performance.now();
      const body = { ...requests[at], basket: { amount: '40.00', currency: 'EUR' } };
      const answer = await askGateway(gatewayUrl, 'redeem', { body, key: randomUUID(), secret });
      if (answer.status !== 200)
        throw new Error(`refused: ${answer.status} ${answer.body.reason ?? answer.body.error}`);
      took.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - began) / 1000;
  const sorted = took.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond: requests.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
