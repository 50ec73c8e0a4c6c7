import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Offer, OfferCode } from '../../platforms/promotions';
import { createShopifyPromotions } from '../../platforms/shopify';
import { describeWhen } from '../support/describe-when';
import { codeTerms, euros } from '../support/promotions';
import { shopifyJudge, whyNoShopifySchema } from '../support/shopify-schema';

interface Request {
  query: string;
  variables: Record<string, unknown>;
}

const token = 'shpat_of_the_test';
const offer = (terms: Parameters<typeof codeTerms>[0] = {}): Offer => ({
  key: 'campaign/winback/1/codes',
  name: 'Winback',
  terms: codeTerms({
    discount: { kind: 'percent', share: 0.15 },
    minimumBasket: euros(30),
    validUntil: '2099-05-01T00:00:00.000Z',
    ...terms,
  }),
});
const codes: OfferCode[] = ['K7QM-XXAA-39FD', 'AAAA-CCCC-DDDD'].map((code, n) => ({ no: `${n}`, code, most: 1 }));

let server: Server;
let url: string;
const asked: Request[] = [];
/** Discounts by code, as a shop would have them. */
const shop = new Map<string, string>();
let failWith: Record<string, unknown> | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const body = JSON.parse(text) as Request;
      asked.push(body);
      const isOurs = request.headers['x-shopify-access-token'] === token;
      response.writeHead(isOurs ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(failWith ?? { data: answerOf(body) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked.length = 0;
  shop.clear();
  failWith = undefined;
});

const id = 'gid://shopify/DiscountCodeNode/1';

function answerOf({ query, variables }: Request): unknown {
  if (query.includes('VolanteFind'))
    return Object.fromEntries(
      Object.entries(variables).map(([name, code]) => {
        const found = shop.get(String(code));
        return [name.replace('c', 'f'), found ? { id: found } : null];
      }),
    );
  if (query.includes('VolanteCreate(')) {
    shop.set((variables.input as { code: string }).code, id);
    return { discountCodeBasicCreate: { codeDiscountNode: { id }, userErrors: [] } };
  }
  if (query.includes('VolanteAdd')) {
    for (const { code } of variables.codes as { code: string }[]) shop.set(code, id);
    return { discountRedeemCodeBulkAdd: { bulkCreation: { id: 'gid://shopify/Bulk/1', done: false }, userErrors: [] } };
  }
  if (query.includes('VolanteCreation')) return { discountRedeemCodeBulkCreation: { done: true, failedCount: 0 } };
  if (query.includes('VolanteUses'))
    return {
      codeDiscountNode: {
        codeDiscount: {
          __typename: 'DiscountCodeBasic',
          u0: { nodes: [{ code: codes[0]?.code, asyncUsageCount: 1 }] },
          u1: { nodes: [] },
        },
      },
    };
  if (query.includes('VolanteEnd')) return { discountCodeDeactivate: { codeDiscountNode: { id }, userErrors: [] } };
  return { shop: { name: 'test' } };
}

const shopify = () => createShopifyPromotions({ platform: 'shop', url, token });
const first = codes[0] as OfferCode;

test('codes are looked for before they are written: what was written before is not written again', async () => {
  const ref = await shopify().createOffer(offer(), first);
  expect(await shopify().createOffer(offer(), first)).toBe(ref);
  await shopify().addCodes({ ref, offer: offer(), codes });
  await shopify().addCodes({ ref, offer: offer(), codes });
  const written = asked.filter(({ query }) => /VolanteCreate\(|VolanteAdd/.test(query));
  expect(written.map(({ variables }) => variables.codes ?? (variables.input as { code: string }).code)).toEqual([
    first.code,
    [{ code: codes[1]?.code }],
  ]);
  expect(await shopify().uses({ ref, codes })).toEqual([
    { no: '0', uses: 1 },
    { no: '1', uses: 0 },
  ]);
  shop.set(first.code, 'gid://shopify/DiscountCodeNode/2');
  await expect(shopify().addCodes({ ref, offer: offer(), codes })).rejects.toMatchObject({ trouble: 'refused' });
});

test('errors that come with 200 are errors; throttling says when to come back', async () => {
  failWith = {
    data: { discountCodeDeactivate: { codeDiscountNode: null, userErrors: [{ code: 'INVALID', message: 'no' }] } },
  };
  await expect(shopify().disableCodes({ ref: id, codes })).rejects.toMatchObject({
    trouble: 'refused',
    retryable: false,
  });
  failWith = {
    errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
    extensions: { cost: { requestedQueryCost: 300, throttleStatus: { currentlyAvailable: 100, restoreRate: 100 } } },
  };
  await expect(shopify().check()).rejects.toMatchObject({ trouble: 'busy', retryable: true, retryAfterMs: 2_000 });
  failWith = undefined;
  const stranger = createShopifyPromotions({ platform: 'shop', url, token: 'other' });
  await expect(stranger.check()).rejects.toMatchObject({ trouble: 'key-refused' });
  await expect(shopify().createOffer(offer({ discount: { kind: 'two-for-one' } }), first)).rejects.toMatchObject({
    trouble: 'unsupported',
  });
});

describeWhen('Shopify’s schema', whyNoShopifySchema(), () => {
  test('every request, with its values, is one that the Admin API 2026-10 takes', async () => {
    const ref = await shopify().createOffer(offer(), first);
    await shopify().addCodes({ ref, offer: offer(), codes });
    await shopify().uses({ ref, codes });
    await shopify().disableCodes({ ref, codes });
    await shopify().check();
    shop.clear();
    await shopify().createOffer(offer({ discount: { kind: 'amount', amount: euros(5) }, worth: euros(5) }), first);
    const judge = shopifyJudge();
    for (const request of asked) expect([request.query, judge(request)]).toEqual([request.query, []]);
    expect(new Set(asked.map(({ query }) => /Volante\w+/.exec(query)?.[0])).size).toBe(7);
    expect(judge({ query: 'query { shop { nothing } }' })).not.toEqual([]);
    expect(
      judge({
        query: asked.find(({ query }) => query.includes('VolanteCreate('))?.query ?? '',
        variables: { input: { titel: 1 } },
      }),
    ).not.toEqual([]);
  });
});
