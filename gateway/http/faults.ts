/** What people see when something is wrong: a plain page, never how it happened. */
import { isGrpcServiceError } from '@temporalio/client';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isVolanteError } from '../../errors/volante-error';
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

const connectionFaults = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'];
/** PostgreSQL: shutting down, crashed, starting up, too many connections; and what a lost connection looks like. */
const databaseFaults = ['57P01', '57P02', '57P03', '53300', '08000', '08003', '08006'];

/** gRPC: cancelled, deadline exceeded, resource exhausted, unavailable. */
const temporalFaults = [1, 4, 8, 14];

/** A database or a Temporal server that is away for now. */
export function isUnreachable(error: unknown): boolean {
  if (isVolanteError(error)) return ['VOL-500', 'VOL-501', 'VOL-504'].includes(error.code);
  if (typeof error !== 'object' || error === null) return false;
  if (isGrpcServiceError(error)) return temporalFaults.includes(error.code);
  if ('cause' in error && isUnreachable(error.cause)) return true;
  const code = 'code' in error ? String(error.code) : '';
  if (connectionFaults.includes(code) || databaseFaults.includes(code)) return true;
  const message = 'message' in error ? String(error.message) : '';
  return /connection terminated|timeout exceeded when trying to connect/i.test(message);
}
