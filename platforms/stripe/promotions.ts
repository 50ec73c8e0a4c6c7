/**
 * Coupons and promotion codes of Stripe (API 2026-10-28). Every writing call carries an Idempotency-Key, and names of ours:
 * what was written before and forgotten since is found by them.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { smallestUnitDigits } from '../minor-units';
import { eachOf, type HttpAnswer, PromotionHttp } from '../promotion-http';
import type { Offer, OfferCode, PromotionPlatform } from '../promotions';

export interface StripePromotionsOptions {
  platform: string;
  /** A secret or restricted key that may write coupons and promotion codes. */
  key: string;
  /** `https://api.stripe.com`, but for tests. */
  url: string;
  timeoutMs?: number;
}

const version = '2026-10-28.endive';
/** Calls in flight; Stripe allows 100 a second. */
const lanes = 8;

const errorSchema = z.object({ error: z.object({ code: z.string().optional(), message: z.string().optional() }) });
const objectSchema = z.object({ id: z.string() });
const codesSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      code: z.string(),
      active: z.boolean(),
      times_redeemed: z.int(),
      metadata: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});
type StripeCode = z.infer<typeof codesSchema>['data'][number];

export function createStripePromotions({ platform, key, url, timeoutMs }: StripePromotionsOptions): PromotionPlatform {
  const http = new PromotionHttp({
    platform,
    base: url,
    secret: key,
    timeoutMs,
    headers: {
      authorization: `Bearer ${key}`,
      'stripe-version': version,
      'content-type': 'application/x-www-form-urlencoded',
    },
  });

  const write = (path: string, { fields, idempotencyKey }: { fields: Fields; idempotencyKey: string }) =>
    http.ask({ method: 'POST', path, body: formOf(fields), headers: { 'idempotency-key': idempotencyKey } });

  const refused = (answer: HttpAnswer) => {
    const error = errorSchema.safeParse(answer.body).data?.error;
    // Another call with the same key is under way.
    if (answer.status === 409) return http.trouble('busy', `answers 409: ${error?.message ?? ''}`);
    return http.trouble('refused', `refuses with ${answer.status}: ${error?.message ?? 'no reason'}`);
  };

  const findCode = async (ref: string, code: string): Promise<StripeCode | undefined> => {
    const query = new URLSearchParams({ code, coupon: ref, limit: '10' });
    const answer = await http.ask({ method: 'GET', path: `/v1/promotion_codes?${query}` });
    if (answer.status !== 200) throw refused(answer);
    const { data } = http.read(codesSchema, answer.body);
    return data[0];
  };

  return {
    platform,
    codesAtOnce: 200,

    async createOffer(offer) {
      const id = couponId(offer);
      const answer = await write('/v1/coupons', {
        fields: { id, ...couponFields(offer, (what) => http.trouble('unsupported', what)) },
        idempotencyKey: `volante-${id}`,
      });
      if (answer.status === 200) return http.read(objectSchema, answer.body).id;
      if (errorSchema.safeParse(answer.body).data?.error.code === 'resource_already_exists') return id;
      throw refused(answer);
    },

    async addCodes({ ref, offer, codes }) {
      await eachOf(codes, lanes, async (code) => {
        const answer = await write('/v1/promotion_codes', {
          fields: codeFields(ref, offer, code),
          idempotencyKey: `volante-${ref}-${code.no}`,
        });
        if (answer.status === 200) return;
        const found = await findCode(ref, code.code);
        if (found?.metadata?.volante_code !== code.no) throw refused(answer);
      });
    },

    async disableCodes({ ref, codes }) {
      await eachOf(codes, lanes, async ({ code }) => {
        const found = await findCode(ref, code);
        if (!found?.active) return;
        const path = `/v1/promotion_codes/${encodeURIComponent(found.id)}`;
        const answer = await write(path, { fields: { active: 'false' }, idempotencyKey: `volante-end-${found.id}` });
        if (answer.status !== 200) throw refused(answer);
      });
    },

    uses: ({ ref, codes }) =>
      eachOf(codes, lanes, async ({ no, code }) => ({ no, uses: (await findCode(ref, code))?.times_redeemed ?? 0 })),

    async check() {
      const answer = await http.ask({ method: 'GET', path: '/v1/coupons?limit=1' });
      if (answer.status !== 200) throw refused(answer);
      return { server: `Stripe ${version}` };
    },
  };
}

type Fields = Record<string, string>;

function formOf(fields: Fields): string {
  return new URLSearchParams(fields).toString();
}

/** Ours, so that a coupon whose answer was lost is found again. */
function couponId({ key }: Offer): string {
  return `volante_${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
}

function couponFields({ key, name, terms }: Offer, unsupported: (what: string) => Error): Fields {
  const { discount, limits } = terms;
  const common: Fields = {
    name: name.slice(0, 40),
    duration: 'once',
    'metadata[volante]': key.slice(0, 500),
    ...(limits.total !== undefined && { max_redemptions: String(limits.total) }),
    ...(typeof terms.validUntil === 'string' && { redeem_by: seconds(new Date(terms.validUntil)) }),
  };
  switch (discount.kind) {
    case 'percent':
      if (discount.max)
        throw unsupported('has no percentage with a largest discount: write `worth` instead of `maxDiscount`');
      return { ...common, percent_off: String(Number((discount.share * 100).toFixed(2))) };
    case 'amount':
      return { ...common, amount_off: minorUnits(discount.amount), currency: discount.amount.currency.toLowerCase() };
    default:
      throw unsupported(`has no ${discount.kind}`);
  }
}

function codeFields(ref: string, { terms }: Offer, { no, code, most, validUntil }: OfferCode): Fields {
  const { minimumBasket } = terms;
  return {
    'promotion[type]': 'coupon',
    'promotion[coupon]': ref,
    code,
    max_redemptions: String(most),
    'metadata[volante_code]': no,
    ...(validUntil && { expires_at: seconds(validUntil) }),
    ...(minimumBasket && {
      'restrictions[minimum_amount]': minorUnits(minimumBasket),
      'restrictions[minimum_amount_currency]': minimumBasket.currency.toLowerCase(),
    }),
  };
}

function seconds(moment: Date): string {
  return String(Math.floor(moment.getTime() / 1000));
}

/** Cents of a euro, yen of a yen. */
function minorUnits({ micros, currency }: { micros: number; currency: string }): string {
  return String(Math.round(micros / 10 ** (6 - smallestUnitDigits(currency))));
}
