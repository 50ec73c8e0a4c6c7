/** Which codes a platform outside has, and what it says of their use. */
import { randomUUID } from 'node:crypto';
import { type Database, type Queryable, transaction } from '../database';
import { post } from '../money/book';
import { shownCode } from './codes';
import { lockPromotion, type PromotionRow } from './promotion';

export interface OutsideCode {
  no: string;
  /** As customers type it. */
  code: string;
  most: number;
  validUntil?: Date;
}

export async function recordOffer(queryable: Queryable, promotionNo: string, ref: string): Promise<void> {
  await queryable.query('update promotions set platform_ref = $2 where no = $1 and platform_ref is null', [
    promotionNo,
    ref,
  ]);
}

interface Row {
  no: string;
  seq: number | null;
  code: string;
  most: number;
  validUntil: Date | null;
}

const columns = 'no, seq, code, most, valid_until as "validUntil"';

export async function codesToPush(
  queryable: Queryable,
  promotion: PromotionRow,
  limit: number,
): Promise<OutsideCode[]> {
  const { rows } = await queryable.query<Row>(
    `select ${columns} from promotion_codes where promotion_no = $1 and pushed_at is null and state = 'active' order by no limit $2`,
    [promotion.no, limit],
  );
  return rows.map((row) => outsideCode(row, promotion));
}

/** @param dueBy only those that are over by then */
export async function codesInUse(
  queryable: Queryable,
  promotion: PromotionRow,
  { after, limit, dueBy }: { after: string; limit: number; dueBy?: Date },
): Promise<OutsideCode[]> {
  const { rows } = await queryable.query<Row>(
    `select ${columns} from promotion_codes where promotion_no = $1 and no > $2 and state = 'active'
        and ($4::timestamptz is null or valid_until <= $4) order by no limit $3`,
    [promotion.no, after, limit, dueBy ?? null],
  );
  return rows.map((row) => outsideCode(row, promotion));
}

function outsideCode({ no, seq, code, most, validUntil }: Row, { terms }: PromotionRow): OutsideCode {
  const written = seq === null && terms.codes !== 'one-per-contact' ? terms.codes.generic : shownCode(code);
  return { no, code: written, most, ...(validUntil !== null && { validUntil }) };
}

export async function markPushed(queryable: Queryable, { nos, at }: { nos: string[]; at: Date }): Promise<void> {
  await queryable.query('update promotion_codes set pushed_at = $2 where no = any($1) and pushed_at is null', [
    nos,
    at,
  ]);
}

/**
 * Brings the book in step with what a platform says of the uses of its codes. What a use cost is not told: each counts as the
 * worst case that was reserved for it.
 */
export async function recordOutsideUses(
  database: Database,
  { promotionNo, uses, at }: { promotionNo: string; uses: { no: string; uses: number }[]; at: Date },
): Promise<void> {
  const used = uses.filter((code) => code.uses > 0);
  if (used.length === 0) return;
  await transaction(database, async (client) => {
    const promotion = await lockPromotion(client, promotionNo);
    const { runNo, line, currency, worth, step, platform } = promotion;
    const { rows } = await client.query<{ id: string; codeNo: string }>(
      `with said as (
         select c.no, least(s.uses, c.most) - c.redeemed as more, c.contact_id
           from unnest($2::bigint[], $3::int[]) s(no, uses) join promotion_codes c on c.no = s.no and c.promotion_no = $1
          where least(s.uses, c.most) > c.redeemed),
       within as (
         select no, contact_id from said, generate_series(1, more) limit (
           select slots - held - redeemed from promotions where no = $1)),
       redemption as (
         insert into redemptions (id, promotion_no, code_no, source, customer, state, value_micros, created_at, settled_at)
         select gen_random_uuid(), $1, no, $4, 'contact:' || contact_id, 'redeemed', $5, $6, $6 from within
         returning id, code_no),
       code as (
         update promotion_codes c set redeemed = c.redeemed + r.count
           from (select code_no, count(*)::int as count from redemption group by 1) r where c.no = r.code_no)
       select id, code_no as "codeNo" from redemption`,
      [promotionNo, used.map(({ no }) => no), used.map((code) => code.uses), platform, worth, at],
    );
    if (rows.length === 0) return;
    await client.query('update promotions set redeemed = redeemed + $2 where no = $1', [promotionNo, rows.length]);
    const micros = rows.length * worth;
    await post(client, {
      runNo,
      key: `redeem-outside:${promotionNo}:${randomUUID()}`,
      at,
      why: `redeem ${step}`,
      by: platform,
      currency,
      entries: [
        { line, kind: 'reserved', micros: -micros },
        { line, kind: 'committed', micros },
      ],
    });
  });
}
