/** The end of promotions: codes that expire, and promotions that are taken back. */
import { randomUUID } from 'node:crypto';
import type { Money } from '../../definition/resolved';
import { type Database, maybeOne, one, type Queryable, transaction } from '../database';
import { expireHolds } from './holds';
import {
  duePromotions,
  findPromotion,
  lockPromotion,
  type PromotionRef,
  type PromotionRow,
  trimSlots,
} from './promotion';

/** Codes one transaction changes. */
const closeAtOnce = 10_000;

/** What became of a promotion that was taken back. */
export interface Undone {
  /** Codes that nobody can use any more. */
  disabled: number;
  /** Redemptions that happened and stay; refunds of orders come back by themselves. */
  redeemed: number;
  /** What those cost. */
  spent: Money;
  /** Held for a checkout at this moment: each is used or given back within its time. */
  held: number;
}

/**
 * Stops a promotion at once, then disables what is not redeemed, and gives its money back. Repeatable: a second time finds
 * nothing more to do and says the same.
 * @returns undefined when the promotion was never opened
 */
export async function undoPromotion(
  database: Database,
  ref: PromotionRef & { now: Date; by: string; onProgress?: (disabled: number) => void },
): Promise<Undone | undefined> {
  const { now, by, onProgress } = ref;
  const found = await findPromotion(database, ref);
  if (!found) return undefined;
  await database.query(
    `update promotions set state = 'disabled', closed_at = coalesce(closed_at, $2) where no = $1 and state = 'active'`,
    [found.no, now],
  );
  for (let disabled = 0; ; ) {
    const count = await transaction(database, async (client) => {
      const promotion = await lockPromotion(client, found.no);
      await expireHolds(client, promotion, now);
      return endCodes(client, { promotionNo: found.no, as: 'disabled', where: 'true', now });
    });
    disabled += count;
    onProgress?.(disabled);
    if (count < closeAtOnce) break;
  }
  await transaction(database, async (client) => {
    await lockPromotion(client, found.no);
    const key = `undo:${found.no}:${randomUUID()}`;
    await trimSlots(client, { promotionNo: found.no, key, at: now, why: `undo ${found.step}`, by });
  });
  return readUndone(database, found.no);
}

async function endCodes(
  client: Queryable,
  given: { promotionNo: string; as: 'disabled' | 'expired'; where: 'true' | 'valid_until <= $4'; now: Date },
): Promise<number> {
  const { promotionNo, as, where, now } = given;
  const { rowCount } = await client.query(
    `update promotion_codes set state = $2 where no in (
       select no from promotion_codes where promotion_no = $1 and state = 'active' and ${where} order by no limit $3)
       ${where === 'true' ? '' : 'and $4::timestamptz is not null'}`,
    where === 'true' ? [promotionNo, as, closeAtOnce] : [promotionNo, as, closeAtOnce, now],
  );
  return rowCount ?? 0;
}

async function readUndone(queryable: Queryable, promotionNo: string): Promise<Undone> {
  const row = await one<{ disabled: number; redeemed: number; held: number; currency: string; micros: number }>(
    queryable,
    `select p.redeemed, p.held, p.currency,
            (select count(*)::int from promotion_codes c where c.promotion_no = p.no and c.state = 'disabled' and c.redeemed < c.most) as disabled,
            (select coalesce(sum(value_micros - refunded_micros), 0)::float8 from redemptions r where r.promotion_no = p.no and r.state = 'redeemed') as micros
       from promotions p where p.no = $1`,
    [promotionNo],
  );
  const { currency, micros, ...counts } = row;
  return { ...counts, spent: { currency, micros } };
}

/**
 * Ends what has expired: codes, holds, and promotions of which nothing is left; their money is available again.
 * @param settle brings the uses of codes that a platform outside has into the book before their money is given back; false
 *   leaves the promotion as it is, for another time. Without it such promotions are left.
 * @returns how many promotions were ended, in whole or in part
 */
export async function expirePromotions(
  database: Database,
  { now, settle = async () => false }: { now: Date; settle?: (due: PromotionRow) => Promise<boolean> },
): Promise<number> {
  let touched = 0;
  for (const due of await duePromotions(database, now)) {
    if (due.platformRef !== null && !(await settle(due))) continue;
    await expirePromotion(database, due.no, now);
    touched += 1;
  }
  return touched;
}

async function expirePromotion(database: Database, no: string, now: Date): Promise<void> {
  for (;;) {
    const ended = await transaction(database, async (client) => {
      const promotion = await lockPromotion(client, no);
      await expireHolds(client, promotion, now);
      return endCodes(client, { promotionNo: no, as: 'expired', where: 'valid_until <= $4', now });
    });
    if (ended < closeAtOnce) break;
  }
  await transaction(database, (client) => closeExpired(client, no, now));
}

async function closeExpired(client: Queryable, no: string, now: Date): Promise<void> {
  const promotion = await lockPromotion(client, no);
  if (promotion.state === 'active' && promotion.validUntil !== null && promotion.validUntil <= now) {
    const open = await maybeOne(
      client,
      `select no from promotion_codes where promotion_no = $1 and state = 'active' limit 1`,
      [no],
    );
    if (!open) await client.query(`update promotions set state = 'expired', closed_at = $2 where no = $1`, [no, now]);
  }
  await trimSlots(client, {
    promotionNo: no,
    key: `expire:${no}:${randomUUID()}`,
    at: now,
    why: `expired ${promotion.step}`,
  });
}
