/** HTTP to Unleash's admin API: bounded in time and size, every failure a `FlagPlatformError`, the token in no message. */
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import { z } from 'zod';
import { FlagPlatformError, type FlagTrouble } from '../flag-platform-error';

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments after `/api/admin`; each is encoded. */
  path: string[];
  query?: Record<string, string>;
  body?: Record<string, unknown>;
  signal: AbortSignal;
}

/** An answer of Unleash itself: what was asked for, or that it is not there, or is there already. */
export type ApiAnswer = { status: 'ok'; body: unknown } | { status: 'absent' | 'exists' | 'invalid'; words: string };

export interface AdminApiOptions {
  /** Key under `platforms` in volante.yaml, for messages. */
  platform: string;
  base: URL;
  token: string;
  /** Of one request. */
  timeoutMs: number;
}

const maxAnswerBytes = 2_000_000;
const maxWords = 240;

const refusalSchema = z.object({
  name: z.string().optional(),
  message: z.string(),
  details: z.array(z.object({ message: z.string() })).optional(),
});
type Refusal = z.infer<typeof refusalSchema>;

export class AdminApi {
  readonly #platform: string;
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #http: AxiosInstance;

  constructor({ platform, base, token, timeoutMs }: AdminApiOptions) {
    this.#platform = platform;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#http = axios.create({
      baseURL: new URL('api/admin', base).href,
      timeout: timeoutMs,
      maxRedirects: 0,
      maxContentLength: maxAnswerBytes,
      headers: { authorization: token, accept: 'application/json' },
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
  }

  /** @throws FlagPlatformError for everything but an answer that Unleash gives to a request it understood */
  async ask({ method, path, query, body, signal }: ApiRequest): Promise<ApiAnswer> {
    const url = path.map((segment) => `/${encodeURIComponent(segment)}`).join('');
    const response = await this.#http
      .request<unknown>({ method, url, params: query, data: body, signal })
      .catch((error: unknown) => Promise.reject(this.#lost(error)));
    const json = parseJson(response.data);
    if (response.status >= 200 && response.status < 300) {
      if (json === undefined) throw this.trouble('not-understood', 'answers with something that is not JSON');
      return { status: 'ok', body: json };
    }
    return this.#refusal(response, json);
  }

  /** An answer's parts that matter. @throws FlagPlatformError */
  read<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.trouble('not-understood', 'answers with something else than this version of Volante knows');
  }

  /** An error about this platform, without anything that is secret. */
  trouble(trouble: FlagTrouble, what: string, retryAfterMs?: number): FlagPlatformError {
    return new FlagPlatformError(trouble, {
      message: `flag platform ${this.#platform} ${this.#harmless(what)}`,
      retryAfterMs,
    });
  }

  #refusal({ status, headers }: AxiosResponse, json: unknown): ApiAnswer {
    const refusal = refusalSchema.safeParse(json).data;
    const words = refusal ? wordsOf(refusal) : '';
    const said = words === '' ? '' : `: ${words}`;
    if (status === 429) throw this.trouble('busy', 'asks for fewer requests', retryAfter(headers['retry-after']));
    if (status >= 500) throw this.trouble('busy', `fails with ${status}${said}`, retryAfter(headers['retry-after']));
    if (status === 401 || status === 403)
      throw this.trouble('token-refused', `refuses our token with ${status}${said}`);
    if (status >= 300 && status < 400) throw this.trouble('not-understood', `redirects with ${status}`);
    if (!refusal) throw this.trouble('not-understood', `answers ${status} as Unleash does not`);
    if (status === 404 && isAboutThePath(refusal)) throw this.trouble('not-understood', `has no such API${said}`);
    if (status === 404) return { status: 'absent', words };
    if (status === 409) return { status: 'exists', words };
    return { status: 'invalid', words };
  }

  #lost(error: unknown): FlagPlatformError {
    if (!isAxiosError(error)) return this.trouble('unreachable', 'cannot be asked');
    if (/maxContentLength/.test(error.message)) return this.trouble('not-understood', 'answers with too much');
    if (error.code === 'ECONNABORTED' || error.code === 'ETIMEDOUT' || error.code === 'ERR_CANCELED') {
      return this.trouble('unreachable', `does not answer within ${this.#timeoutMs / 1000} s`);
    }
    return this.trouble('unreachable', `cannot be reached: ${error.code ?? 'no answer'}`);
  }

  #harmless(text: string): string {
    return text
      .replaceAll(this.#token, '[hidden]')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxWords);
  }
}

function wordsOf({ message, details }: Refusal): string {
  return [...new Set([message, ...(details ?? []).map((detail) => detail.message)])].join(' ');
}

/** Unleash says the same of a path that it does not have and of a thing that is not there, but for the words. */
function isAboutThePath({ message }: Refusal): boolean {
  return message.startsWith('The path you were looking for');
}

function parseJson(text: unknown): unknown {
  if (text === '' || text === undefined) return {};
  try {
    return typeof text === 'string' ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110 §10.2.3); dates count from the answer's own arrival. */
function retryAfter(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value) - Date.now();
  return Number.isFinite(until) ? Math.max(0, until) : undefined;
}
