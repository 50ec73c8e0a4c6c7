/** The Admin API of Medusa 2.21, with a secret key. It has no idempotency keys: whoever writes must find what was written. */
import { z } from 'zod';
import { smallestUnitDigits } from '../minor-units';
import { type HttpAnswer, PromotionHttp } from '../promotion-http';

export interface MedusaOptions {
  platform: string;
  /** Of the Medusa server, such as `https://shop.example`. */
  url: string;
  /** A secret API key, `sk_…`. */
  token: string;
  timeoutMs?: number;
}

const errorSchema = z.object({ message: z.string() });

export class MedusaAdmin {
  readonly http: PromotionHttp;

  constructor({ platform, url, token, timeoutMs }: MedusaOptions) {
    const basic = Buffer.from(`${token}:`).toString('base64');
    this.http = new PromotionHttp({
      platform,
      base: url,
      secret: token,
      timeoutMs,
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    });
  }

  /** @throws PromotionPlatformError unless it is there */
  async get<T>(path: string, { query, schema }: { query: Query; schema: z.ZodType<T> }): Promise<T> {
    const found = await this.find(path, { query, schema });
    if (found === undefined) throw this.http.trouble('refused', `refuses with 404: there is no ${path}`);
    return found;
  }

  /** @returns undefined for what is not there */
  async find<T>(path: string, { query, schema }: { query: Query; schema: z.ZodType<T> }): Promise<T | undefined> {
    const answer = await this.http.ask({ method: 'GET', path: `/admin/${path}?${new URLSearchParams(query)}` });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.refused(answer);
    return this.http.read(schema, answer.body);
  }

  /** One that exists already is refused with 400, as everything wrong is: the caller looks for it. */
  post(path: string, { body, query = [] }: { body: object; query?: Query }): Promise<HttpAnswer> {
    const search = new URLSearchParams(query);
    return this.http.ask({
      method: 'POST',
      path: `/admin/${path}${search.size > 0 ? `?${search}` : ''}`,
      body: JSON.stringify(body),
    });
  }

  refused({ status, body }: HttpAnswer): Error {
    const { message = 'no reason' } = errorSchema.safeParse(body).data ?? {};
    return this.http.trouble('refused', `refuses with ${status}: ${message}`);
  }
}

/** A name may stand in it several times. */
export type Query = [name: string, value: string][];

/** Medusa writes 5.5 for 5.50 EUR, and 550 for 550 JPY. */
export function units({ micros, currency }: { micros: number; currency: string }): number {
  return Number((micros / 1_000_000).toFixed(smallestUnitDigits(currency)));
}
