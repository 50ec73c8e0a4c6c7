/** For machines: is it alive, and what does it count. */
import type { FastifyInstance } from 'fastify';
import type { GatewayContext } from '../context';
import { isForwarded } from './local';
import { allowOnly } from './methods';

const patienceMs = 2_000;

export function serveHealth(app: FastifyInstance, { database, metrics, logger }: GatewayContext): void {
  app.get('/healthz', async (_request, reply) => {
    reply.type('text/plain; charset=utf-8');
    const problem = await databaseProblem(database);
    if (problem === undefined) return 'ok\n';
    logger.warn({ err: problem }, 'database does not answer');
    reply.code(503);
    return 'database does not answer\n';
  });
  allowOnly(app, '/healthz', ['GET', 'HEAD']);

  /** Scrapers come by themselves; what a proxy passed on from outside is told nothing. */
  app.get('/metrics', async (request, reply) => {
    if (isForwarded(request)) return reply.callNotFound();
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  allowOnly(app, '/metrics', ['GET', 'HEAD']);
}

async function databaseProblem(database: GatewayContext['database']): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<unknown>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  const asked = database.query('select 1').then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
