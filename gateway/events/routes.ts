/**
 * `POST /events/:source`: where shops and other systems tell what people did. Only sources of `volante.yaml` that prove who
 * they are; each event is in the book or the inbox before the answer, and once however often it is posted. Takes our own JSON,
 * CloudEvents and Standard Webhooks.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EventSource, Workspace } from '../../definition/workspace-types';
import { transaction } from '../../ledger/database';
import { moveWatermark } from '../../ledger/event-sources';
import { recordEvents } from '../../ledger/events';
import { inboxIsFull, storeInbox } from '../../ledger/inbox';
import { isUnreachable } from '../../operations/unreachable';
import type { GatewayContext } from '../context';
import { allowOnly } from '../http/methods';
import { type ReadEvents, readBody, type UsableEvent } from './body';
import { isFromSource, liveSecrets, type Proof } from './signature';

const path = '/events/:source';
const mostBytes = 1024 * 1024;
const sourcesKeptMs = 1_000;
const fullnessKeptMs = 1_000;

interface EventsRoute {
  Params: { source: string };
}

export async function serveEvents(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey, limits } = context;
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });
  const limitSource = app.createRateLimit({
    max: limits.eventRequests,
    timeWindow: 60_000,
    keyGenerator: (request) => (request as FastifyRequest<EventsRoute>).params.source,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  answerFaultsInJson(app, context);

  app.post<EventsRoute>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const entry = await authenticSource(request, { body, now });
    if (!entry) return refuse(request, reply);
    const rate = await limitSource(request);
    if (!rate.isAllowed && rate.isExceeded)
      return askLater(reply, { seconds: rate.ttlInSeconds, why: 'too many requests' });
    const { source } = request.params;
    const read = readBody(body, { source, entry, secretKey, now, headers: request.headers });
    if ('fault' in read) return reply.code(400).send({ error: read.fault });
    const [firstRejected] = read.rejected;
    if (read.isStandard && read.usable.length === 0 && firstRejected)
      return reply.code(400).send({ error: firstRejected.reason });
    if (read.usable.some(({ inbox }) => inbox) && (await isFull()))
      return askLater(reply, { seconds: 10, why: 'too many events wait to be acted on; post it again' });
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

  let fullness: { isFull: boolean; at: number } | undefined;

  /** Asked once a second, however many post. */
  async function isFull(): Promise<boolean> {
    if (!fullness || performance.now() - fullness.at > fullnessKeptMs)
      fullness = { isFull: await inboxIsFull(database, limits.waitingEvents), at: performance.now() };
    return fullness.isFull;
  }

  /** @returns undefined unless the request comes from a source of the workspace */
  async function authenticSource(
    request: FastifyRequest<EventsRoute>,
    { body, now }: { body: Buffer; now: Date },
  ): Promise<EventSource | undefined> {
    const sources = await currentSources();
    const { source } = request.params;
    const entry = Object.hasOwn(sources, source) ? sources[source] : undefined;
    const proof = proofOf(request);
    if (entry?.kind !== 'events' || !proof) return undefined;
    const secrets = liveSecrets(context.secretOf(entry.secret));
    if (secrets.length === 0) throw new Error(`the secret of source ${source} is shorter than 16 characters`);
    return isFromSource(body, { proof, secrets, now }) ? entry : undefined;
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
    const counted = read.usable.filter(({ inbox }) => !inbox);
    const typed = read.usable.filter(({ inbox }) => inbox);
    const booked = (events: readonly UsableEvent[]) => events.flatMap(({ book }) => book ?? []);
    const { stored, recorded, alsoRecorded } = await transaction(database, async (client) => ({
      stored: await storeInbox(
        client,
        typed.flatMap(({ inbox }) => inbox ?? []),
      ),
      recorded: await recordEvents(client, booked(counted)),
      alsoRecorded: await recordEvents(client, booked(typed)),
    }));
    const until = completeUntil ?? newest(read.usable.flatMap(({ book, inbox }) => (book ?? inbox)?.occurredAt ?? []));
    if (until) await followWith({ source, until, now });
    const unknown = recorded.unknown.map(({ index, reason }) => ({ index: counted[index]?.index ?? index, reason }));
    const answer = {
      added: recorded.added + stored.added,
      repeated: recorded.repeated + stored.repeated,
      differing: recorded.differing + alsoRecorded.differing,
      rejected: [...read.rejected, ...unknown].sort((a, b) => a.index - b.index),
    };
    context.metrics.eventsReceived.inc({ source, outcome: 'added' }, answer.added);
    context.metrics.eventsReceived.inc({ source, outcome: 'repeated' }, answer.repeated);
    context.metrics.eventsReceived.inc({ source, outcome: 'rejected' }, answer.rejected.length);
    return answer;
  }

  /**
   * The watermark, after what it speaks of is stored. All requests of a source meet at its row, so none may wait for the disk
   * there; a watermark that a crash takes back says less than is known, and never more.
   */
  async function followWith(mark: { source: string; until: Date; now: Date }): Promise<void> {
    await transaction(database, async (client) => {
      await client.query('set local synchronous_commit = off');
      await moveWatermark(client, mark);
    });
  }
}

/** Undefined where a header is there twice. */
export function proofOf({ headers }: FastifyRequest): Proof | undefined {
  const { 'volante-signature': signature, authorization } = headers;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'] ?? '';
  const webhookSignature = headers['webhook-signature'] ?? '';
  if (Array.isArray(signature) || Array.isArray(id) || Array.isArray(timestamp) || Array.isArray(webhookSignature))
    return undefined;
  return {
    signature,
    authorization,
    ...(webhookSignature !== '' && { webhook: { id: id ?? '', timestamp, signature: webhookSignature } }),
  };
}

/** Nothing was taken, so nothing is lost when it is posted again. */
function askLater(reply: FastifyReply, { seconds, why }: { seconds: number; why: string }): FastifyReply {
  return reply
    .code(429)
    .header('retry-after', String(Math.max(1, Math.ceil(seconds))))
    .send({ error: why });
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
export function answerFaultsInJson(app: FastifyInstance, { logger }: GatewayContext): void {
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
  if (status === 415) return 'the body must be application/json, or CloudEvents as JSON';
  return 'the request cannot be read';
}
