/**
 * `POST /events/:source`: where shops and other systems tell what people did. Only sources of `volante.yaml` that prove who
 * they are; each event is in the book or the inbox before the answer, and once however often it is posted. Takes our own JSON,
 * CloudEvents and Standard Webhooks.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { transaction } from '../../ledger/database';
import { moveWatermark } from '../../ledger/event-sources';
import { recordEvents } from '../../ledger/events';
import { inboxIsFull, storeInbox } from '../../ledger/inbox';
import type { GatewayContext } from '../context';
import { allowOnly } from '../http/methods';
import { bytesOf, takeJson } from '../sources/json-body';
import { SignedSources } from '../sources/signed-sources';
import { type ReadEvents, readBody, type UsableEvent } from './body';

const path = '/events/:source';
const mostBytes = 1024 * 1024;
const fullnessKeptMs = 1_000;

interface EventsRoute {
  Params: { source: string };
}

export async function serveEvents(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey, limits } = context;
  const sources = new SignedSources(app, context);
  const limitSource = app.createRateLimit({
    max: limits.eventRequests,
    timeWindow: 60_000,
    keyGenerator: (request) => (request as FastifyRequest<EventsRoute>).params.source,
  });
  takeJson(app, context, true);

  app.post<EventsRoute>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = bytesOf(request);
    const { source } = request.params;
    const entry = await sources.named(source, { request, body, now });
    if (!entry) return sources.refuse(request, reply, 'not signed by a source that this gateway knows');
    const rate = await limitSource(request);
    if (!rate.isAllowed && rate.isExceeded)
      return askLater(reply, { seconds: rate.ttlInSeconds, why: 'too many requests' });
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

  let fullness: { isFull: boolean; at: number } | undefined;

  /** Asked once a second, however many post. */
  async function isFull(): Promise<boolean> {
    if (!fullness || performance.now() - fullness.at > fullnessKeptMs)
      fullness = { isFull: await inboxIsFull(database, limits.waitingEvents), at: performance.now() };
    return fullness.isFull;
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
