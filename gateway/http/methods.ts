import type { FastifyInstance, HTTPMethods } from 'fastify';
import { sendMessagePage } from '../pages/message';
import { visitorLanguage } from './language';

const allMethods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Answers every other method at this address with 405, before a body is read. */
export function allowOnly(app: FastifyInstance, url: string, methods: HTTPMethods[]): void {
  app.route({
    method: allMethods.filter((method) => !methods.includes(method)),
    url,
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      reply.header('allow', methods.join(', '));
      return sendMessagePage(reply, { status: 405, language: visitorLanguage(request), message: 'message.method' });
    },
    handler: async () => undefined,
  });
}
