/** Issuing codes: to each member of a range one, or none and why; money for each is reserved before anybody has it. */
import { randomUUID } from 'node:crypto';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { type Database, type Queryable, transaction } from '../database';
import type { SeqRange } from '../deliveries';
import { lockLines } from '../money/book';
import { globalScope, lineScope, roomAgainAt, roomUnderCaps } from '../money/limits';
import { makeCodes, plainCode } from './codes';
import { lockPromotion, openPromotion, type PromotionRef, type PromotionRow, reserveSlots } from './promotion';

export type SkipReason = 'budget' | 'global-cap' | 'suppressed' | 'unconsented' | 'erased' | 'disabled';

export interface Issued {
  /** Members who have a code by now, of this range. */
  issued: number;
  skipped: Partial<Record<SkipReason, number>>;
  /** The pace of the line is used up until then; the others of the range have neither a code nor a reason yet. */
  until?: Date;
}

interface Candidate {
  seq: number;
  contactId: string;
  hindrance: SkipReason | null;
}

interface DrawnCode {
  no: string;
  seq: number;
  /** As the ledger keeps it. */
  code: string;
  validUntil: Date | null;
}

/** Members one transaction gives codes to. */
export const issueAtOnce = 5_000;

/**
 * Issues codes to the members of a range who have neither a code nor a reason why not; repeatable, and safe beside others
 * that do the same. Held-out members, those who opted out and those the budget does not cover get none.
 */
export async function issueCodes(
  database: Database,
  request: PromotionRef & { terms: PromotionTerms; range: SeqRange; now: Date; onProgress?: (upTo: number) => void },
): Promise<Issued> {
  const { range, onProgress } = request;
  for (let from = range.from; from <= range.to; from += issueAtOnce) {
    const to = Math.min(range.to, from + issueAtOnce - 1);
    const until = await transaction(database, (client) => issuePage(client, { ...request, range: { from, to } }));
    onProgress?.(to);
    if (until) return { ...(await countIssued(database, request)), until };
  }
  return countIssued(database, request);
}

/** @returns until when the rest must wait for the pace of the line; undefined when nobody must */
async function issuePage(
  client: Queryable,
  { runNo, step, terms, range, now }: PromotionRef & { terms: PromotionTerms; range: SeqRange; now: Date },
): Promise<Date | undefined> {
  const { no } = await openPromotion(client, { runNo, step, terms });
  const promotion = await lockPromotion(client, no);
  const candidates = await candidatesOf(client, { promotion, range });
  const willing = candidates.filter(({ hindrance }) => hindrance === null);
  const hindered = candidates.filter(({ hindrance }) => hindrance !== null);
  await skip(client, { promotion, members: hindered, now });
  if (promotion.state !== 'active') {
    await skip(client, { promotion, members: willing, now, reason: 'disabled' });
    return undefined;
  }
  if (terms.codes !== 'one-per-contact')
    return issueGeneric(client, { promotion, willing, now, code: terms.codes.generic });

  const { perCode } = terms.limits;
  const { affordable, because } = await affordableSlots(client, { promotion, now, uses: perCode });
  const open = promotion.most === null ? Number.POSITIVE_INFINITY : promotion.most - promotion.slots;
  const count = open <= affordable ? willing.length : Math.min(willing.length, Math.floor(affordable / perCode));
  const lucky = willing.slice(0, count);
  await insertCodes(client, { promotion, members: lucky, most: perCode, now });
  await reserveSlots(client, {
    promotion,
    slots: Math.min(open, lucky.length * perCode),
    key: `issue:${no}:${randomUUID()}`,
    at: now,
  });
  const others = willing.slice(count);
  if (because === 'pace') return others.length > 0 ? paceAgainAt(client, { promotion, now, uses: perCode }) : undefined;
  await skip(client, { promotion, members: others, now, reason: because });
  return undefined;
}

function paceAgainAt(
  client: Queryable,
  { promotion, now, uses }: { promotion: PromotionRow; now: Date; uses: number },
): Promise<Date> {
  const { currency, worth } = promotion;
  return roomAgainAt(client, { scope: lineScope(promotion), currency, at: now, micros: worth * uses });
}

/**
 * How many more redemptions the line, its pace and the caps over time have money for, and which of them ends it. The pace does
 * only where the others have money for one more code of so many uses.
 */
export async function affordableSlots(
  client: Queryable,
  { promotion, now, uses }: { promotion: PromotionRow; now: Date; uses: number },
): Promise<{ affordable: number; because: 'budget' | 'global-cap' | 'pace' }> {
  const { runNo, line, currency, worth } = promotion;
  if (worth === 0) return { affordable: Number.POSITIVE_INFINITY, because: 'budget' };
  const available = (await lockLines(client, { runNo, lines: [line], currency })).get(line) ?? 0;
  const paced = await roomUnderCaps(client, { scope: lineScope(promotion), currency, at: now });
  const room = await roomUnderCaps(client, { scope: globalScope, currency, at: now });
  const slots = (micros: number) => Math.max(0, Math.floor(micros / worth));
  const most = slots(Math.min(available, room));
  const inTime = slots(paced);
  if (Math.floor(inTime / uses) < Math.floor(most / uses)) return { affordable: inTime, because: 'pace' };
  return { affordable: Math.min(most, inTime), because: room < available ? 'global-cap' : 'budget' };
}

async function candidatesOf(
  client: Queryable,
  { promotion, range }: { promotion: PromotionRow; range: SeqRange },
): Promise<Candidate[]> {
  const { rows } = await client.query<Candidate>(
    `select m.seq, m.contact_id as "contactId",
            case when c.id is null then 'erased'
                 when exists (select from suppressions s where s.address_hash = c.address_hash) then 'suppressed'
                 when c.consent <> 'granted' then 'unconsented' end as hindrance
       from members m left join contacts c on c.id = m.contact_id
      where m.run_no = $1 and m.seq between $3 and $4 and m.arm <> 'holdout'
        and not exists (select from promotion_codes k where k.promotion_no = $2 and coalesce(k.seq, 0) = m.seq)
        and not exists (select from promotion_skips k where k.promotion_no = $2 and k.seq = m.seq)
      order by m.seq`,
    [promotion.runNo, promotion.no, range.from, range.to],
  );
  return rows;
}

/**
 * Draws a code for each; one that somebody has already is drawn again. The caller holds the promotion's lock and reserves
 * the money.
 */
export async function insertCodes(
  client: Queryable,
  {
    promotion,
    members,
    most,
    now,
  }: { promotion: PromotionRow; members: Pick<Candidate, 'seq' | 'contactId'>[]; most: number; now: Date },
): Promise<DrawnCode[]> {
  const drawn: DrawnCode[] = [];
  let open = members;
  while (open.length > 0) {
    const { rows } = await client.query<DrawnCode>(
      `insert into promotion_codes (promotion_no, seq, contact_id, code, most, issued_at, valid_until, pushed_at)
       select $1, seq, contact_id, code, $5, $6, $7, $8 from unnest($2::int[], $3::bigint[], $4::text[]) c(seq, contact_id, code)
           on conflict do nothing returning no, seq, code, valid_until as "validUntil"`,
      [
        promotion.no,
        open.map(({ seq }) => seq),
        open.map(({ contactId }) => contactId),
        makeCodes(open.length),
        most,
        now,
        endOfCode(promotion, now),
        promotion.platform === 'built-in' ? now : null,
      ],
    );
    drawn.push(...rows);
    const done = new Set(rows.map(({ seq }) => seq));
    open = open.filter(({ seq }) => !done.has(seq));
  }
  await client.query('update promotions set codes = codes + $2 where no = $1', [promotion.no, members.length]);
  return drawn;
}

function endOfCode({ terms }: PromotionRow, now: Date): Date | null {
  const { validUntil } = terms;
  if (validUntil === undefined) return null;
  return typeof validUntil === 'string' ? new Date(validUntil) : new Date(now.getTime() + validUntil.for);
}

/** The one code that everybody may use: as many redemptions as the limit says, or as there is money for. */
async function issueGeneric(
  client: Queryable,
  { promotion, willing, now, code }: { promotion: PromotionRow; willing: Candidate[]; now: Date; code: string },
): Promise<Date | undefined> {
  if (promotion.codes > 0) return undefined;
  const uses = promotion.most ?? 1;
  const { affordable, because } = await affordableSlots(client, { promotion, now, uses });
  if (because === 'pace' && affordable < uses) return paceAgainAt(client, { promotion, now, uses });
  const slots = Math.min(promotion.most ?? 0, affordable);
  if (because !== 'pace' && slots < 1) {
    await skip(client, { promotion, members: willing, now, reason: because });
    return undefined;
  }
  await client.query(
    `insert into promotion_codes (promotion_no, code, most, issued_at, valid_until, pushed_at) values ($1, $2, $3, $4, $5, $6)`,
    [
      promotion.no,
      plainCode(code),
      slots,
      now,
      endOfCode(promotion, now),
      promotion.platform === 'built-in' ? now : null,
    ],
  );
  await client.query('update promotions set codes = 1 where no = $1', [promotion.no]);
  await reserveSlots(client, { promotion, slots, key: `issue:${promotion.no}:${randomUUID()}`, at: now });
  return undefined;
}

async function skip(
  client: Queryable,
  {
    promotion,
    members,
    now,
    reason,
  }: { promotion: PromotionRow; members: Candidate[]; now: Date; reason?: SkipReason },
): Promise<void> {
  if (members.length === 0) return;
  await client.query(
    `insert into promotion_skips (promotion_no, seq, reason, at)
     select $1, seq, reason, $4 from unnest($2::int[], $3::text[]) s(seq, reason) on conflict do nothing`,
    [promotion.no, members.map(({ seq }) => seq), members.map(({ hindrance }) => reason ?? hindrance), now],
  );
}

async function countIssued(
  queryable: Queryable,
  { runNo, step, range }: PromotionRef & { range: SeqRange },
): Promise<Issued> {
  const { rows } = await queryable.query<{ reason: SkipReason | null; count: number }>(
    `select s.reason, count(*)::int as count
       from promotions p
       join members m on m.run_no = p.run_no and m.seq between $3 and $4 and m.arm <> 'holdout'
       left join promotion_skips s on s.promotion_no = p.no and s.seq = m.seq
      where p.run_no = $1 and p.step = $2
        and (s.seq is not null or exists (
              select from promotion_codes c where c.promotion_no = p.no and coalesce(c.seq, 0) in (0, m.seq)))
      group by 1`,
    [runNo, step, range.from, range.to],
  );
  const skipped: Issued['skipped'] = {};
  let issued = 0;
  for (const { reason, count } of rows)
    if (reason === null) issued = count;
    else skipped[reason] = count;
  return { issued, skipped };
}
