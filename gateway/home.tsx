import type { FastifyInstance } from 'fastify';
import { visitorLanguage } from './http/language';
import { allowOnly } from './http/methods';
import { sendMessagePage } from './pages/message';

/** For whoever looks at the bare address: what lives here. */
export function serveHome(app: FastifyInstance): void {
  app.get('/', (request, reply) =>
    sendMessagePage(reply, { status: 200, language: visitorLanguage(request), message: 'home' }),
  );
  allowOnly(app, '/', ['GET', 'HEAD']);
}
