/**
 * `POST /events/:source`: where shops and other systems tell what people did. Only sources of `volante.yaml` that prove who
 * they are; each event is in the book before the answer, and once however often it is posted.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Workspace } from '../../definition/workspace-types';
import { transaction } from '../../ledger/database';
import { moveWatermark } from '../../ledger/event-sources';
import { recordEvents } from '../../ledger/events';
import type { GatewayContext } from '../context';
import { isUnreachable } from '../http/faults';
import { allowOnly } from '../http/methods';
import { type ReadEvents, readBody } from './body';
import { isFromSource, liveSecrets } from './signature';

const path = '/events/:source';
const mostBytes = 1024 * 1024;
const sourcesKeptMs = 1_000;

interface EventsRoute {
  Params: { source: string };
}

export async function serveEvents(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey, limits } = context;
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  answerFaultsInJson(app, context);

  app.post<EventsRoute>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!(await isAuthentic(request, { body, now }))) return refuse(request, reply);
    const { source } = request.params;
    const read = readBody(body, { source, secretKey, now });
    if ('fault' in read) return reply.code(400).send({ error: read.fault });
    const completeUntil = readCompleteUntil(request.headers['volante-complete-until']);
    if (completeUntil === 'unreadable')
      return reply.code(400).send({ error: 'Volante-Complete-Until is no ISO 8601 date and time' });
    return reply.send(await record({ source, read, completeUntil, now }));
  });

  allowOnly(app, path, ['POST']);

  let known: { sources: Workspace['sources']; at: number } | undefined;

  /** Strangers may knock often; the file is not read for each of them. */
  async function currentSources(): Promise<Workspace['sources']> {
    if (!known || performance.now() - known.at > sourcesKeptMs)
      known = { sources: (await context.workspace()).sources, at: performance.now() };
    return known.sources;
  }

  async function isAuthentic(
    request: FastifyRequest<EventsRoute>,
    { body, now }: { body: Buffer; now: Date },
  ): Promise<boolean> {
    const sources = await currentSources();
    const { source } = request.params;
    const entry = Object.hasOwn(sources, source) ? sources[source] : undefined;
    if (entry?.kind !== 'events') return false;
    const { 'volante-signature': signature, authorization } = request.headers;
    if (Array.isArray(signature)) return false;
    const secrets = liveSecrets(context.secretOf(entry.secret));
    if (secrets.length === 0) throw new Error(`the secret of source ${source} is shorter than 16 characters`);
    return isFromSource(body, { proof: { signature, authorization }, secrets, now });
  }

  /** Whoever is not known learns nothing: neither which sources there are nor what was wrong. */
  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const limit = await limitForgers(request);
    if (!limit.isAllowed && limit.isExceeded)
      return reply.code(429).header('retry-after', '60').send({ error: 'too many requests that nobody signed' });
    return reply.code(401).send({ error: 'not signed by a source that this gateway knows' });
  }

  async function record(given: { source: string; read: ReadEvents; completeUntil?: Date; now: Date }) {
    const { source, read, completeUntil, now } = given;
    const events = read.usable.map(({ event }) => event);
    const recorded = await transaction(database, async (client) => {
      const answer = await recordEvents(client, events);
      const until = completeUntil ?? newest(events.map(({ occurredAt }) => occurredAt));
      if (until) await moveWatermark(client, { source, until, now });
      return answer;
    });
    const unknown = recorded.unknown.map(({ index, reason }) => ({
      index: read.usable[index]?.index ?? index,
      reason,
    }));
    context.metrics.eventsReceived.inc({ source, outcome: 'added' }, recorded.added);
    context.metrics.eventsReceived.inc({ source, outcome: 'repeated' }, recorded.repeated);
    context.metrics.eventsReceived.inc({ source, outcome: 'rejected' }, read.rejected.length + unknown.length);
    return {
      added: recorded.added,
      repeated: recorded.repeated,
      differing: recorded.differing,
      rejected: [...read.rejected, ...unknown].sort((a, b) => a.index - b.index),
    };
  }
}

function newest(moments: readonly Date[]): Date | undefined {
  return moments.reduce<Date | undefined>((latest, each) => (latest && latest > each ? latest : each), undefined);
}

/** "This is everything until then", also when there was nothing: without it a quiet shop would look like a dead one. */
function readCompleteUntil(header: string | string[] | undefined): Date | 'unreadable' | undefined {
  if (header === undefined) return undefined;
  const isMoment =
    typeof header === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/.test(header);
  const moment = new Date(isMoment ? header : Number.NaN);
  return Number.isNaN(moment.getTime()) ? 'unreadable' : moment;
}

/** Programs read these answers. */
function answerFaultsInJson(app: FastifyInstance, { logger }: GatewayContext): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (isUnreachable(error))
      return reply.code(503).header('retry-after', '60').send({ error: 'not available for now; post it again' });
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: faultOf(status) });
    logger.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return reply.code(500).send({ error: 'something went wrong here; post it again' });
  });
}

function faultOf(status: number): string {
  if (status === 413) return `more than ${mostBytes} bytes`;
  if (status === 415) return 'the body must be application/json';
  return 'the request cannot be read';
}
