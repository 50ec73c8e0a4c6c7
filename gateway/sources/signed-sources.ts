/**
 * The sources of `volante.yaml` at the door: which of them a request comes from, by its signature or token, and what is said
 * to whoever is none of them. The file is not read for each request.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EventSource, Workspace } from '../../definition/workspace-types';
import type { GatewayContext } from '../context';
import { isFromSource, liveSecrets, proofIn } from './signature';

const keptMs = 1_000;

/** A request with the very bytes that were signed. */
export interface Signed {
  request: FastifyRequest;
  body: Buffer;
  now: Date;
}

export class SignedSources {
  private known?: { sources: Workspace['sources']; at: number };
  private readonly limitForgers: ReturnType<FastifyInstance['createRateLimit']>;

  /** @param app the scope whose unsigned requests are counted together */
  constructor(
    app: FastifyInstance,
    private readonly context: GatewayContext,
  ) {
    this.limitForgers = app.createRateLimit({ max: context.limits.forgedTokens, timeWindow: 60_000 });
  }

  /**
   * @returns the source of this name, if the request comes from it
   * @throws Error when the source has no secret that counts
   */
  async named(name: string, signed: Signed): Promise<EventSource | undefined> {
    const sources = await this.current();
    const entry = Object.hasOwn(sources, name) ? sources[name] : undefined;
    if (entry?.kind !== 'events' || !proofIn(signed.request.headers)) return undefined;
    if (liveSecrets(this.context.secretOf(entry.secret)).length === 0)
      throw new Error(`the secret of source ${name} is shorter than 16 characters`);
    return this.isFrom(entry, signed) ? entry : undefined;
  }

  /** @returns the name of the source that the request comes from, among those that may redeem */
  async redeeming(signed: Signed): Promise<string | undefined> {
    const mayRedeem = Object.entries(await this.current()).filter(
      (entry): entry is [string, EventSource] => entry[1].kind === 'events' && entry[1].redeem === true,
    );
    return mayRedeem.find(([, source]) => this.isFrom(source, signed))?.[0];
  }

  /** Whoever is not known learns nothing: neither which sources there are nor what was wrong. */
  async refuse(request: FastifyRequest, reply: FastifyReply, why: string): Promise<FastifyReply> {
    const limit = await this.limitForgers(request);
    if (!limit.isAllowed && limit.isExceeded)
      return reply.code(429).header('retry-after', '60').send({ error: 'too many requests that nobody signed' });
    return reply.code(401).send({ error: why });
  }

  private isFrom({ secret }: EventSource, { request, body, now }: Signed): boolean {
    const proof = proofIn(request.headers);
    return (
      proof !== undefined && isFromSource(body, { proof, secrets: liveSecrets(this.context.secretOf(secret)), now })
    );
  }

  private async current(): Promise<Workspace['sources']> {
    if (!this.known || performance.now() - this.known.at > keptMs)
      this.known = { sources: (await this.context.workspace()).sources, at: performance.now() };
    return this.known.sources;
  }
}
