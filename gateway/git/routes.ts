/**
 * `POST /hooks/git/<repository>`: push webhooks of GitHub, GitLab, Gitea and Forgejo. A webhook carries nothing that is
 * believed but that somebody has pushed: it only makes the sync look sooner, so that the same one twice does no harm.
 */
import type { FastifyInstance } from 'fastify';
import { isVolanteError } from '../../errors/volante-error';
import { lookNow } from '../../operations/sync-schedules';
import type { GatewayContext } from '../context';
import { allowOnly } from '../http/methods';
import { Forgers } from '../sources/forgers';
import { bytesOf, parseJson, takeJson } from '../sources/json-body';
import { recentWorkspace } from '../sources/recent-workspace';
import { isFromForge, pushedBranch } from './push-proof';

const path = '/hooks/git/:repository';
/** Forges list every commit of a push. */
const mostBytes = 2 * 1024 * 1024;

export async function serveGitHooks(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const forgers = new Forgers(app, context);
  const workspace = recentWorkspace(context);
  takeJson(app, context);

  app.post<{ Params: { repository: string } }>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const body = bytesOf(request);
    const { repositories = {} } = await workspace();
    const id = request.params.repository;
    const repository = Object.hasOwn(repositories, id) ? repositories[id] : undefined;
    const { secret } = repository?.webhook ?? {};
    if (!repository || secret === undefined || !isFromForge(body, request.headers, context.secretOf(secret)))
      return forgers.refuse(request, reply, 'not signed by a forge of this repository');
    const parsed = parseJson(body);
    if ('reason' in parsed) return reply.code(400).send({ error: parsed.reason });
    const branch = pushedBranch(parsed.value);
    if (branch !== repository.branch) return reply.code(200).send({ looks: false });
    try {
      await lookNow(context.client, id);
    } catch (error) {
      if (isVolanteError(error)) return reply.code(404).send({ error: error.message });
      throw error;
    }
    return reply.code(202).send({ looks: true });
  });
  allowOnly(app, path, ['POST']);
}
