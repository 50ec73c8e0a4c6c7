import type { FastifyRequest } from 'fastify';

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Was passed on by a proxy, for somebody outside. */
export function isForwarded({ headers }: FastifyRequest): boolean {
  return headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
}

/** Comes from this machine itself. */
export function isLocal(request: FastifyRequest): boolean {
  return !isForwarded(request) && loopback.test(request.socket.remoteAddress ?? '');
}
