/**
 * `GET /console`: every campaign on its two axes. Nobody logs in here, so that only this machine, or a tunnel to it, is told:
 * what a proxy passed on from outside gets the page that is not there.
 */
import type { FastifyInstance } from 'fastify';
import { behindMs, campaignStates } from '../../ledger/sync/campaign-states';
import { listSyncRepositories } from '../../ledger/sync/repositories';
import type { GatewayContext } from '../context';
import { visitorLanguage } from '../http/language';
import { isLocal } from '../http/local';
import { allowOnly } from '../http/methods';
import { sendPage } from '../pages/layout';
import { ConsolePage } from './page';

const path = '/console';

export async function serveConsole(app: FastifyInstance, { database, workspace }: GatewayContext): Promise<void> {
  app.get(path, async (request, reply) => {
    if (!isLocal(request)) return reply.callNotFound();
    const [campaigns, repositories] = await Promise.all([
      campaignStates(database, { now: new Date(), behindMs: behindMs(await workspace()) }),
      listSyncRepositories(database),
    ]);
    return sendPage(reply, 200, <ConsolePage {...{ language: visitorLanguage(request), campaigns, repositories }} />);
  });
  allowOnly(app, path, ['GET', 'HEAD']);
}
