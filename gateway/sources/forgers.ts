import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayContext } from '../context';

/** Whoever cannot prove who they are learns nothing: neither which sources there are nor what was wrong. */
export class Forgers {
  private readonly limit: ReturnType<FastifyInstance['createRateLimit']>;

  /** @param app the scope whose unproven requests are counted together */
  constructor(app: FastifyInstance, { limits }: GatewayContext) {
    this.limit = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });
  }

  async refuse(request: FastifyRequest, reply: FastifyReply, why: string): Promise<FastifyReply> {
    const limit = await this.limit(request);
    if (!limit.isAllowed && limit.isExceeded)
      return reply.code(429).header('retry-after', '60').send({ error: 'too many requests that nobody signed' });
    return reply.code(401).send({ error: why });
  }
}
