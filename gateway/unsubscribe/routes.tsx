/**
 * The unsubscribe link of every message. RFC 8058: a POST without cookie, login or redirect opts out at once, whoever
 * sends it (a mail provider, or our own page's button); GET and HEAD show a page and change nothing (EMAIL-106).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { optOut } from '../../ledger/opt-outs';
import { readUnsubscribeToken, type UnsubscribeLink } from '../../ledger/unsubscribe-token';
import type { GatewayContext } from '../context';
import { visitorLanguage } from '../http/language';
import { allowOnly } from '../http/methods';
import { sendPage } from '../pages/layout';
import { sendMessagePage } from '../pages/message';
import { UnsubscribedPage, UnsubscribePage } from '../pages/unsubscribe';
import { recipientOf } from './recipient';

const path = '/u/:token';

interface TokenRoute {
  Params: { token: string };
}

export async function serveUnsubscribe(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey, limits } = context;
  acceptAnyBody(app);
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });

  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const language = visitorLanguage(request);
    const limit = await limitForgers(request);
    if (!limit.isAllowed && limit.isExceeded)
      return sendMessagePage(reply, { status: 429, language, message: 'message.tooMany' });
    return sendMessagePage(reply, { status: 404, language, message: 'unsubscribe.forged' });
  };

  app.get<TokenRoute>(path, async (request, reply) => {
    const link = linkOf(request);
    if (!link) return refuse(request, reply);
    const { language = visitorLanguage(request), sender, address } = await recipientOf(database, link);
    return sendPage(reply, 200, <UnsubscribePage {...{ language, sender, address }} />);
  });

  app.post<TokenRoute>(path, async (request, reply) => {
    const link = linkOf(request);
    if (!link) return refuse(request, reply);
    const { language = visitorLanguage(request), runId, sender, address } = await recipientOf(database, link);
    await optOut(database, {
      contactId: link.contactId,
      source: runId ?? `run ${link.runNo}`,
      runNo: link.runNo,
      method: isOneClick(request.body) ? 'one-click' : 'page',
      at: new Date(),
    });
    return sendPage(reply, 200, <UnsubscribedPage {...{ language, sender, address }} />);
  });

  allowOnly(app, path, ['GET', 'HEAD', 'POST']);

  function linkOf(request: FastifyRequest<TokenRoute>): UnsubscribeLink | undefined {
    return readUnsubscribeToken(request.params.token, secretKey);
  }
}

/** The token says everything; whatever the body's type is, it is at most read for how the opt-out came about. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** `List-Unsubscribe=One-Click`, form-urlencoded or as a part of multipart/form-data. */
function isOneClick(body: unknown): boolean {
  return Buffer.isBuffer(body) && body.includes('List-Unsubscribe') && body.includes('One-Click');
}
