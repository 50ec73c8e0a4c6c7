/**
 * `GET /c/:token/:link`: sends a reader on to where a link of their message leads; `GET /o/:token`: the picture of those who
 * agreed to it. Whatever is asked for, nothing is decided and nobody's consent changes: it is counted, and that is all.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readClickToken } from '../../ledger/click-token';
import type { GatewayContext } from '../context';
import { visitorLanguage } from '../http/language';
import { allowOnly } from '../http/methods';
import { sendMessagePage } from '../pages/message';
import { saysItIsAProgram } from './bots';
import { ClickJournal } from './journal';
import { SentLinks } from './sent-links';

interface ClickRoute {
  Params: { token: string; link: string };
}

/** A transparent GIF of one by one. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export async function serveClicks(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey, limits, logger } = context;
  const links = new SentLinks(database, { secretKey, gatewayUrl: context.baseUrl });
  const journal = new ClickJournal(database, logger);
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });
  app.addHook('onClose', () => journal.flush());

  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const language = visitorLanguage(request);
    const limit = await limitForgers(request);
    if (!limit.isAllowed && limit.isExceeded)
      return sendMessagePage(reply, { status: 429, language, message: 'message.tooMany' });
    return sendMessagePage(reply, { status: 404, language, message: 'message.notFound' });
  };

  app.get<ClickRoute>('/c/:token/:link', async (request, reply) => {
    const delivery = readClickToken(request.params.token, secretKey);
    const link = /^\d{1,4}$/.test(request.params.link) ? Number(request.params.link) : undefined;
    if (!delivery || link === undefined) return refuse(request, reply);
    const target = await links.targetOf(delivery, link);
    if (target === undefined) return refuse(request, reply);
    if (request.method === 'GET') journal.add({ ...delivery, link, at: new Date(), isBot: saysItIsAProgram(request) });
    return reply.redirect(target, 302);
  });

  app.get<ClickRoute>('/o/:token', async (request, reply) => {
    const delivery = readClickToken(request.params.token, secretKey);
    if (!delivery) return refuse(request, reply);
    if (request.method === 'GET') journal.add({ ...delivery, at: new Date(), isBot: saysItIsAProgram(request) });
    return reply.type('image/gif').header('cross-origin-resource-policy', 'cross-origin').send(pixel);
  });

  allowOnly(app, '/c/:token/:link', ['GET', 'HEAD']);
  allowOnly(app, '/o/:token', ['GET', 'HEAD']);
}
