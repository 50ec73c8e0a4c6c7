import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isPromotionPlatformError } from '../../platforms/promotion-platform-error';
import type { Offer, OfferCode } from '../../platforms/promotions';
import { createStripePromotions } from '../../platforms/stripe';
import { describeWhen } from '../support/describe-when';
import { codeTerms, euros } from '../support/promotions';
import { startStripeMock, whyNoStripeMock } from '../support/stripe-mock';

const key = 'sk_test_123456789012345678901234';
const offer = (terms: Parameters<typeof codeTerms>[0] = {}): Offer => ({
  key: 'campaign/winback/1/codes',
  name: 'Winback',
  terms: codeTerms({
    discount: { kind: 'amount', amount: euros(5) },
    worth: euros(5),
    minimumBasket: euros(30),
    ...terms,
  }),
});
const code: OfferCode = { no: '7', code: 'K7QM-XXAA-39FD', most: 1, validUntil: new Date('2099-05-01T00:00:00Z') };

describeWhen('stripe-mock', whyNoStripeMock(), () => {
  let mock: Awaited<ReturnType<typeof startStripeMock>>;
  beforeAll(async () => {
    mock = await startStripeMock();
  });
  afterAll(() => mock.stop());

  test('coupons, codes, their end and their uses are requests that Stripe’s API takes', async () => {
    const stripe = createStripePromotions({ platform: 'pay', key, url: mock.url });
    await expect(stripe.check()).resolves.toMatchObject({ server: expect.stringContaining('Stripe') });
    const ref = await stripe.createOffer(offer(), code);
    expect(ref).not.toBe('');
    await expect(
      stripe.createOffer(offer({ discount: { kind: 'percent', share: 0.15 }, worth: euros(20) }), code),
    ).resolves.toEqual(expect.any(String));
    await stripe.addCodes({ ref, offer: offer(), codes: [code] });
    await stripe.disableCodes({ ref, codes: [code] });
    expect(await stripe.uses({ ref, codes: [code] })).toEqual([{ no: '7', uses: expect.any(Number) }]);
  });

  test('a key that is none is refused for good, and is in no message', async () => {
    const stripe = createStripePromotions({ platform: 'pay', key: 'wrong', url: mock.url });
    const error = await stripe.check().catch((caught: unknown) => caught);
    expect(isPromotionPlatformError(error) && [error.trouble, error.retryable, /wrong/.test(error.message)]).toEqual([
      'key-refused',
      false,
      false,
    ]);
  });
});

describe('what is sent, and what is made of answers', () => {
  let server: Server;
  let url: string;
  const seen: { path: string; headers: IncomingMessage['headers']; form: URLSearchParams }[] = [];
  let answer: (path: string) => { status: number; body: unknown; headers?: Record<string, string> };

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        seen.push({ path: request.url ?? '', headers: request.headers, form: new URLSearchParams(text) });
        const { status, body, headers } = answer(request.url ?? '');
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => seen.splice(0));

  const stripe = () => createStripePromotions({ platform: 'pay', key, url });

  test('every writing call has its key and is pinned to a version; the same step has the same coupon for ever', async () => {
    answer = () => ({ status: 200, body: { id: 'volante_x' } });
    await stripe().createOffer(offer(), code);
    await stripe().createOffer(offer(), code);
    await stripe().addCodes({ ref: 'volante_x', offer: offer(), codes: [code] });
    const [first, second, third] = seen;
    expect(first?.form.get('id')).toBe(second?.form.get('id'));
    expect(first?.headers['idempotency-key']).toBe(second?.headers['idempotency-key']);
    expect(first?.headers['stripe-version']).toBe('2026-10-28.endive');
    expect(Object.fromEntries(third?.form ?? [])).toMatchObject({
      'promotion[type]': 'coupon',
      'promotion[coupon]': 'volante_x',
      code: code.code,
      max_redemptions: '1',
      'restrictions[minimum_amount]': '3000',
      'restrictions[minimum_amount_currency]': 'eur',
    });
    expect(third?.headers['idempotency-key']).toBe('volante-volante_x-7');
  });

  test('what was written before is found and not written again', async () => {
    answer = (path) =>
      path.startsWith('/v1/promotion_codes?')
        ? {
            status: 200,
            body: {
              data: [
                { id: 'promo_1', code: code.code, active: true, times_redeemed: 1, metadata: { volante_code: '7' } },
              ],
            },
          }
        : { status: 400, body: { error: { code: 'resource_already_exists', message: 'there already' } } };
    await expect(stripe().createOffer(offer(), code)).resolves.toMatch(/^volante_[0-9a-f]{24}$/);
    await expect(stripe().addCodes({ ref: 'x', offer: offer(), codes: [code] })).resolves.toBeUndefined();
    await expect(stripe().addCodes({ ref: 'x', offer: offer(), codes: [{ ...code, no: '8' }] })).rejects.toMatchObject({
      trouble: 'refused',
    });
    expect(await stripe().uses({ ref: 'x', codes: [code] })).toEqual([{ no: '7', uses: 1 }]);
  });

  test.each([
    [429, 'busy', true],
    [500, 'busy', true],
    [409, 'busy', true],
    [403, 'key-refused', false],
    [400, 'refused', false],
  ])('an answer %i is %s', async (status, trouble, retryable) => {
    answer = () => ({ status, body: { error: { message: `no: ${key}` } }, headers: { 'retry-after': '3' } });
    const error = await stripe()
      .createOffer(offer(), code)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ trouble, retryable });
    expect(String((error as Error).message)).not.toContain(key);
  });

  test('a discount that Stripe does not have is not sent', async () => {
    for (const terms of [
      { discount: { kind: 'free-shipping' as const } },
      { discount: { kind: 'percent' as const, share: 0.1, max: euros(5) } },
    ])
      await expect(stripe().createOffer(offer(terms), code)).rejects.toMatchObject({
        trouble: 'unsupported',
        retryable: false,
      });
    expect(seen).toEqual([]);
  });
});
