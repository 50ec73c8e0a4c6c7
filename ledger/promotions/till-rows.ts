/** What a till reads when it opens and writes when it closes: sets of rows, whatever their number. */
import type { Queryable } from '../database';
import type { PromotionRow } from './promotion';
import type { RedemptionState } from './redemption';
import type { CodeRow } from './usable';

/** A redemption as it stands. All amounts in micros. */
export interface RedemptionRow {
  id: string;
  source: string;
  codeNo: string;
  customer: string | null;
  state: RedemptionState;
  value: number;
  refunded: number;
  orderRef: string | null;
  settledAt: Date | null;
}

/** One that is new. */
export interface NewRedemption extends RedemptionRow {
  createdAt: Date;
  expiresAt: Date | null;
}

/** The promotion's codes as they are typed: the one in use, or else the newest that was. */
export async function readCodes(
  client: Queryable,
  { promotion, codes }: { promotion: PromotionRow; codes: string[] },
): Promise<CodeRow[]> {
  if (codes.length === 0) return [];
  const { rows } = await client.query<CodeRow>(
    `select distinct on (code) no, code, contact_id as "contactId", state, valid_until as "validUntil", most, held, redeemed
       from promotion_codes where promotion_no = $1 and code = any($2)
      order by code, (state = 'active') desc, no desc`,
    [promotion.no, codes],
  );
  return rows;
}

export async function readUses(
  client: Queryable,
  { promotion, customers }: { promotion: PromotionRow; customers: string[] },
): Promise<Map<string, number>> {
  if (customers.length === 0) return new Map();
  const { rows } = await client.query<{ customer: string; uses: number }>(
    'select customer, uses from customer_uses where promotion_no = $1 and customer = any($2)',
    [promotion.no, customers],
  );
  return new Map(rows.map(({ customer, uses }) => [customer, uses]));
}

export async function readRedemptions(
  client: Queryable,
  { promotion, ids }: { promotion: PromotionRow; ids: string[] },
): Promise<RedemptionRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<RedemptionRow>(
    `select id, source, code_no as "codeNo", customer, state, value_micros::float8 as value, refunded_micros::float8 as refunded,
            order_ref as "orderRef", settled_at as "settledAt"
       from redemptions where promotion_no = $1 and id = any($2)`,
    [promotion.no, ids],
  );
  return rows;
}

/** Holds become redemptions of their value, before what follows is written. */
export async function writeRedeemed(client: Queryable, redemptions: readonly RedemptionRow[]): Promise<void> {
  if (redemptions.length === 0) return;
  await client.query(
    `update redemptions r set state = 'redeemed', value_micros = c.value
       from unnest($1::uuid[], $2::bigint[]) c(id, value) where r.id = c.id`,
    [redemptions.map(({ id }) => id), redemptions.map(({ value }) => value)],
  );
}

/** By how much a count has changed. */
export interface Moved {
  held: number;
  redeemed: number;
}

/** Counts go by what has changed, so that the database judges the sums and not the till. */
export async function writeTill(
  client: Queryable,
  {
    promotion,
    made,
    changed,
    codes,
    customers,
  }: {
    promotion: PromotionRow;
    made: NewRedemption[];
    changed: RedemptionRow[];
    /** By number of the code. */
    codes: ReadonlyMap<string, Moved>;
    /** Uses more or fewer, by customer. */
    customers: ReadonlyMap<string, number>;
  },
): Promise<void> {
  const moved = [...codes.values()];
  const more = [...customers].filter(([, uses]) => uses > 0);
  const fewer = [...customers].filter(([, uses]) => uses < 0);
  await client.query(
    `with made as (
       insert into redemptions (promotion_no, id, code_no, source, order_ref, customer, state, value_micros, created_at, expires_at, settled_at)
       select $1, m.* from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
         $9::timestamptz[], $10::timestamptz[], $11::timestamptz[]) m),
     changed as (
       update redemptions r set state = c.state, value_micros = c.value, refunded_micros = c.refunded, order_ref = c.order_ref,
              settled_at = c.settled_at
         from unnest($12::uuid[], $13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::timestamptz[])
              c(id, state, value, refunded, order_ref, settled_at)
        where r.id = c.id),
     code as (
       update promotion_codes k set held = k.held + c.held, redeemed = k.redeemed + c.redeemed
         from unnest($18::bigint[], $19::int[], $20::int[]) c(no, held, redeemed) where k.no = c.no),
     more as (
       insert into customer_uses as u (promotion_no, customer, uses, most)
       select $1, customer, uses, $23 from unnest($21::text[], $22::int[]) c(customer, uses)
           on conflict (promotion_no, customer) do update set uses = u.uses + excluded.uses),
     fewer as (
       update customer_uses u set uses = u.uses + c.uses
         from unnest($24::text[], $25::int[]) c(customer, uses) where u.promotion_no = $1 and u.customer = c.customer)
     update promotions set held = held + $26, redeemed = redeemed + $27 where no = $1`,
    [
      promotion.no,
      made.map(({ id }) => id),
      made.map(({ codeNo }) => codeNo),
      made.map(({ source }) => source),
      made.map(({ orderRef }) => orderRef),
      made.map(({ customer }) => customer),
      made.map(({ state }) => state),
      made.map(({ value }) => value),
      made.map(({ createdAt }) => createdAt),
      made.map(({ expiresAt }) => expiresAt),
      made.map(({ settledAt }) => settledAt),
      changed.map(({ id }) => id),
      changed.map(({ state }) => state),
      changed.map(({ value }) => value),
      changed.map(({ refunded }) => refunded),
      changed.map(({ orderRef }) => orderRef),
      changed.map(({ settledAt }) => settledAt),
      [...codes.keys()],
      moved.map(({ held }) => held),
      moved.map(({ redeemed }) => redeemed),
      more.map(([customer]) => customer),
      more.map(([, uses]) => uses),
      promotion.perContact ?? noLimit,
      fewer.map(([customer]) => customer),
      fewer.map(([, uses]) => uses),
      moved.reduce((sum, { held }) => sum + held, 0),
      moved.reduce((sum, { redeemed }) => sum + redeemed, 0),
    ],
  );
}

/** PostgreSQL's greatest `integer`. */
const noLimit = 2_147_483_647;
