import { VolanteError } from '../errors/volante-error';
import type { CommitStatus, PutComment } from '../platforms/forges';
import { openForge } from '../platforms/open-forge';
import type { ForgeSettings } from '../settings/forge';

export const planStatusContext = 'volante/plan';

export interface PlanToPublish {
  /** Markdown. Each environment has a comment of its own. Absent: none. */
  comment?: { body: string; environment: string };
  /** Absent: none. */
  status?: Pick<CommitStatus, 'state' | 'description'>;
}

/**
 * Shows a plan where the pull request is looked at. Both are tried: a refused comment does not hold back the status.
 * @throws ForgeError, VolanteError VOL-505 where the pull request or its commit is not known
 */
export async function publishPlan(
  settings: ForgeSettings,
  { comment, status }: PlanToPublish,
): Promise<{ comment?: PutComment }> {
  const forge = openForge(settings);
  const { pullRequest, commit, targetUrl } = settings;
  const put = async () => {
    if (comment === undefined) return undefined;
    if (pullRequest === undefined) return unknown('VOLANTE_PULL_REQUEST', 'the number of the pull request');
    return forge.putComment({ pullRequest, marker: `volante:plan:${comment.environment}`, body: comment.body });
  };
  const [written] = await Promise.allSettled([put()]);
  if (status) {
    if (commit === undefined) unknown('VOLANTE_COMMIT', 'the commit that the status belongs to');
    const url = targetUrl ?? (written.status === 'fulfilled' ? written.value?.url : undefined);
    await forge.setStatus({
      commit,
      context: planStatusContext,
      ...status,
      ...(url !== undefined && { targetUrl: url }),
    });
  }
  if (written.status === 'rejected') throw written.reason;
  return written.value ? { comment: written.value } : {};
}

function unknown(variable: string, what: string): never {
  throw new VolanteError('VOL-505', { message: `${variable} is not set: ${what}`, fix: `set ${variable}` });
}
