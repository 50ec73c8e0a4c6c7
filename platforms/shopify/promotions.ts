/**
 * Discount codes of Shopify (Admin GraphQL 2026-10). The API has no idempotency keys: every writing call looks by code first
 * for what an earlier one, whose answer was lost, has done. `userErrors` come with HTTP 200.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { smallestUnitDigits } from '../minor-units';
import { PromotionHttp } from '../promotion-http';
import type { Offer, OfferCode, PromotionPlatform } from '../promotions';

export interface ShopifyPromotionsOptions {
  platform: string;
  /** `https://<shop>.myshopify.com`. */
  url: string;
  /** Admin API access token with `write_discounts`. */
  token: string;
  timeoutMs?: number;
}

const path = '/admin/api/2026-10/graphql.json';
/** Shopify adds at most 250 codes in one call; a search for them stays within the cost of one query. */
const codesAtOnce = 100;
const lookAtOnce = 25;

const userErrors = z.array(z.object({ code: z.string().nullish(), message: z.string() }));
const envelope = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string().nullish() }).nullish() }))
    .nullish(),
  extensions: z
    .object({
      cost: z
        .object({
          requestedQueryCost: z.number(),
          throttleStatus: z.object({ currentlyAvailable: z.number(), restoreRate: z.number() }),
        })
        .nullish(),
    })
    .nullish(),
});
const nodeSchema = z.object({ id: z.string() }).nullish();
const createdSchema = z.object({ codeDiscountNode: nodeSchema, userErrors });
const addedSchema = z.object({ bulkCreation: z.object({ id: z.string(), done: z.boolean() }).nullish(), userErrors });
const creationSchema = z.object({ done: z.boolean(), failedCount: z.int() }).nullish();
const usesSchema = z
  .object({
    codeDiscount: z.record(
      z.string(),
      z.union([z.string(), z.object({ nodes: z.array(z.object({ code: z.string(), asyncUsageCount: z.int() })) })]),
    ),
  })
  .nullish();

/** The documents that are sent; a test checks each against Shopify's own schema. */
export const shopifyDocuments = {
  create: `mutation VolanteCreate($input: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $input) { codeDiscountNode { id } userErrors { code message } } }`,
  add: `mutation VolanteAdd($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { bulkCreation { id done } userErrors { code message } } }`,
  creation: `query VolanteCreation($id: ID!) { discountRedeemCodeBulkCreation(id: $id) { done failedCount } }`,
  end: `mutation VolanteEnd($id: ID!) {
  discountCodeDeactivate(id: $id) { codeDiscountNode { id } userErrors { code message } } }`,
  shop: `query VolanteShop { shop { name } }`,
  find: (count: number) =>
    `query VolanteFind(${variables(count, 'c', 'String!')}) {
  ${aliases(count, (n) => `f${n}: codeDiscountNodeByCode(code: $c${n}) { id }`)} }`,
  uses: (count: number) =>
    `query VolanteUses($id: ID!, ${variables(count, 'q', 'String')}) { codeDiscountNode(id: $id) { codeDiscount {
  __typename ... on DiscountCodeBasic { ${aliases(count, (n) => `u${n}: codes(first: 5, query: $q${n}) { nodes { code asyncUsageCount } }`)} } } } }`,
};

function variables(count: number, name: string, type: string): string {
  return Array.from({ length: count }, (_, n) => `$${name}${n}: ${type}`).join(', ');
}

function aliases(count: number, alias: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => alias(n)).join(' ');
}

export function createShopifyPromotions({
  platform,
  url,
  token,
  timeoutMs,
}: ShopifyPromotionsOptions): PromotionPlatform {
  const http = new PromotionHttp({
    platform,
    base: url,
    secret: token,
    timeoutMs,
    headers: { 'x-shopify-access-token': token, 'content-type': 'application/json' },
  });

  const ask = async (query: string, given: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
    const answer = await http.ask({ method: 'POST', path, body: JSON.stringify({ query, variables: given }) });
    if (answer.status !== 200) throw http.trouble('not-understood', `answers ${answer.status}`);
    const { data, errors, extensions } = http.read(envelope, answer.body);
    const [error] = errors ?? [];
    if (error?.extensions?.code === 'THROTTLED') {
      const cost = extensions?.cost;
      const missing = cost ? cost.requestedQueryCost - cost.throttleStatus.currentlyAvailable : 0;
      const waitMs = cost
        ? Math.ceil((Math.max(0, missing) / Math.max(1, cost.throttleStatus.restoreRate)) * 1000)
        : 2_000;
      throw http.trouble('busy', 'asks for fewer requests', waitMs);
    }
    if (error || !data) throw http.trouble('refused', `refuses: ${error?.message ?? 'no data'}`);
    return data;
  };

  const unlessErrors = (errors: z.infer<typeof userErrors>) => {
    const [error] = errors;
    if (error) throw http.trouble('refused', `refuses: ${error.code ?? ''} ${error.message}`);
  };

  /** Which discount each code belongs to. */
  const find = async (codes: readonly string[]): Promise<Map<string, string>> => {
    const found = new Map<string, string>();
    for (let from = 0; from < codes.length; from += lookAtOnce) {
      const some = codes.slice(from, from + lookAtOnce);
      const data = await ask(
        shopifyDocuments.find(some.length),
        Object.fromEntries(some.map((code, n) => [`c${n}`, code])),
      );
      for (const [n, code] of some.entries()) {
        const node = http.read(nodeSchema, data[`f${n}`]);
        if (node) found.set(code, node.id);
      }
    }
    return found;
  };

  const waitForCreation = async (id: string): Promise<void> => {
    for (let look = 0; look < 60; look += 1) {
      const { discountRedeemCodeBulkCreation } = await ask(shopifyDocuments.creation, { id });
      const creation = http.read(creationSchema, discountRedeemCodeBulkCreation);
      if (creation?.done && creation.failedCount > 0)
        throw http.trouble('refused', `could not add ${creation.failedCount} codes`);
      if (creation?.done) return;
      await sleep(1_000);
    }
    throw http.trouble('busy', 'takes long to add codes');
  };

  return {
    platform,
    codesAtOnce,

    async createOffer(offer, first) {
      const there = (await find([first.code])).get(first.code);
      if (there) return there;
      const input = inputOf(offer, first, (what) => http.trouble('unsupported', what));
      const { discountCodeBasicCreate } = await ask(shopifyDocuments.create, { input });
      const created = http.read(createdSchema, discountCodeBasicCreate);
      unlessErrors(created.userErrors);
      if (!created.codeDiscountNode) throw http.trouble('not-understood', 'made no discount');
      return created.codeDiscountNode.id;
    },

    async addCodes({ ref, codes }) {
      const there = await find(codes.map(({ code }) => code));
      const foreign = [...there.values()].some((id) => id !== ref);
      if (foreign) throw http.trouble('refused', 'has a code of ours under another discount');
      const missing = codes.filter(({ code }) => !there.has(code)).map(({ code }) => ({ code }));
      if (missing.length === 0) return;
      const { discountRedeemCodeBulkAdd } = await ask(shopifyDocuments.add, { id: ref, codes: missing });
      const added = http.read(addedSchema, discountRedeemCodeBulkAdd);
      unlessErrors(added.userErrors);
      if (added.bulkCreation && !added.bulkCreation.done) await waitForCreation(added.bulkCreation.id);
    },

    /** The discount ends as a whole: a code of an offer is ended only when all are. */
    async disableCodes({ ref }) {
      const { discountCodeDeactivate } = await ask(shopifyDocuments.end, { id: ref });
      unlessErrors(http.read(createdSchema, discountCodeDeactivate).userErrors);
    },

    async uses({ ref, codes }) {
      const uses: { no: string; uses: number }[] = [];
      for (let from = 0; from < codes.length; from += lookAtOnce) {
        const some = codes.slice(from, from + lookAtOnce);
        const queries = Object.fromEntries(some.map(({ code }, n) => [`q${n}`, `code:${code}`]));
        const { codeDiscountNode } = await ask(shopifyDocuments.uses(some.length), { id: ref, ...queries });
        const discount = http.read(usesSchema, codeDiscountNode)?.codeDiscount ?? {};
        for (const [n, { no, code }] of some.entries()) {
          const found = discount[`u${n}`];
          const nodes = typeof found === 'object' ? found.nodes : [];
          uses.push({ no, uses: nodes.find((node) => node.code === code)?.asyncUsageCount ?? 0 });
        }
      }
      return uses;
    },

    async check() {
      await ask(shopifyDocuments.shop);
      return { server: 'Shopify Admin 2026-10' };
    },
  };
}

function inputOf({ key, name, terms }: Offer, first: OfferCode, unsupported: (what: string) => Error) {
  const { discount, limits, minimumBasket, validFrom, validUntil, stacking } = terms;
  const combines = stacking === 'with-others';
  return {
    title: `${name} (${key})`.slice(0, 255),
    code: first.code,
    startsAt: validFrom ?? new Date(0).toISOString(),
    ...(typeof validUntil === 'string' && { endsAt: validUntil }),
    usageLimit: first.most,
    appliesOncePerCustomer: limits.perContact === 1,
    context: { all: 'ALL' },
    combinesWith: { orderDiscounts: combines, productDiscounts: combines, shippingDiscounts: combines },
    ...(minimumBasket && {
      minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: decimal(minimumBasket) } },
    }),
    customerGets: { items: { all: true }, value: worthOf() },
  };

  function worthOf() {
    if (discount.kind === 'amount')
      return { discountAmount: { amount: decimal(discount.amount), appliesOnEachItem: false } };
    if (discount.kind === 'percent' && !discount.max) return { percentage: discount.share };
    throw unsupported(
      discount.kind === 'percent'
        ? 'has no percentage with a largest discount: write `worth` instead of `maxDiscount`'
        : `is not used for ${discount.kind}`,
    );
  }
}

function decimal({ micros, currency }: { micros: number; currency: string }): string {
  return (micros / 1_000_000).toFixed(smallestUnitDigits(currency));
}
