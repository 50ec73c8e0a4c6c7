/**
 * Using a code: look (validate), hold for a checkout (reserve), use (redeem), let go (release), take back (refund). One
 * customer after the other: whoever changes a promotion holds its row, so that no limit is passed by two at once; the
 * database checks each limit again.
 */
import { randomUUID } from 'node:crypto';
import type { Money } from '../../definition/resolved';
import { maybeOne, one, type Queryable } from '../database';
import { type Entry, post } from '../money/book';
import { looksMistyped, plainCode } from './codes';
import { discountOf } from './discount';
import { lockPromotion, lockPromotionOfCode, type PromotionRow, trimSlots } from './promotion';

/** Why a code is not taken, or a redemption not changed, for programs. */
export type RefusalReason =
  | 'unknown-code'
  | 'mistyped-code'
  | 'disabled'
  | 'not-yet-valid'
  | 'expired'
  | 'other-customer'
  | 'customer-required'
  | 'customer-limit'
  | 'code-used'
  | 'exhausted'
  | 'basket-too-small'
  | 'other-currency'
  | 'value-too-high'
  | 'not-with-others'
  | 'unknown-redemption'
  | 'already-redeemed'
  | 'already-released'
  | 'already-refunded'
  | 'hold-expired'
  | 'not-redeemed';

export type RedemptionState = 'held' | 'redeemed' | 'released' | 'expired' | 'refunded';

export interface Redemption {
  id: string;
  state: RedemptionState;
  /** What the discount costs. */
  value: Money;
  /** Of a hold. */
  expiresAt?: Date;
}

export type Refusal = { refused: RefusalReason };

/** A code that somebody wants to use. */
export interface CodeUse {
  source: string;
  code: string;
  /** Sum of the basket before the discount. */
  basket: Money;
  /** What the shop says the discount costs, where only the shop can tell (two for one, free shipping). */
  value?: Money;
  /** `contact:<id>`, or what stands for a customer of the shop. */
  customer?: string;
  orderRef?: string;
  /** Another promotion is used for the same basket. */
  withOthers?: boolean;
  now: Date;
}

interface CodeRow {
  no: string;
  contactId: string | null;
  state: 'active' | 'disabled' | 'expired';
  validUntil: Date | null;
  most: number;
  held: number;
  redeemed: number;
  uses: number;
}

interface Usable {
  promotion: PromotionRow;
  code: CodeRow;
  value: number;
  customer?: string;
}

/** The promotion behind a code or a redemption, by its number; empty for what nobody knows. */
export async function promotionOf(
  queryable: Queryable,
  { code, redemption }: { code?: string; redemption?: string },
): Promise<string> {
  const found = await maybeOne<{ no: string }>(
    queryable,
    redemption === undefined
      ? `select promotion_no as no from promotion_codes where code = $1 order by (state = 'active') desc, no desc limit 1`
      : 'select promotion_no as no from redemptions where id = $1',
    [redemption ?? plainCode(code ?? '')],
  );
  return found?.no ?? '';
}

/** Whether a code could be used now, and what it would be worth. Changes nothing that anybody would notice. */
export async function validateCode(
  client: Queryable,
  use: CodeUse,
): Promise<{ value: Money; promotion: PromotionRow } | Refusal> {
  const usable = await usableCode(client, use);
  if ('refused' in usable) return usable;
  return { value: { currency: usable.promotion.currency, micros: usable.value }, promotion: usable.promotion };
}

/** Keeps a use of a code for a checkout, until `holdMs` from now. Runs in the caller's transaction, as all of these do. */
export async function reserveCode(client: Queryable, use: CodeUse & { holdMs: number }): Promise<Redemption | Refusal> {
  const usable = await usableCode(client, use);
  if ('refused' in usable) return usable;
  const expiresAt = new Date(use.now.getTime() + use.holdMs);
  const id = await record(client, { use, usable, state: 'held', expiresAt });
  return { id, state: 'held', value: { currency: usable.promotion.currency, micros: usable.value }, expiresAt };
}

/** Uses a code that was not held before. */
export async function redeemCode(client: Queryable, use: CodeUse): Promise<Redemption | Refusal> {
  const usable = await usableCode(client, use);
  if ('refused' in usable) return usable;
  const id = await record(client, { use, usable, state: 'redeemed' });
  await commit(client, { promotion: usable.promotion, id, value: usable.value, at: use.now, by: use.source });
  return { id, state: 'redeemed', value: { currency: usable.promotion.currency, micros: usable.value } };
}

export interface Change {
  source: string;
  id: string;
  /** What the discount cost in the end; at most what was held. */
  value?: Money;
  orderRef?: string;
  now: Date;
}

/** Uses what was held. A hold counts until it expires, also when the promotion was stopped meanwhile. */
export async function redeemHeld(client: Queryable, change: Change): Promise<Redemption | Refusal> {
  const found = await lockRedemption(client, change);
  if ('refused' in found) return found;
  const { promotion, redemption } = found;
  if (redemption.state !== 'held') return { refused: stateRefusal[redemption.state] };
  const { currency } = promotion;
  if (change.value && change.value.currency !== currency) return { refused: 'other-currency' };
  const value = change.value?.micros ?? redemption.value;
  if (value > redemption.value) return { refused: 'value-too-high' };
  await client.query(
    `with redemption as (
       update redemptions set state = 'redeemed', value_micros = $2, settled_at = $3, order_ref = coalesce($4, order_ref)
        where id = $1 returning promotion_no, code_no),
     code as (update promotion_codes c set held = held - 1, redeemed = redeemed + 1 from redemption r where c.no = r.code_no)
     update promotions p set held = held - 1, redeemed = redeemed + 1 from redemption r where p.no = r.promotion_no`,
    [change.id, value, change.now, change.orderRef ?? null],
  );
  await commit(client, { promotion, id: change.id, value, at: change.now, by: change.source });
  return { id: change.id, state: 'redeemed', value: { currency, micros: value } };
}

/** Lets go of what was held: the code can be used again. */
export async function releaseHeld(client: Queryable, change: Change): Promise<Redemption | Refusal> {
  const found = await lockRedemption(client, change);
  if ('refused' in found) return found;
  const { promotion, redemption } = found;
  if (redemption.state !== 'held') return { refused: stateRefusal[redemption.state] };
  await letGo(client, { promotion, ids: [change.id], state: 'released', at: change.now });
  return { id: change.id, state: 'released', value: { currency: promotion.currency, micros: 0 } };
}

/** Takes a use back: its money returns to the line. The code stays used. */
export async function refundRedeemed(client: Queryable, change: Change): Promise<Redemption | Refusal> {
  const found = await lockRedemption(client, change);
  if ('refused' in found) return found;
  const { promotion, redemption } = found;
  if (redemption.state === 'refunded') return { refused: 'already-refunded' };
  if (redemption.state !== 'redeemed') return { refused: 'not-redeemed' };
  const { currency, runNo, line } = promotion;
  await client.query(`update redemptions set state = 'refunded', settled_at = $2 where id = $1`, [
    change.id,
    change.now,
  ]);
  await post(client, {
    runNo,
    key: `refund:${change.id}`,
    at: change.now,
    why: `refund ${promotion.step}`,
    by: change.source,
    currency,
    entries: [
      { line, kind: 'committed', micros: -redemption.value },
      { line, kind: 'available', micros: redemption.value },
    ],
  });
  return { id: change.id, state: 'refunded', value: { currency, micros: redemption.value } };
}

const stateRefusal: Record<RedemptionState, RefusalReason> = {
  held: 'not-redeemed',
  redeemed: 'already-redeemed',
  released: 'already-released',
  expired: 'hold-expired',
  refunded: 'already-refunded',
};

/** Ends the holds of a promotion whose time is over; the caller holds its lock. @returns how many */
export async function expireHolds(client: Queryable, promotion: PromotionRow, now: Date): Promise<number> {
  if (promotion.held === 0) return 0;
  const { rows } = await client.query<{ id: string }>(
    `select id from redemptions where promotion_no = $1 and state = 'held' and expires_at <= $2`,
    [promotion.no, now],
  );
  if (rows.length === 0) return 0;
  await letGo(client, { promotion, ids: rows.map(({ id }) => id), state: 'expired', at: now });
  return rows.length;
}

async function letGo(
  client: Queryable,
  { promotion, ids, state, at }: { promotion: PromotionRow; ids: string[]; state: 'released' | 'expired'; at: Date },
): Promise<void> {
  await client.query(
    `with gone as (
       update redemptions set state = $2, settled_at = $3 where id = any($1) and state = 'held'
       returning promotion_no, code_no, customer),
     code as (
       update promotion_codes c set held = c.held - g.count
         from (select code_no, count(*)::int as count from gone group by 1) g where c.no = g.code_no),
     customer as (
       update customer_uses u set uses = u.uses - g.count
         from (select promotion_no, customer, count(*)::int as count from gone where customer is not null group by 1, 2) g
        where u.promotion_no = g.promotion_no and u.customer = g.customer)
     update promotions p set held = p.held - g.count
       from (select promotion_no, count(*)::int as count from gone group by 1) g where p.no = g.promotion_no`,
    [ids, state, at],
  );
  if (promotion.state !== 'active' || (promotion.validUntil !== null && promotion.validUntil <= at))
    await trimSlots(client, {
      promotionNo: promotion.no,
      key: `let-go:${ids[0]}:${ids.length}`,
      at,
      why: `${state} ${promotion.step}`,
    });
}

/** Locks the promotion of a code and says whether it may be used once more. */
async function usableCode(client: Queryable, use: CodeUse): Promise<Usable | Refusal> {
  const plain = plainCode(use.code);
  const found = await lockPromotionOfCode(client, plain);
  if (!found) return { refused: looksMistyped(plain) ? 'mistyped-code' : 'unknown-code' };
  const expired = await expireHolds(client, found, use.now);
  const promotion = expired > 0 ? await lockPromotion(client, found.no) : found;
  const code = await readCode(client, { promotion, plain, customer: use.customer });
  const customer = code.contactId === null ? use.customer : `contact:${code.contactId}`;
  const refused = whyNot({ promotion, code, use, customer });
  if (refused) return { refused };
  const value = discountOf(promotion.terms, use);
  return 'refused' in value ? value : { promotion, code, value: value.micros, customer };
}

async function readCode(
  client: Queryable,
  { promotion, plain, customer }: { promotion: PromotionRow; plain: string; customer?: string },
): Promise<CodeRow> {
  return one<CodeRow & Record<string, unknown>>(
    client,
    `select c.no, c.contact_id as "contactId", c.state, c.valid_until as "validUntil", c.most, c.held, c.redeemed,
            coalesce(u.uses, 0) as uses
       from promotion_codes c
       left join customer_uses u on u.promotion_no = c.promotion_no and u.customer = coalesce('contact:' || c.contact_id, $3)
      where c.promotion_no = $1 and c.code = $2 order by (c.state = 'active') desc, c.no desc limit 1`,
    [promotion.no, plain, customer ?? null],
  );
}

interface Question {
  promotion: PromotionRow;
  code: CodeRow;
  use: CodeUse;
  customer?: string;
}

function whyNot({ promotion, code, use, customer }: Question): RefusalReason | undefined {
  const { now } = use;
  const until = code.validUntil ?? promotion.validUntil;
  if (until !== null && until <= now) return 'expired';
  if (promotion.state === 'disabled' || code.state === 'disabled') return 'disabled';
  if (promotion.state === 'expired' || code.state === 'expired') return 'expired';
  if (promotion.validFrom !== null && promotion.validFrom > now) return 'not-yet-valid';
  if (code.contactId !== null && use.customer?.startsWith('contact:') && use.customer !== customer)
    return 'other-customer';
  if (code.contactId === null && customer === undefined && promotion.perContact !== null) return 'customer-required';
  if (use.withOthers && promotion.terms.stacking === 'alone') return 'not-with-others';
  if (promotion.perContact !== null && customer !== undefined && code.uses >= promotion.perContact)
    return code.contactId !== null && code.redeemed + code.held >= code.most ? 'code-used' : 'customer-limit';
  if (code.redeemed + code.held >= code.most) return code.contactId === null ? 'exhausted' : 'code-used';
  if (promotion.redeemed + promotion.held >= promotion.slots) return 'exhausted';
  return undefined;
}

async function record(
  client: Queryable,
  { use, usable, state, expiresAt }: { use: CodeUse; usable: Usable; state: 'held' | 'redeemed'; expiresAt?: Date },
): Promise<string> {
  const { promotion, code, customer, value } = usable;
  const id = randomUUID();
  await client.query(
    `with redemption as (
       insert into redemptions (id, promotion_no, code_no, source, order_ref, customer, state, value_micros, created_at, expires_at, settled_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $7 = 'redeemed' then $9::timestamptz end)),
     code as (
       update promotion_codes set held = held + ($7 = 'held')::int, redeemed = redeemed + ($7 = 'redeemed')::int where no = $3),
     customer as (
       insert into customer_uses as u (promotion_no, customer, uses, most)
       select $2, $6, 1, coalesce($11, 2147483647) where $6::text is not null
           on conflict (promotion_no, customer) do update set uses = u.uses + 1)
     update promotions set held = held + ($7 = 'held')::int, redeemed = redeemed + ($7 = 'redeemed')::int where no = $2`,
    [
      id,
      promotion.no,
      code.no,
      use.source,
      use.orderRef ?? null,
      customer ?? null,
      state,
      value,
      use.now,
      expiresAt ?? null,
      promotion.perContact,
    ],
  );
  return id;
}

/** From the worst case that was reserved, what it cost is spent, and the rest is available again. */
async function commit(
  client: Queryable,
  { promotion, id, value, at, by }: { promotion: PromotionRow; id: string; value: number; at: Date; by: string },
): Promise<void> {
  const { runNo, line, currency, worth, step } = promotion;
  const entries: Entry[] = [
    { line, kind: 'reserved', micros: -worth },
    { line, kind: 'committed', micros: value },
    { line, kind: 'available', micros: worth - value },
  ];
  await post(client, { runNo, key: `redeem:${id}`, at, why: `redeem ${step}`, by, currency, entries });
}

interface RedemptionRow {
  state: RedemptionState;
  value: number;
}

async function lockRedemption(
  client: Queryable,
  { source, id, now }: Change,
): Promise<{ promotion: PromotionRow; redemption: RedemptionRow } | Refusal> {
  const found = await maybeOne<{ promotionNo: string }>(
    client,
    'select promotion_no as "promotionNo" from redemptions where id = $1 and source = $2',
    [id, source],
  );
  if (!found) return { refused: 'unknown-redemption' };
  const promotion = await lockPromotion(client, found.promotionNo);
  await expireHolds(client, promotion, now);
  const redemption = await one<RedemptionRow & Record<string, unknown>>(
    client,
    'select state, value_micros::float8 as value from redemptions where id = $1',
    [id],
  );
  return { promotion, redemption };
}
