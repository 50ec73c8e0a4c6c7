/**
 * The till of one promotion: opened under the promotion's lock, it serves a group of requests one after the other in memory,
 * and closes by writing what has changed, once. No limit is passed by two at once, and the database checks each limit again.
 */
import { randomUUID } from 'node:crypto';
import type { Money } from '../../definition/resolved';
import { maybeOne, type Queryable } from '../database';
import { type Entry, type Posting, postAll } from '../money/book';
import { looksMistyped, plainCode } from './codes';
import { discountOf } from './discount';
import { expireHolds, isOver } from './holds';
import { lockPromotion, type PromotionRow, trimSlots } from './promotion';
import type { Ask, Change, CodeUse, Outcome, RedemptionState, Refusal, RefusalReason } from './redemption';
import {
  type Moved,
  type NewRedemption,
  type RedemptionRow,
  readCodes,
  readRedemptions,
  readUses,
  writeRedeemed,
  writeTill,
} from './till-rows';
import { type CodeRow, whyNot } from './usable';

/**
 * Serves requests about one promotion in the caller's transaction, in their order.
 * @param promotionNo as `promotionsOf` says; empty for codes and redemptions that nobody knows
 */
export async function serveTogether(
  client: Queryable,
  { promotionNo, asks }: { promotionNo: string; asks: readonly Ask[] },
): Promise<Outcome[]> {
  if (promotionNo === '') return asks.map(refuseUnknown);
  const till = await Till.open(client, { promotionNo, asks });
  const outcomes = asks.map((ask) => till.serve(ask));
  await till.close();
  return outcomes;
}

/** The promotions behind codes or redemptions, by their numbers; empty for what nobody knows. */
export async function promotionsOf(queryable: Queryable, asks: readonly (CodeUse | Change)[]): Promise<string[]> {
  const names = asks.map((ask) => ('code' in ask ? plainCode(ask.code) : ask.id));
  const codes = names.filter((_, index) => 'code' in (asks[index] ?? {}));
  const ids = names.filter((_, index) => 'id' in (asks[index] ?? {}));
  const found = await maybeOne<{ codes: Record<string, string> | null; ids: Record<string, string> | null }>(
    queryable,
    `select (select json_object_agg(code, no::text) from (
               select distinct on (code) code, promotion_no as no from promotion_codes where code = any($1)
                order by code, (state = 'active') desc, promotion_codes.no desc) c) as codes,
            (select json_object_agg(id, promotion_no::text) from redemptions where id = any($2)) as ids`,
    [codes, ids],
  );
  return asks.map((ask, index) => ('code' in ask ? found?.codes : found?.ids)?.[names[index] ?? ''] ?? '');
}

function refuseUnknown(ask: CodeUse | Change): Refusal {
  if (!('code' in ask)) return { refused: 'unknown-redemption' };
  return { refused: looksMistyped(plainCode(ask.code)) ? 'mistyped-code' : 'unknown-code' };
}

const stateRefusal: Record<RedemptionState, RefusalReason> = {
  held: 'not-redeemed',
  redeemed: 'already-redeemed',
  released: 'already-released',
  expired: 'hold-expired',
  refunded: 'already-refunded',
};

interface Usable {
  code: CodeRow;
  value: number;
  customer?: string;
}

class Till {
  private readonly made: NewRedemption[] = [];
  private readonly changed = new Map<string, RedemptionRow>();
  /** Holds that were redeemed by this group. */
  private readonly redeemedHolds = new Set<string>();
  private readonly movedCodes = new Map<string, Moved>();
  private readonly movedCustomers = new Map<string, number>();
  private readonly postings: Posting[] = [];
  private released?: { id: string; at: Date };

  private constructor(
    private readonly client: Queryable,
    private readonly promotion: PromotionRow,
    private readonly codes: ReadonlyMap<string, CodeRow>,
    private readonly uses: Map<string, number>,
    private readonly redemptions: ReadonlyMap<string, RedemptionRow>,
  ) {}

  static async open(
    client: Queryable,
    { promotionNo, asks }: { promotionNo: string; asks: readonly Ask[] },
  ): Promise<Till> {
    const now = new Date(Math.max(...asks.map((ask) => ask.now.getTime())));
    const locked = await lockPromotion(client, promotionNo);
    const expired = await expireHolds(client, locked, now);
    const promotion = expired > 0 ? await lockPromotion(client, promotionNo) : locked;
    const names = asks.flatMap((ask) => ('code' in ask ? plainCode(ask.code) : []));
    const codes = await readCodes(client, { promotion, codes: names });
    const askers = asks.flatMap((ask) => ('code' in ask && ask.customer !== undefined ? ask.customer : []));
    const owners = codes.flatMap(({ contactId }) => (contactId === null ? [] : `contact:${contactId}`));
    const uses = await readUses(client, { promotion, customers: [...new Set([...askers, ...owners])] });
    const ids = asks.flatMap((ask) => ('id' in ask ? ask.id : []));
    const redemptions = await readRedemptions(client, { promotion, ids });
    return new Till(
      client,
      { ...promotion },
      new Map(codes.map((code) => [code.code, code])),
      uses,
      new Map(redemptions.map((redemption) => [redemption.id, redemption])),
    );
  }

  serve(ask: Ask): Outcome {
    if ('code' in ask) return this.serveUse(ask);
    const redemption = this.redemptions.get(ask.id);
    if (!redemption || redemption.source !== ask.source) return refuseUnknown(ask);
    const serve = { 'redeem-held': this.redeemHeld, release: this.release, refund: this.refund }[ask.act];
    return serve.call(this, redemption, ask);
  }

  private serveUse(ask: Extract<Ask, { code: string }>): Outcome {
    const usable = this.usable(ask);
    if ('refused' in usable) return usable;
    const value = this.money(usable.value);
    if (ask.act === 'validate') return { offered: value, terms: this.promotion.terms };
    if (ask.act === 'reserve') {
      const expiresAt = new Date(ask.now.getTime() + ask.holdMs);
      return { id: this.record(ask, { usable, state: 'held', expiresAt }), state: 'held', value, expiresAt };
    }
    const id = this.record(ask, { usable, state: 'redeemed', expiresAt: null });
    this.commit(ask, { id, value: usable.value });
    return { id, state: 'redeemed', value };
  }

  private usable(use: CodeUse): Usable | Refusal {
    const code = this.codes.get(plainCode(use.code));
    if (!code) return refuseUnknown(use);
    const { promotion } = this;
    const customer = code.contactId === null ? use.customer : `contact:${code.contactId}`;
    const uses = customer === undefined ? 0 : (this.uses.get(customer) ?? 0);
    const refused = whyNot({ promotion, code, use, customer, uses });
    if (refused) return { refused };
    const value = discountOf(promotion.terms, use);
    return 'refused' in value ? value : { code, value: value.micros, customer };
  }

  private record(
    { source, orderRef, now }: CodeUse,
    { usable, state, expiresAt }: { usable: Usable; state: 'held' | 'redeemed'; expiresAt: Date | null },
  ): string {
    const { code, value } = usable;
    const customer = usable.customer ?? null;
    const id = randomUUID();
    const settledAt = state === 'redeemed' ? now : null;
    this.made.push({
      ...{ id, source, codeNo: code.no, customer, state, value, refunded: 0, orderRef: orderRef ?? null },
      ...{ createdAt: now, expiresAt, settledAt },
    });
    this.move({ codeNo: code.no, customer }, { held: state === 'held' ? 1 : 0, redeemed: settledAt ? 1 : 0 });
    return id;
  }

  /** A hold counts until it expires, also when the promotion was stopped meanwhile. */
  private redeemHeld(redemption: RedemptionRow, { id, value: asked, orderRef, source, now }: Change): Outcome {
    if (redemption.state !== 'held') return { refused: stateRefusal[redemption.state] };
    const value = this.within(redemption.value, asked);
    if (typeof value !== 'number') return value;
    Object.assign(redemption, { state: 'redeemed', value, settledAt: now, orderRef: orderRef ?? redemption.orderRef });
    this.redeemedHolds.add(id);
    this.changed.set(id, redemption);
    this.move({ ...redemption, customer: null }, { held: -1, redeemed: 1 });
    this.commit({ source, now }, { id, value });
    return { id, state: 'redeemed', value: this.money(value) };
  }

  /** The code can be used again. */
  private release(redemption: RedemptionRow, { id, now }: Change): Outcome {
    if (redemption.state !== 'held') return { refused: stateRefusal[redemption.state] };
    Object.assign(redemption, { state: 'released', settledAt: now });
    this.changed.set(id, redemption);
    this.move(redemption, { held: -1, redeemed: 0 });
    this.released ??= { id, at: now };
    return { id, state: 'released', value: this.money(0) };
  }

  /** Money of a use returns to its line, all or a part of it. The code stays used. */
  private refund(redemption: RedemptionRow, { id, value: asked, source, now }: Change): Outcome {
    if (redemption.state === 'refunded') return { refused: 'already-refunded' };
    if (redemption.state !== 'redeemed') return { refused: 'not-redeemed' };
    const before = redemption.refunded;
    const value = this.within(redemption.value - before, asked);
    if (typeof value !== 'number') return value;
    const left = redemption.value - before - value;
    if (value === 0 && left > 0) return { refused: 'nothing-to-refund' };
    const state = left === 0 ? 'refunded' : 'redeemed';
    Object.assign(redemption, { state, refunded: before + value, ...(left === 0 && { settledAt: now }) });
    this.changed.set(id, redemption);
    const { line } = this.promotion;
    this.post({ source, now }, { key: `refund:${id}:${before}`, what: 'refund' }, [
      { line, kind: 'committed', micros: -value },
      { line, kind: 'available', micros: value },
    ]);
    return { id, state, value: this.money(value), left: this.money(left) };
  }

  private within(most: number, asked: Money | undefined): number | Refusal {
    if (asked && asked.currency !== this.promotion.currency) return { refused: 'other-currency' };
    return asked && asked.micros > most ? { refused: 'value-too-high' } : (asked?.micros ?? most);
  }

  private move({ codeNo, customer }: Pick<RedemptionRow, 'codeNo' | 'customer'>, { held, redeemed }: Moved): void {
    const moved = this.movedCodes.get(codeNo) ?? { held: 0, redeemed: 0 };
    this.movedCodes.set(codeNo, { held: moved.held + held, redeemed: moved.redeemed + redeemed });
    for (const counted of [this.promotion, ...[...this.codes.values()].filter(({ no }) => no === codeNo)]) {
      counted.held += held;
      counted.redeemed += redeemed;
    }
    if (customer === null) return;
    const more = held + redeemed;
    this.movedCustomers.set(customer, (this.movedCustomers.get(customer) ?? 0) + more);
    this.uses.set(customer, (this.uses.get(customer) ?? 0) + more);
  }

  /** From the worst case that was reserved, what it cost is spent, and the rest is available again. */
  private commit(by: { source: string; now: Date }, { id, value }: { id: string; value: number }): void {
    const { line, worth } = this.promotion;
    this.post(by, { key: `redeem:${id}`, what: 'redeem' }, [
      { line, kind: 'reserved', micros: -worth },
      { line, kind: 'committed', micros: value },
      { line, kind: 'available', micros: worth - value },
    ]);
  }

  private post(
    { source, now }: { source: string; now: Date },
    { key, what }: { key: string; what: string },
    entries: Entry[],
  ): void {
    const { runNo, currency, step } = this.promotion;
    this.postings.push({ runNo, key, at: now, why: `${what} ${step}`, by: source, currency, entries });
  }

  private money(micros: number): Money {
    return { currency: this.promotion.currency, micros };
  }

  /** Nothing of what was served has happened before. */
  async close(): Promise<void> {
    const { client, promotion, made, postings, released } = this;
    const changed = [...this.changed.values()];
    if (made.length + changed.length === 0) return;
    // A redemption goes one state at a time, also when one group redeems and refunds it.
    await writeRedeemed(
      client,
      changed.filter(({ id, state }) => state === 'refunded' && this.redeemedHolds.has(id)),
    );
    await writeTill(client, {
      ...{ promotion, made, changed },
      ...{ codes: this.movedCodes, customers: this.movedCustomers },
    });
    const posted = await postAll(client, postings);
    if (posted.size !== postings.length) throw new Error('a change of the till was posted before');
    if (released && isOver(promotion, released.at))
      await trimSlots(client, {
        promotionNo: promotion.no,
        key: `let-go:${released.id}`,
        at: released.at,
        why: `released ${promotion.step}`,
      });
  }
}
