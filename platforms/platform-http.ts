/** HTTP to a platform: bounded in time and size, every failure an error of that platform's kind, no secret in any message. */
import axios, { type AxiosInstance, isAxiosError, type RawAxiosRequestHeaders } from 'axios';
import type { z } from 'zod';

export interface HttpAnswer {
  status: number;
  /** Undefined where the answer is empty (204). */
  body: unknown;
  retryAfterMs?: number;
}

/** What can go wrong with any platform before it says anything of its own. */
export type HttpTrouble = 'unreachable' | 'busy' | 'key-refused' | 'not-understood';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: string;
  headers?: RawAxiosRequestHeaders;
}

export interface PlatformHttpOptions<Trouble extends string> {
  /** As messages begin: `promotion platform shop`. */
  name: string;
  base: string;
  headers: RawAxiosRequestHeaders;
  /** Never repeated. */
  secret: string;
  timeoutMs?: number;
  errorOf(trouble: Trouble | HttpTrouble, options: { message: string; retryAfterMs?: number }): Error;
  /** A refusal of the key that is none: the platform asks for fewer requests in this way. */
  asksForFewer?(answer: { status: number; headers: Record<string, unknown> }): boolean;
}

const maxAnswerBytes = 5_000_000;
const maxWords = 240;

export class PlatformHttp<Trouble extends string> {
  readonly #http: AxiosInstance;
  readonly #options: PlatformHttpOptions<Trouble>;
  readonly #timeoutMs: number;

  constructor(options: PlatformHttpOptions<Trouble>) {
    this.#options = options;
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

  /** @throws the platform's error where there is no answer, or one that says to come back, or that our key is wrong */
  async ask({ method, path, body, headers }: HttpRequest): Promise<HttpAnswer> {
    const response = await this.#http
      .request<unknown>({ method, url: path, data: body, headers })
      .catch((error: unknown) => Promise.reject(this.#lost(error)));
    const { status } = response;
    const retryAfterMs = retryAfter(response.headers['retry-after']);
    const isFewer = this.#options.asksForFewer?.({ status, headers: { ...response.headers } }) ?? false;
    if (status === 429 || status >= 500 || isFewer) throw this.trouble('busy', `answers ${status}`, retryAfterMs);
    if (status === 401 || status === 403) throw this.trouble('key-refused', `refuses our key with ${status}`);
    return { status, body: status === 204 ? undefined : this.#json(response.data), retryAfterMs };
  }

  /** An answer's parts that matter. */
  read<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.trouble('not-understood', 'answers with something else than this version of Volante knows');
  }

  trouble(trouble: Trouble | HttpTrouble, what: string, retryAfterMs?: number): Error {
    const harmless = what
      .replaceAll(this.#options.secret, '[hidden]')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxWords);
    return this.#options.errorOf(trouble, { message: `${this.#options.name} ${harmless}`, retryAfterMs });
  }

  #json(text: unknown): unknown {
    try {
      if (typeof text === 'string') return JSON.parse(text) as unknown;
    } catch {}
    throw this.trouble('not-understood', 'answers with something that is not JSON');
  }

  #lost(error: unknown): Error {
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
