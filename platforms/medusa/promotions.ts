/**
 * Promotion codes of Medusa (Admin API 2.21): one campaign a step, one promotion a code. Both have names that are unique
 * there, so a repeated call is refused and what was written before is found by its name.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { eachOf } from '../promotion-http';
import type { Offer, OfferCode, PromotionPlatform } from '../promotions';
import { MedusaAdmin, type MedusaOptions, type Query, units } from './admin-api';

/** Calls in flight. Medusa writes a promotion within a tenth of a second. */
const lanes = 4;
const codesAtOnce = 100;

const createdSchema = z.object({ campaign: z.object({ id: z.string() }) });
const campaignsSchema = z.object({ campaigns: z.array(z.object({ id: z.string(), campaign_identifier: z.string() })) });
const promotionsSchema = z.object({
  count: z.int(),
  promotions: z.array(
    z.object({
      id: z.string(),
      code: z.string(),
      status: z.string().nullish(),
      used: z.int().nullish(),
      campaign_id: z.string().nullish(),
      metadata: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});
type MedusaPromotion = z.infer<typeof promotionsSchema>['promotions'][number];

export function createMedusaPromotions(options: MedusaOptions): PromotionPlatform {
  const admin = new MedusaAdmin(options);
  const unsupported = (what: string) => admin.http.trouble('unsupported', what);

  const findCampaign = async (identifier: string): Promise<string | undefined> => {
    const { campaigns } = await admin.get('campaigns', {
      query: [
        ['campaign_identifier', identifier],
        ['fields', 'id,campaign_identifier'],
      ],
      schema: campaignsSchema,
    });
    return campaigns.find(({ campaign_identifier: found }) => found === identifier)?.id;
  };

  /** The promotions of these codes, page by page. */
  const findPromotions = async (codes: readonly OfferCode[]): Promise<Map<string, MedusaPromotion>> => {
    const found = new Map<string, MedusaPromotion>();
    const named: Query = codes.map(({ code }) => ['code[]', code]);
    for (let seen = 0, count = 1; seen < count; ) {
      const page = await admin.get('promotions', {
        query: [
          ...named,
          ['fields', 'id,code,status,used,campaign_id,metadata'],
          ['order', 'id'],
          ['limit', String(codesAtOnce)],
          ['offset', String(seen)],
        ],
        schema: promotionsSchema,
      });
      for (const promotion of page.promotions) found.set(promotion.code, promotion);
      seen += Math.max(1, page.promotions.length);
      count = page.count;
    }
    return found;
  };

  return {
    platform: options.platform,
    codesAtOnce,

    async createOffer(offer) {
      const identifier = campaignIdentifier(offer);
      const answer = await admin.post('campaigns', { body: campaignOf(offer, { identifier, unsupported }) });
      if (answer.status === 200) return admin.http.read(createdSchema, answer.body).campaign.id;
      const there = answer.status === 400 ? await findCampaign(identifier) : undefined;
      if (there === undefined) throw admin.refused(answer);
      return there;
    },

    async addCodes({ ref, offer, codes }) {
      await eachOf(codes, lanes, async (code) => {
        const answer = await admin.post('promotions', {
          body: promotionOf(code, { ref, offer, unsupported }),
          query: [['fields', 'id']],
        });
        if (answer.status === 200) return;
        const found = answer.status === 400 ? (await findPromotions([code])).get(code.code) : undefined;
        if (found?.campaign_id !== ref || found.metadata?.volante_code !== code.no) throw admin.refused(answer);
      });
    },

    async disableCodes({ ref, codes }) {
      const found = [...(await findPromotions(codes)).values()];
      const active = found.filter(({ campaign_id, status }) => campaign_id === ref && status === 'active');
      await eachOf(active, lanes, async ({ id }) => {
        const path = `promotions/${encodeURIComponent(id)}`;
        const answer = await admin.post(path, { body: { status: 'inactive' }, query: [['fields', 'id']] });
        if (answer.status !== 200 && answer.status !== 404) throw admin.refused(answer);
      });
    },

    async uses({ ref, codes }) {
      const found = await findPromotions(codes);
      return codes.map(({ no, code }) => {
        const promotion = found.get(code);
        return { no, uses: promotion?.campaign_id === ref ? (promotion.used ?? 0) : 0 };
      });
    },

    async check() {
      await admin.get('campaigns', { query: [['limit', '1']], schema: campaignsSchema });
      return { server: 'Medusa' };
    },
  };
}

type Unsupported = (what: string) => Error;

/** Ours, so that a campaign whose answer was lost is found again. */
function campaignIdentifier({ key }: Offer): string {
  return `volante_${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
}

function campaignOf(offer: Offer, { identifier, unsupported }: { identifier: string; unsupported: Unsupported }) {
  const { validFrom, validUntil } = offer.terms;
  if (validUntil !== undefined && typeof validUntil !== 'string')
    throw unsupported('ends codes with their campaign only: write validUntil as a date, or `end`');
  return {
    name: offer.name.slice(0, 100),
    campaign_identifier: identifier,
    description: offer.key,
    budget: budgetOf(offer),
    starts_at: validFrom ?? null,
    ends_at: validUntil ?? null,
  };
}

/**
 * A campaign of Medusa has one budget, each promotion besides its own limit. The budget of a code for all counts each customer.
 * That of own codes is what stops first here: a sum of money where a use may cost more or less, else the uses in all.
 */
function budgetOf({ terms }: Offer) {
  const { codes, discount, limits, worth } = terms;
  if (codes !== 'one-per-contact')
    return { type: 'use_by_attribute', attribute: 'customer_email', limit: limits.perContact };
  if (limits.total === undefined) return undefined;
  if (discount.kind === 'amount') return { type: 'usage', limit: limits.total };
  const micros = limits.total * worth.micros;
  return { type: 'spend', limit: units({ ...worth, micros }), currency_code: worth.currency.toLowerCase() };
}

function promotionOf(
  { no, code, most }: OfferCode,
  { ref, offer, unsupported }: { ref: string; offer: Offer; unsupported: Unsupported },
) {
  const { minimumBasket } = offer.terms;
  return {
    code,
    type: 'standard',
    status: 'active',
    campaign_id: ref,
    limit: most,
    metadata: { volante_code: no },
    application_method: methodOf(offer, unsupported),
    rules: minimumBasket && [
      { attribute: 'original_item_total', operator: 'gte', values: [String(units(minimumBasket))] },
      { attribute: 'currency_code', operator: 'eq', values: [minimumBasket.currency.toLowerCase()] },
    ],
  };
}

function methodOf({ terms: { discount, worth } }: Offer, unsupported: Unsupported) {
  const currency_code = worth.currency.toLowerCase();
  switch (discount.kind) {
    case 'percent':
      if (discount.max)
        throw unsupported('has no percentage with a largest discount: write `worth` instead of `maxDiscount`');
      return {
        type: 'percentage',
        target_type: 'order',
        allocation: 'across',
        value: Number((discount.share * 100).toFixed(2)),
        currency_code,
      };
    case 'amount':
      return {
        type: 'fixed',
        target_type: 'order',
        allocation: 'across',
        value: units(discount.amount),
        currency_code: discount.amount.currency.toLowerCase(),
      };
    case 'free-shipping':
      return { type: 'percentage', target_type: 'shipping_methods', allocation: 'across', value: 100, currency_code };
    default:
      throw unsupported(`is not used for ${discount.kind}`);
  }
}
