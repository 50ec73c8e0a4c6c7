/** Holds whose time is over: what they kept can be used again. */
import type { Queryable } from '../database';
import { type PromotionRow, trimSlots } from './promotion';

/** Whether nothing of a promotion can begin any more: what is let go is given back to its line. */
export function isOver({ state, validUntil }: PromotionRow, at: Date): boolean {
  return state !== 'active' || (validUntil !== null && validUntil <= at);
}

/** Ends the holds of a promotion whose time is over; the caller holds its lock. @returns how many */
export async function expireHolds(client: Queryable, promotion: PromotionRow, now: Date): Promise<number> {
  if (promotion.held === 0) return 0;
  const { rows } = await client.query<{ id: string }>(
    `with gone as (
       update redemptions set state = 'expired', settled_at = $2
        where promotion_no = $1 and state = 'held' and expires_at <= $2
       returning id, promotion_no, code_no, customer),
     code as (
       update promotion_codes c set held = c.held - g.count
         from (select code_no, count(*)::int as count from gone group by 1) g where c.no = g.code_no),
     customer as (
       update customer_uses u set uses = u.uses - g.count
         from (select customer, count(*)::int as count from gone where customer is not null group by 1) g
        where u.promotion_no = $1 and u.customer = g.customer),
     promotion as (
       update promotions p set held = p.held - g.count
         from (select promotion_no, count(*)::int as count from gone group by 1) g where p.no = g.promotion_no)
     select id from gone order by id`,
    [promotion.no, now],
  );
  const [first] = rows;
  if (first && isOver(promotion, now))
    await trimSlots(client, {
      promotionNo: promotion.no,
      key: `let-go:${first.id}:${rows.length}`,
      at: now,
      why: `expired ${promotion.step}`,
    });
  return rows.length;
}
