/** What people see when something is wrong: a plain page, never how it happened. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isUnreachable } from '../../operations/unreachable';
import type { GatewayContext } from '../context';
import { type MessageName, sendMessagePage } from '../pages/message';
import { visitorLanguage } from './language';

export function handleFaults(app: FastifyInstance, { logger }: GatewayContext): void {
  app.setNotFoundHandler((request, reply) =>
    sendMessagePage(reply, { status: 404, language: visitorLanguage(request), message: 'message.notFound' }),
  );
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, message } = faultOf(error);
    if (status >= 500) logger.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendFault(request, reply, { status, message });
  });
}

/** Also for what never became a request, such as an address that cannot be decoded. */
export function sendFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: { status: number; message: MessageName },
): FastifyReply {
  if (fault.status === 503) reply.header('retry-after', '60');
  return sendMessagePage(reply, { ...fault, language: visitorLanguage(request) });
}

function faultOf(error: FastifyError): { status: number; message: MessageName } {
  if (isUnreachable(error)) return { status: 503, message: 'message.unreachable' };
  const status = error.statusCode ?? 500;
  if (status === 429) return { status, message: 'message.tooMany' };
  if (status >= 400 && status < 500) return { status, message: 'message.bad' };
  return { status: 500, message: 'message.fault' };
}
