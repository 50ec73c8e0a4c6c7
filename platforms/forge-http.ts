/** HTTP to forges: every failure a `ForgeError`. */
import { z } from 'zod';
import { ForgeError, type ForgeTrouble } from './forge-error';
import type { CommitStatus, ForgeAddress } from './forges';
import { type HttpAnswer, type HttpRequest, PlatformHttp, type PlatformHttpOptions } from './platform-http';

export const mostDescription = 140;

const refusalSchema = z.object({ message: z.unknown().optional(), error: z.unknown().optional() });

export class ForgeHttp extends PlatformHttp<ForgeTrouble> {
  constructor(
    { kind, url, token, timeoutMs }: ForgeAddress,
    options: Pick<PlatformHttpOptions<ForgeTrouble>, 'headers' | 'asksForFewer'>,
  ) {
    if (!/^https?:\/\/[^\s@]+$/.test(url))
      throw new ForgeError('unreachable', { message: `the address of ${kind}'s API is none` });
    super({
      ...options,
      name: kind,
      base: url.replace(/\/+$/, ''),
      secret: token,
      timeoutMs,
      headers: { 'content-type': 'application/json', 'user-agent': 'volante', ...options.headers },
      errorOf: (trouble, words) => new ForgeError(trouble, words),
    });
  }

  /** The answer's body. @throws ForgeError also for what the forge says no to */
  async done(method: HttpRequest['method'], path: string, body?: object): Promise<unknown> {
    const answer = await this.ask({ method, path, ...(body && { body: JSON.stringify(body) }) });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw this.#refusal(answer);
  }

  #refusal({ status, body }: HttpAnswer): Error {
    const said = wordsOf(body);
    if (status === 404) return this.trouble('not-there', `has no such thing${said}`);
    if (status < 400) return this.trouble('not-understood', `redirects with ${status}`);
    return this.trouble('refused', `refuses with ${status}${said}`);
  }
}

function wordsOf(body: unknown): string {
  const { message, error } = refusalSchema.safeParse(body).data ?? {};
  const words = message ?? error;
  if (words === undefined) return '';
  return `: ${typeof words === 'string' ? words : JSON.stringify(words)}`;
}

/** One line, as long as every forge takes. */
export function shortDescription({ description }: Pick<CommitStatus, 'description'>): string {
  const line = description.replace(/\s+/g, ' ').trim();
  return line.length > mostDescription ? `${line.slice(0, mostDescription - 1)}…` : line;
}

/** `owner/name` as the segments of a path. */
export function repositoryPath({ repository, kind }: Pick<ForgeAddress, 'repository' | 'kind'>): string {
  const segments = repository.split('/');
  if (segments.length !== 2 || segments.some((segment) => !/^[\w.-]+$/.test(segment)))
    throw new ForgeError('not-there', { message: `${kind}: a repository is named owner/name` });
  return `/repos/${segments.join('/')}`;
}
