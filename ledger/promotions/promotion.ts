/** A promotion in the ledger: its terms, how many redemptions it has money for, and how many were used. */
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { maybeOne, one, type Queryable } from '../database';
import { openBook, post } from '../money/book';
import { countReserved, globalScope, lineScope } from '../money/limits';

export interface PromotionRef {
  runNo: number;
  step: string;
}

export interface PromotionRow {
  no: string;
  runNo: number;
  step: string;
  line: string;
  currency: string;
  terms: PromotionTerms;
  worth: number;
  most: number | null;
  perContact: number | null;
  validFrom: Date | null;
  validUntil: Date | null;
  platform: string;
  platformRef: string | null;
  state: 'active' | 'disabled' | 'expired';
  codes: number;
  /** Redemptions for which money was reserved, used or not. */
  slots: number;
  held: number;
  redeemed: number;
}

const columns = `no, run_no as "runNo", step, line, currency, terms, worth_micros::float8 as worth, most, per_contact as "perContact",
  valid_from as "validFrom", valid_until as "validUntil", platform, platform_ref as "platformRef", state, codes, slots, held, redeemed`;

/** Opens the book of the run and the promotion in it; repeatable. */
export async function openPromotion(
  queryable: Queryable,
  { runNo, step, terms }: PromotionRef & { terms: PromotionTerms },
): Promise<PromotionRow> {
  await openBook(queryable, runNo);
  const { worth, limits, validFrom, validUntil, platform, line } = terms;
  await queryable.query(
    `insert into promotions (run_no, step, line, currency, terms, worth_micros, most, per_contact, valid_from, valid_until, platform)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (run_no, step) do nothing`,
    [
      runNo,
      step,
      line,
      worth.currency,
      JSON.stringify(terms),
      worth.micros,
      limits.total ?? null,
      limits.perContact ?? null,
      validFrom ?? null,
      typeof validUntil === 'string' ? validUntil : null,
      platform,
    ],
  );
  return one<PromotionRow>(queryable, `select ${columns} from promotions where run_no = $1 and step = $2`, [
    runNo,
    step,
  ]);
}

export function findPromotion(queryable: Queryable, { runNo, step }: PromotionRef): Promise<PromotionRow | undefined> {
  return maybeOne<PromotionRow>(queryable, `select ${columns} from promotions where run_no = $1 and step = $2`, [
    runNo,
    step,
  ]);
}

export async function promotionsOfRun(queryable: Queryable, runNo: number): Promise<PromotionRow[]> {
  const { rows } = await queryable.query<PromotionRow>(
    `select ${columns} from promotions where run_no = $1 order by no`,
    [runNo],
  );
  return rows;
}

/** Promotions of which codes or holds are over by now, at most a thousand, those without a platform outside first. */
export async function duePromotions(queryable: Queryable, now: Date): Promise<PromotionRow[]> {
  const { rows } = await queryable.query<PromotionRow>(
    `select ${columns} from promotions where no in (
       select promotion_no from promotion_codes where state = 'active' and valid_until <= $1
       union select promotion_no from redemptions where state = 'held' and expires_at <= $1)
      order by platform_ref is not null, no limit 1000`,
    [now],
  );
  return rows;
}

/** Everything that changes a promotion or its codes locks it first. */
export function lockPromotion(queryable: Queryable, no: string): Promise<PromotionRow> {
  return one<PromotionRow>(queryable, `select ${columns} from promotions where no = $1 for no key update`, [no]);
}

/** Reserves money for more redemptions. The caller holds the promotion's lock. */
export async function reserveSlots(
  queryable: Queryable,
  { promotion, slots, key, at }: { promotion: PromotionRow; slots: number; key: string; at: Date },
): Promise<void> {
  if (slots === 0) return;
  const { runNo, line, currency, worth, no } = promotion;
  const micros = slots * worth;
  await queryable.query('update promotions set slots = slots + $2 where no = $1', [no, slots]);
  if (micros === 0) return;
  await post(queryable, {
    runNo,
    key,
    at,
    why: `reserve ${promotion.step}`,
    currency,
    entries: [
      { line, kind: 'available', micros: -micros },
      { line, kind: 'reserved', micros },
    ],
  });
  for (const scope of [lineScope({ runNo, line }), globalScope])
    await countReserved(queryable, { scope, currency, at, micros });
  await queryable.query(
    `insert into promotion_hours as h (promotion_no, hour, micros) values ($1, date_trunc('hour', $2::timestamptz, 'UTC'), $3)
         on conflict (promotion_no, hour) do update set micros = h.micros + excluded.micros`,
    [no, at, micros],
  );
}

/**
 * Gives back what is reserved for redemptions that can no longer come: of codes that are over, and beyond what the codes
 * still allow. The caller holds the promotion's lock.
 * @returns how many redemptions were given up
 */
export async function trimSlots(
  queryable: Queryable,
  { promotionNo, key, at, why, by }: { promotionNo: string; key: string; at: Date; why: string; by?: string },
): Promise<number> {
  const trimmed = await maybeOne<{ runNo: number; line: string; currency: string; worth: number; excess: number }>(
    queryable,
    `with needed as (
       select p.no, p.redeemed + p.held + least(coalesce(p.most - p.redeemed - p.held, 2147483647)::bigint, (
                select coalesce(sum(c.most - c.redeemed - c.held), 0) from promotion_codes c
                 where c.promotion_no = p.no and c.state = 'active' and p.state = 'active')) as slots
         from promotions p where p.no = $1)
     update promotions p set slots = n.slots from needed n, (select slots from promotions where no = $1) before
      where p.no = n.no and p.slots > n.slots
     returning run_no as "runNo", line, currency, worth_micros::float8 as worth, (before.slots - n.slots)::int as excess`,
    [promotionNo],
  );
  if (!trimmed) return 0;
  const { runNo, line, currency, worth, excess } = trimmed;
  const micros = excess * worth;
  if (micros === 0) return excess;
  await post(queryable, {
    runNo,
    key,
    at,
    why,
    by,
    currency,
    entries: [
      { line, kind: 'reserved', micros: -micros },
      { line, kind: 'available', micros },
    ],
  });
  await uncountReserved(queryable, { promotionNo, line: lineScope({ runNo, line }), currency, micros });
  return excess;
}

/**
 * What is given back no longer counts against the limits over time, the newest first. Whoever counts locks the line before
 * all campaigns together. What was reserved before lines were counted is not missed there.
 */
async function uncountReserved(
  queryable: Queryable,
  { promotionNo, line, currency, micros }: { promotionNo: string; line: string; currency: string; micros: number },
): Promise<void> {
  for (const scope of [line, globalScope]) await queryable.query('select spend_lock($1, $2)', [scope, currency]);
  await queryable.query(
    `with share as (
       select hour, least(micros, greatest(0, $2 - coalesce(sum(micros) over (
                order by hour desc rows between unbounded preceding and 1 preceding), 0)))::bigint as micros
         from promotion_hours where promotion_no = $1),
     own as (
       update promotion_hours h set micros = h.micros - s.micros from share s where h.promotion_no = $1 and h.hour = s.hour)
     update spend_hours g set micros = case g.scope when $3 then g.micros - s.micros else greatest(0, g.micros - s.micros) end
       from share s where g.scope in ($3, $5) and g.currency = $4 and g.hour = s.hour and s.micros > 0`,
    [promotionNo, micros, globalScope, currency, line],
  );
}
