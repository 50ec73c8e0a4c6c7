import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance } from 'fastify';
import { VolanteError } from '../errors/volante-error';
import { serveApprovals } from './approval/routes';
import { serveClicks } from './clicks/routes';
import { serveConsole } from './console/routes';
import { type GatewayContext, type GatewayLimits, standardLimits } from './context';
import { serveEvents } from './events/routes';
import { serveGitHooks } from './git/routes';
import { serveHome } from './home';
import { serveAssets } from './http/assets';
import { handleFaults, sendFault } from './http/faults';
import { serveHealth } from './http/health';
import { setSecurityHeaders } from './http/security-headers';
import { serveCards } from './loyalty/card';
import { serveLoyalty } from './loyalty/routes';
import { servePromotions } from './promotions/routes';
import { serveUnsubscribe } from './unsubscribe/routes';

export interface GatewayOptions extends Omit<GatewayContext, 'limits'> {
  limits?: Partial<GatewayLimits>;
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed; none by default. */
  trustedProxies?: string[];
}

/** Longest body of any request. */
const bodyLimit = 64 * 1024;
/** Longest token, and then some. */
const maxParamLength = 100;

/**
 * The gateway, ready to listen.
 * @throws VolanteError VOL-505 without a proper key: tokens signed with a short one could be forged
 */
export async function createGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const context: GatewayContext = {
    ...options,
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    limits: { ...standardLimits, ...options.limits },
  };
  if (!/^[0-9a-f]{64,}$/i.test(context.secretKey))
    throw new VolanteError('VOL-505', {
      message: 'The gateway has no secret key of at least 32 bytes in hex.',
      fix: 'set VOLANTE_SECRET_KEY; locally, `volante up` makes one',
    });
  const https = context.baseUrl.startsWith('https:');
  const app = Fastify({
    logger: false,
    bodyLimit,
    routerOptions: { maxParamLength },
    trustProxy: options.trustedProxies?.length ? options.trustedProxies : false,
    requestTimeout: 30_000,
    frameworkErrors: (_error, request, reply) => {
      setSecurityHeaders(reply, { https });
      sendFault(request, reply, { status: 400, message: 'message.bad' });
    },
  });
  app.removeAllContentTypeParsers();
  app.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply, { https }));
  endConnectionsOnClose(app);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    context.metrics.httpRequestSeconds.observe(labels, reply.elapsedTime / 1000);
  });
  handleFaults(app, context);
  await app.register(rateLimit, { global: false });
  serveHome(app);
  serveAssets(app);
  serveHealth(app, context);
  await app.register(async (scope) => serveUnsubscribe(scope, context));
  await app.register(async (scope) => serveApprovals(scope, context));
  await app.register(async (scope) => serveEvents(scope, context));
  await app.register(async (scope) => servePromotions(scope, context));
  await app.register(async (scope) => serveClicks(scope, context));
  await app.register(async (scope) => serveLoyalty(scope, context));
  await app.register(async (scope) => serveCards(scope, context));
  await app.register(async (scope) => serveGitHooks(scope, context));
  await app.register(async (scope) => serveConsole(scope, context));
  return app;
}

/** A browser that keeps its connection open would otherwise hold up the end of the process for a minute. */
function endConnectionsOnClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}
