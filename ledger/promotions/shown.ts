/** The codes that members are shown in their messages. */
import type { ResolvedCampaign, ResolvedStep } from '../../definition/resolved';
import type { Discount, PromotionTerms } from '../../definition/resolved-promotion';
import { writePercentage } from '../../definition/written/percentage';
import type { Queryable } from '../database';
import { shownCode } from './codes';

/** A code as its member is shown it. All texts. */
export interface PersonalCode {
  code: string;
  /** Local date and time; absent for a code that never ends. */
  validUntil?: string;
  discount: string;
}

/** What Liquid calls `promotion` and `promotions` in a member's message. */
export interface MemberCodes {
  /** Of the last promotion step before the message. */
  promotion?: PersonalCode;
  promotions: Record<string, PersonalCode>;
}

/** Promotion steps that are finished before a step begins, in the order of the file. */
export function promotionsBefore(campaign: ResolvedCampaign, stepId: string): string[] {
  const before = new Set<string>();
  const visit = (id: string) => {
    const step = campaign.steps.find((candidate) => candidate.id === id);
    for (const need of step?.needs ?? []) {
      if (before.has(need)) continue;
      before.add(need);
      visit(need);
    }
  };
  visit(stepId);
  return campaign.steps.filter(({ id, kind }) => kind === 'promotion' && before.has(id)).map(({ id }) => id);
}

/** The codes of members, by sequence number, as they were issued; who has none is absent. */
export async function codesOfMembers(
  queryable: Queryable,
  request: { runNo: number; campaign: ResolvedCampaign; steps: readonly string[]; seqs: readonly number[] },
): Promise<Map<number, MemberCodes>> {
  const { runNo, campaign, steps, seqs } = request;
  const { rows } = await queryable.query<{
    seq: number;
    step: string;
    terms: PromotionTerms;
    code: string;
    own: boolean;
    until: Date | null;
  }>(
    `select m.seq, p.step, p.terms, c.code, c.seq is not null as own, coalesce(c.valid_until, p.valid_until) as until
       from promotions p
       join unnest($3::int[]) m(seq) on true
       join promotion_codes c on c.promotion_no = p.no and coalesce(c.seq, 0) in (0, m.seq) and c.state = 'active'
       left join promotion_skips s on s.promotion_no = p.no and s.seq = m.seq
      where p.run_no = $1 and p.step = any($2) and p.state = 'active' and s.seq is null`,
    [runNo, steps, seqs],
  );
  const found = new Map<number, MemberCodes>();
  for (const { seq, step, terms, code, own, until } of rows) {
    const codes = found.get(seq) ?? { promotions: {} };
    codes.promotions[step] = shown(campaign, { terms, code: own ? shownCode(code) : genericOf(terms, code), until });
    found.set(seq, codes);
  }
  for (const codes of found.values()) {
    const last = steps.findLast((step) => codes.promotions[step] !== undefined);
    if (last !== undefined) codes.promotion = codes.promotions[last];
  }
  return found;
}

/** What a message shows to somebody who does not exist. */
export function sampleCodes(campaign: ResolvedCampaign, stepId: string): MemberCodes {
  const codes: MemberCodes = { promotions: {} };
  for (const step of promotionsBefore(campaign, stepId)) {
    const terms = termsOf(campaign, step);
    if (!terms) continue;
    const until = typeof terms.validUntil === 'string' ? new Date(terms.validUntil) : null;
    const sample = shown(campaign, { terms, code: genericOf(terms, 'AAAA-AAAA-AAAA'), until });
    codes.promotions[step] = sample;
    codes.promotion = sample;
  }
  return codes;
}

function shown(
  { locale, schedule }: ResolvedCampaign,
  { terms, code, until }: { terms: PromotionTerms; code: string; until: Date | null },
): PersonalCode {
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: schedule.timezone,
  });
  return {
    code,
    discount: inWords(terms.discount, locale),
    ...(until !== null && { validUntil: format.format(until) }),
  };
}

function genericOf({ codes }: PromotionTerms, otherwise: string): string {
  return codes === 'one-per-contact' ? otherwise : codes.generic;
}

/** What a code gives, for the customer. */
export function inWords(discount: Discount, locale: string): string {
  switch (discount.kind) {
    case 'percent':
      return locale.startsWith('en')
        ? writePercentage(discount.share)
        : writePercentage(discount.share).replace('%', '\u00a0%');
    case 'amount': {
      const { currency, micros } = discount.amount;
      return new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        trailingZeroDisplay: 'stripIfInteger',
      }).format(micros / 1_000_000);
    }
    case 'gift':
      return discount.sku;
    default:
      return discount.kind === 'two-for-one' ? '2 × 1' : locale.startsWith('es') ? 'envío gratis' : 'free shipping';
  }
}

function termsOf(campaign: ResolvedCampaign, stepId: string): PromotionTerms | undefined {
  const step = campaign.steps.find(
    (candidate): candidate is Extract<ResolvedStep, { kind: 'promotion' }> =>
      candidate.id === stepId && candidate.kind === 'promotion',
  );
  return step?.promotion;
}
