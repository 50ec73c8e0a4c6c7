/**
 * The sources of `volante.yaml` at the door: which of them a request comes from, by its signature or token, and what is said
 * to whoever is none of them.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EventSource, Workspace } from '../../definition/workspace-types';
import type { GatewayContext } from '../context';
import { Forgers } from './forgers';
import { recentWorkspace } from './recent-workspace';
import { liveSecrets } from './secrets';
import { isFromSource, proofIn } from './signature';

/** A request with the very bytes that were signed. */
export interface Signed {
  request: FastifyRequest;
  body: Buffer;
  now: Date;
}

export class SignedSources {
  private readonly workspace: () => Promise<Workspace>;
  private readonly forgers: Forgers;

  /** @param app the scope whose unsigned requests are counted together */
  constructor(
    app: FastifyInstance,
    private readonly context: GatewayContext,
  ) {
    this.workspace = recentWorkspace(context);
    this.forgers = new Forgers(app, context);
  }

  /**
   * @returns the source of this name, if the request comes from it
   * @throws Error when the source has no secret that counts
   */
  async named(name: string, signed: Signed): Promise<EventSource | undefined> {
    const { sources } = await this.workspace();
    const entry = Object.hasOwn(sources, name) ? sources[name] : undefined;
    if (entry?.kind !== 'events' || !proofIn(signed.request.headers)) return undefined;
    if (liveSecrets(this.context.secretOf(entry.secret)).length === 0)
      throw new Error(`the secret of source ${name} is shorter than 16 characters`);
    return this.isFrom(entry, signed) ? entry : undefined;
  }

  /** @returns the name of the source that the request comes from, among those that may redeem */
  async redeeming(signed: Signed): Promise<string | undefined> {
    const mayRedeem = Object.entries((await this.workspace()).sources).filter(
      (entry): entry is [string, EventSource] => entry[1].kind === 'events' && entry[1].redeem === true,
    );
    return mayRedeem.find(([, source]) => this.isFrom(source, signed))?.[0];
  }

  refuse(request: FastifyRequest, reply: FastifyReply, why: string): Promise<FastifyReply> {
    return this.forgers.refuse(request, reply, why);
  }

  private isFrom({ secret }: EventSource, { request, body, now }: Signed): boolean {
    const proof = proofIn(request.headers);
    return (
      proof !== undefined && isFromSource(body, { proof, secrets: liveSecrets(this.context.secretOf(secret)), now })
    );
  }
}
