/** What the Medusa platform promises, whatever it talks to: a real server, or the double. */
import { createMedusaPromotions, createMedusaStoreCredit } from '../../platforms/medusa';
import { isPromotionPlatformError } from '../../platforms/promotion-platform-error';
import type { Offer, OfferCode } from '../../platforms/promotions';
import { CuttingProxy, type Meddling } from './cutting-proxy';
import { addCustomer, creditsOf, type MedusaShop } from './medusa-shop';
import { codeTerms, euros } from './promotions';

const fiveEuros = {
  discount: { kind: 'amount', amount: euros(5) },
  worth: euros(5),
  stacking: 'with-others',
  platform: 'shop',
} as const;

let offers = 0;
function offerOf(terms: Parameters<typeof codeTerms>[0] = {}): Offer {
  offers += 1;
  return {
    key: `campaign/winback/${offers}/codes`,
    name: 'Winback',
    terms: codeTerms({ ...fiveEuros, ...terms }),
  };
}

let codes = 0;
function newCodes(count: number, most = 1): OfferCode[] {
  return Array.from({ length: count }, () => {
    codes += 1;
    return { no: String(codes), code: `K7QM-${String(codes).padStart(4, '0')}-39FD`, most };
  });
}

const email = 'ana@shop.example';

export function medusaContract(open: () => Promise<MedusaShop & { remove(): Promise<void> }>): void {
  let shop: MedusaShop & { remove(): Promise<void> };
  let proxy: CuttingProxy;

  beforeAll(async () => {
    shop = await open();
    proxy = await CuttingProxy.before(shop.url);
  }, 300_000);
  afterAll(async () => {
    await proxy?.close();
    await shop?.remove();
  });
  afterEach(() => {
    proxy.cutAt = 0;
    proxy.meddle = undefined;
  });

  const options = (given: { token?: string; timeoutMs?: number } = {}) => ({
    platform: 'shop',
    url: proxy.url,
    token: shop.token,
    timeoutMs: 10_000,
    ...given,
  });
  const medusa = (given: Parameters<typeof options>[0] = {}) => createMedusaPromotions(options(given));
  const issue = async (offer: Offer, wanted: OfferCode[]) => {
    const [first] = wanted;
    if (!first) throw new Error('no code');
    const ref = await medusa().createOffer(offer, first);
    await medusa().addCodes({ ref, offer, codes: wanted });
    return ref;
  };

  test('whichever answer is lost, the next try goes on: one campaign, each code once', async () => {
    const offer = offerOf();
    const wanted = newCodes(6);
    let lost = 0;
    for (let cutAt = 1; ; cutAt += 1) {
      proxy.cutAt = cutAt;
      try {
        await issue(offer, wanted);
        break;
      } catch (error) {
        if (!isPromotionPlatformError(error) || error.trouble !== 'unreachable') throw error;
        lost += 1;
      }
    }
    proxy.cutAt = 0;
    expect(lost).toBeGreaterThanOrEqual(3);
    const ref = await issue(offer, wanted);
    const query = wanted.map(({ code }) => `code[]=${code}`).join('&');
    const { promotions } = await shop.admin<{ promotions: { campaign_id: string }[] }>(
      'GET',
      `promotions?${query}&fields=id,code,campaign_id`,
    );
    expect(promotions.map(({ campaign_id }) => campaign_id)).toEqual(wanted.map(() => ref));
  });

  test('a code that is somebody else’s there is never taken for ours', async () => {
    const offer = offerOf();
    const [code] = newCodes(1) as [OfferCode];
    await issue(offer, [code]);
    const another = offerOf();
    const ref = await medusa().createOffer(another, code);
    await expect(medusa().addCodes({ ref, offer: another, codes: [code] })).rejects.toMatchObject({
      trouble: 'refused',
    });
    await medusa().disableCodes({ ref, codes: [code] });
    expect(await shop.buy({ code: code.code, quantity: 2, email })).toBe(5);
  });

  test('codes give what was written, as often as was written, for baskets that are large enough; uses are read back', async () => {
    const wanted = newCodes(2);
    const [a, b] = wanted as [OfferCode, OfferCode];
    const ref = await issue(
      offerOf({ minimumBasket: euros(30), limits: { total: 2, perContact: 1, perCode: 1 } }),
      wanted,
    );
    expect(await shop.buy({ code: a.code, quantity: 1, email })).toBeUndefined();
    expect(await shop.buy({ code: a.code, quantity: 2, email })).toBe(5);
    expect(await shop.buy({ code: a.code, quantity: 2, email })).toBeUndefined();
    const uses = await medusa().uses({ ref, codes: wanted });
    expect(uses).toEqual([
      { no: a.no, uses: 1 },
      { no: b.no, uses: 0 },
    ]);
    const { campaigns } = await shop.admin<{ campaigns: { id: string; budget: { used: number; limit: number } }[] }>(
      'GET',
      'campaigns?limit=200&fields=id,*budget',
    );
    expect(campaigns.find(({ id }) => id === ref)?.budget).toMatchObject({ used: 1, limit: 2 });
  });

  test('codes count between their first and their last moment', async () => {
    const [early, late, now] = newCodes(3) as [OfferCode, OfferCode, OfferCode];
    const ago = new Date(Date.now() - 60_000).toISOString();
    const ahead = new Date(Date.now() + 3600_000).toISOString();
    await issue(offerOf({ validFrom: ahead }), [early]);
    await issue(offerOf({ validUntil: ago }), [late]);
    await issue(offerOf({ validFrom: ago, validUntil: ahead }), [now]);
    expect(await shop.buy({ code: early.code, quantity: 2, email })).toBeUndefined();
    expect(await shop.buy({ code: late.code, quantity: 2, email })).toBeUndefined();
    expect(await shop.buy({ code: now.code, quantity: 2, email })).toBe(5);
  });

  test('a share of the basket stops at the money that was promised', async () => {
    const wanted = newCodes(3);
    const terms = { discount: { kind: 'percent', share: 0.2 }, worth: euros(10) } as const;
    await issue(offerOf({ ...terms, limits: { total: 3, perContact: 1, perCode: 1 } }), wanted);
    const [a, b, c] = wanted.map(({ code }) => code) as [string, string, string];
    expect(await shop.buy({ code: a, quantity: 4, email })).toBe(20);
    expect(await shop.buy({ code: b, quantity: 4, email })).toBeUndefined();
    expect(await shop.buy({ code: c, quantity: 2, email })).toBe(10);
  });

  test('a code for all is used once by each customer, and so often in all', async () => {
    const [code] = newCodes(1, 2) as [OfferCode];
    const limits = { total: 2, perContact: 1, perCode: 2 };
    await issue(offerOf({ codes: { generic: code.code }, limits }), [code]);
    const buy = (name: string) => shop.buy({ code: code.code, quantity: 1, email: `${name}@shop.example` });
    expect(await buy('ana')).toBe(5);
    expect(await buy('ana')).toBeUndefined();
    expect(await buy('eva')).toBe(5);
    expect(await buy('luis')).toBeUndefined();
  });

  test('codes that were ended cannot be used; ending again, or what is not there, changes nothing; pages are read to the end', async () => {
    const wanted = newCodes(110);
    const ref = await issue(offerOf(), wanted);
    const [used, unused] = wanted as [OfferCode, OfferCode];
    const last = wanted.at(-1) as OfferCode;
    expect(await shop.buy({ code: used.code, quantity: 1, email })).toBe(5);
    expect(await shop.buy({ code: last.code, quantity: 1, email })).toBe(5);
    const all = [...wanted, ...newCodes(1)];
    for (const again of [1, 2]) {
      await medusa().disableCodes({ ref, codes: all });
      expect([again, await shop.buy({ code: unused.code, quantity: 1, email })]).toEqual([again, undefined]);
    }
    const uses = await medusa().uses({ ref, codes: all });
    expect(uses.filter((code) => code.uses > 0)).toEqual([
      { no: used.no, uses: 1 },
      { no: last.no, uses: 1 },
    ]);
  }, 120_000);

  test('troubles are told apart, and no message holds the key', async () => {
    const offer = offerOf();
    const [code] = newCodes(1) as [OfferCode];
    const trouble = async (meddling: Meddling | undefined, given: Parameters<typeof options>[0] = {}) => {
      proxy.meddle = () => meddling;
      const error = await medusa(given)
        .createOffer(offer, code)
        .catch((caught: unknown) => caught);
      if (!isPromotionPlatformError(error)) throw new Error('no trouble');
      expect(error.message).not.toContain(given.token ?? shop.token);
      return [error.trouble, error.retryable, error.retryAfterMs];
    };
    const instead = (status: number, body = '{}', headers = {}) => ({ instead: { status, body, headers } });
    expect(await trouble(undefined, { token: 'sk_wrong' })).toEqual(['key-refused', false, undefined]);
    expect(await trouble(instead(404))).toEqual(['refused', false, undefined]);
    expect(await trouble(instead(429, '', { 'retry-after': '7' }))).toEqual(['busy', true, 7000]);
    expect(await trouble(instead(500, 'oops'))).toEqual(['busy', true, undefined]);
    expect(await trouble(instead(200, 'no json'))).toEqual(['not-understood', false, undefined]);
    expect(await trouble(instead(400, JSON.stringify({ message: `no ${shop.token}` })))).toEqual([
      'refused',
      false,
      undefined,
    ]);
    let release = () => {};
    const after = new Promise<void>((resolve) => {
      release = resolve;
    });
    expect(await trouble({ after }, { timeoutMs: 300 })).toEqual(['unreachable', true, undefined]);
    release();
    proxy.meddle = undefined;
    await expect(medusa().createOffer(offer, code)).resolves.toMatch(/^procamp_/);
    await expect(medusa().check()).resolves.toEqual({ server: 'Medusa' });
  });

  test('terms that it cannot keep are refused before anything is written', async () => {
    const [code] = newCodes(1) as [OfferCode];
    for (const terms of [
      { discount: { kind: 'two-for-one' } },
      { discount: { kind: 'gift', sku: 'MUG' } },
      { discount: { kind: 'percent', share: 0.1, max: euros(5) } },
    ] as const) {
      const offer = offerOf(terms);
      const ref = await medusa().createOffer(offer, code);
      await expect(medusa().addCodes({ ref, offer, codes: [code] })).rejects.toMatchObject({ trouble: 'unsupported' });
    }
    await expect(medusa().createOffer(offerOf({ validUntil: { for: 1000 } }), code)).rejects.toMatchObject({
      trouble: 'unsupported',
    });
  });

  describe('store credit', () => {
    const credit = (given: Parameters<typeof options>[0] = {}) => createMedusaStoreCredit(options(given));
    const since = new Date(Date.now() - 3600_000);

    test('has one account for a customer and currency, whoever asks first', async () => {
      const id = await addCustomer(shop, 'one@shop.example');
      const accounts = await Promise.all(
        Array.from({ length: 4 }, () => credit().accountOf({ email: 'One@shop.example' }, 'EUR')),
      );
      expect(new Set(accounts).size).toBe(1);
      expect(await credit().accountOf({ externalId: id, email: 'other@shop.example' }, 'EUR')).toBe(accounts[0]);
      expect(await credit().accountOf({ externalId: '4711', email: 'nobody@shop.example' }, 'EUR')).toBeUndefined();
    });

    test('is found by its reference, however much was credited since; two equal calls are two credits', async () => {
      const id = await addCustomer(shop, 'two@shop.example');
      const account = (await credit().accountOf({ email: 'two@shop.example' }, 'EUR')) ?? '';
      const pay = (reference: string) => credit().credit({ account, reference, amount: euros(5.5) });
      expect(await credit().find({ account, reference: 'first', since })).toBe(false);
      await pay('first');
      for (let n = 0; n < 104; n += 1) await pay(`other ${n}`);
      await pay('last');
      await pay('last');
      expect(await credit().find({ account, reference: 'first', since })).toBe(true);
      expect(await credit().find({ account, reference: 'last', since })).toBe(true);
      expect(await credit().find({ account, reference: 'firs', since })).toBe(false);
      expect(await creditsOf(shop, id)).toEqual(Array.from({ length: 107 }, () => 5.5));
    }, 120_000);

    test('of an account that is not there is refused', async () => {
      await expect(credit().credit({ account: 'sc_none', reference: 'x', amount: euros(5) })).rejects.toMatchObject({
        trouble: 'refused',
      });
    });
  });
}
