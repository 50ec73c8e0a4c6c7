/**
 * Codes that members spend points for. Code and points change hands in one transaction; locks are taken in one order: the
 * member, the promotion, the line, the caps over time.
 */
import { randomUUID } from 'node:crypto';
import type { RewardCodes } from '../../definition/plan-facts';
import type { Money } from '../../definition/resolved';
import { rewardStep } from '../../definition/resolved-loyalty';
import type { Discount, PromotionTerms } from '../../definition/resolved-promotion';
import { one, type Queryable } from '../database';
import { shownCode } from '../promotions/codes';
import { expireHolds, isOver } from '../promotions/holds';
import { affordableSlots, insertCodes } from '../promotions/issue';
import { lockPromotion, openPromotion, type PromotionRow, reserveSlots, trimSlots } from '../promotions/promotion';
import type { Program } from './programs';

/** Why there is no code; no points are taken then. The words are those of promotions. */
export type CodeRefusal =
  /** The line has no money for another code. */
  | 'budget'
  /** The caps of volante.yaml have none now. */
  | 'global-cap'
  /** The pace of the line is used up for now. */
  | 'pace'
  /** `limits.total` is given out. */
  | 'exhausted'
  /** `limits.perContact` would not let the member use it. */
  | 'customer-limit'
  /** The reward's `validUntil` is over. */
  | 'expired'
  | 'disabled';

/** Why a code, and the points with it, cannot go back. */
export type TakeBackRefusal = 'code-used' | 'code-held' | 'code-expired';

export interface GivenCode {
  no: string;
  /** As people read it. */
  code: string;
  /** Null: for ever. */
  validUntil: Date | null;
}

/** Draws a code for a member and reserves its worst case, or says why not. */
export async function giveCode(
  client: Queryable,
  request: { program: Program; contactId: string; reward: string; terms: PromotionTerms; now: Date },
): Promise<GivenCode | { refused: CodeRefusal }> {
  const { program, contactId, reward, terms, now } = request;
  const { no } = await openPromotion(client, { runNo: program.runNo, step: rewardStep(reward), terms });
  const promotion = await lockPromotion(client, no);
  const refused = await whyNone(client, { program, contactId, promotion, now });
  if (refused) return { refused };
  const { perCode } = promotion.terms.limits;
  const [given] = await insertCodes(client, {
    promotion,
    members: [{ seq: promotion.codes + 1, contactId }],
    most: perCode,
    now,
  });
  if (!given) throw new Error('a code was not drawn');
  await reserveSlots(client, { promotion, slots: perCode, key: `issue:${no}:${randomUUID()}`, at: now });
  return { no: given.no, code: shownCode(given.code), validUntil: given.validUntil };
}

async function whyNone(
  client: Queryable,
  { program, contactId, promotion, now }: { program: Program; contactId: string; promotion: PromotionRow; now: Date },
): Promise<CodeRefusal | undefined> {
  const { most, slots, state, perContact } = promotion;
  const { perCode } = promotion.terms.limits;
  if (state === 'disabled') return 'disabled';
  if (isOver(promotion, now)) return 'expired';
  if (most !== null && most - slots < perCode) return 'exhausted';
  if (perContact !== null) {
    const { uses } = await one<{ uses: number }>(
      client,
      `select coalesce(sum(case when c.state = 'active' and (c.valid_until is null or c.valid_until > $4) then c.most
                                else c.redeemed + c.held end), 0)::int as uses
         from loyalty_journal j join promotion_codes c on c.no = (j.detail ->> 'code')::bigint
        where j.program = $1 and j.contact_id = $2 and j.kind = 'spend' and c.promotion_no = $3`,
      [program.id, contactId, promotion.no, now],
    );
    if (uses + perCode > perContact) return 'customer-limit';
  }
  const { affordable, because } = await affordableSlots(client, { promotion, now, uses: perCode });
  return affordable < perCode ? because : undefined;
}

/** The code of an earlier spending, whatever has become of it. */
export async function givenCode(queryable: Queryable, no: string): Promise<GivenCode> {
  const { code, validUntil } = await one<{ code: string; validUntil: Date | null }>(
    queryable,
    'select code, valid_until as "validUntil" from promotion_codes where no = $1',
    [no],
  );
  return { no, code: shownCode(code), validUntil };
}

/** Disables a code that nobody has used or holds, and gives its money back to the line. */
export async function takeBackCode(
  client: Queryable,
  { codeNo, now }: { codeNo: string; now: Date },
): Promise<TakeBackRefusal | undefined> {
  const { promotionNo } = await one<{ promotionNo: string }>(
    client,
    'select promotion_no as "promotionNo" from promotion_codes where no = $1',
    [codeNo],
  );
  const promotion = await lockPromotion(client, promotionNo);
  await expireHolds(client, promotion, now);
  const { state, held, redeemed, isLate } = await one<{
    state: 'active' | 'disabled' | 'expired';
    held: number;
    redeemed: number;
    isLate: boolean;
  }>(
    client,
    'select state, held, redeemed, coalesce(valid_until <= $2, false) as "isLate" from promotion_codes where no = $1',
    [codeNo, now],
  );
  if (redeemed > 0) return 'code-used';
  if (held > 0) return 'code-held';
  if (state === 'expired' || (state === 'active' && isLate)) return 'code-expired';
  await client.query(`update promotion_codes set state = 'disabled' where no = $1 and state = 'active'`, [codeNo]);
  await trimSlots(client, { promotionNo, key: `return-code:${codeNo}`, at: now, why: `return ${promotion.step}` });
  return undefined;
}

export interface MemberCode {
  code: string;
  validUntil: Date | null;
  discount: Discount;
}

const codesShown = 20;

/** Codes that a member can use now, the soonest to end first. */
export async function codesOfMember(
  queryable: Queryable,
  { program, contactId, now }: { program: string; contactId: string; now: Date },
): Promise<MemberCode[]> {
  const { rows } = await queryable.query<MemberCode>(
    `select c.code, c.valid_until as "validUntil", p.terms -> 'discount' as discount
       from loyalty_journal j
       join promotion_codes c on c.no = (j.detail ->> 'code')::bigint
       join promotions p on p.no = c.promotion_no
      where j.program = $1 and j.contact_id = $2 and j.kind = 'spend' and c.state = 'active' and p.state = 'active'
        and c.redeemed < c.most and (c.valid_until is null or c.valid_until > $3)
      order by c.valid_until nulls last, c.no limit $4`,
    [program, contactId, now, codesShown],
  );
  return rows.map((row) => ({ ...row, code: shownCode(row.code) }));
}

/** Codes that members of a program have spent points for, over all its runs; undefined where nobody has. */
export async function countRewardCodes(queryable: Queryable, program: string): Promise<RewardCodes | undefined> {
  const { rows } = await queryable.query<{
    currency: string;
    given: number;
    redeemed: number;
    reserved: string;
    spent: string;
  }>(
    `select p.currency, sum(p.codes)::int as given, sum(p.redeemed)::int as redeemed,
            sum((p.slots - p.redeemed) * p.worth_micros) as reserved, sum(used.micros) as spent
       from promotions p join runs r on r.no = p.run_no
       cross join lateral (
         select coalesce(sum(value_micros - refunded_micros), 0) as micros from redemptions
          where promotion_no = p.no and state = 'redeemed') used
      where r.campaign_id = $1 and starts_with(p.step, $2) and p.codes > 0 group by 1 order by 1`,
    [program, rewardStep('')],
  );
  if (rows.length === 0) return undefined;
  const count = (of: 'given' | 'redeemed') => rows.reduce((sum, row) => sum + row[of], 0);
  const money = (of: 'reserved' | 'spent'): Money[] =>
    rows.flatMap(({ currency, [of]: micros }) => (Number(micros) > 0 ? [{ currency, micros: Number(micros) }] : []));
  return { given: count('given'), redeemed: count('redeemed'), reserved: money('reserved'), spent: money('spent') };
}
