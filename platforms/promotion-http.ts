/** HTTP to promotion platforms: bounded in time and size, every failure a `PromotionPlatformError`, no key in any message. */
import axios, { type AxiosInstance, isAxiosError, type RawAxiosRequestHeaders } from 'axios';
import type { z } from 'zod';
import { PromotionPlatformError, type PromotionTrouble } from './promotion-platform-error';

export interface HttpAnswer {
  status: number;
  body: unknown;
  retryAfterMs?: number;
}

const maxAnswerBytes = 5_000_000;
const maxWords = 240;

export class PromotionHttp {
  readonly #http: AxiosInstance;
  readonly #platform: string;
  readonly #secret: string;
  readonly #timeoutMs: number;

  constructor(options: {
    platform: string;
    base: string;
    headers: RawAxiosRequestHeaders;
    secret: string;
    timeoutMs?: number;
  }) {
    this.#platform = options.platform;
    this.#secret = options.secret;
    this.#timeoutMs = options.timeoutMs ?? 20_000;
    this.#http = axios.create({
      baseURL: options.base,
      timeout: this.#timeoutMs,
      maxRedirects: 0,
      maxContentLength: maxAnswerBytes,
      headers: options.headers,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
  }

  /** @throws PromotionPlatformError where there is no answer, or one that says to come back, or that our key is wrong */
  async ask(request: {
    method: 'GET' | 'POST';
    path: string;
    body?: string;
    headers?: RawAxiosRequestHeaders;
  }): Promise<HttpAnswer> {
    const { method, path, body, headers } = request;
    const response = await this.#http
      .request<unknown>({ method, url: path, data: body, headers })
      .catch((error: unknown) => Promise.reject(this.#lost(error)));
    const retryAfterMs = retryAfter(response.headers['retry-after']);
    const { status } = response;
    if (status === 401 || status === 403) throw this.trouble('key-refused', `refuses our key with ${status}`);
    if (status === 429 || status >= 500) throw this.trouble('busy', `answers ${status}`, retryAfterMs);
    return { status, body: this.#json(response.data), retryAfterMs };
  }

  /** An answer's parts that matter. */
  read<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.trouble('not-understood', 'answers with something else than this version of Volante knows');
  }

  trouble(trouble: PromotionTrouble, what: string, retryAfterMs?: number): PromotionPlatformError {
    const harmless = what
      .replaceAll(this.#secret, '[hidden]')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxWords);
    return new PromotionPlatformError(trouble, {
      message: `promotion platform ${this.#platform} ${harmless}`,
      retryAfterMs,
    });
  }

  #json(text: unknown): unknown {
    try {
      if (typeof text === 'string') return JSON.parse(text) as unknown;
    } catch {}
    throw this.trouble('not-understood', 'answers with something that is not JSON');
  }

  #lost(error: unknown): PromotionPlatformError {
    if (!isAxiosError(error)) return this.trouble('unreachable', 'cannot be asked');
    if (/maxContentLength/.test(error.message)) return this.trouble('not-understood', 'answers with too much');
    if (error.code === 'ECONNABORTED' || error.code === 'ETIMEDOUT')
      return this.trouble('unreachable', `does not answer within ${this.#timeoutMs / 1000} s`);
    return this.trouble('unreachable', `cannot be reached: ${error.code ?? 'no answer'}`);
  }
}

function retryAfter(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}

/** Does `work` for each, a few at a time. */
export async function eachOf<T, R>(items: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) results.set(at, await work(items[at] as T));
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return items.map((_, index) => results.get(index) as R);
}
