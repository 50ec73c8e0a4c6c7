import type { FastifyInstance } from 'fastify';
import { assets } from '../pages/assets';
import { allowOnly } from './methods';

/** Serves the style sheet and the icon, which browsers may keep for good. */
export function serveAssets(app: FastifyInstance): void {
  for (const { path, type, content } of Object.values(assets)) {
    app.get(path, async (_request, reply) => {
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable');
      return content;
    });
    allowOnly(app, path, ['GET', 'HEAD']);
  }
}
