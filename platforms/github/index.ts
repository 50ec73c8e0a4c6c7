/** GitHub, and GitHub Enterprise: REST API 2022-11-28. */
import { ForgeHttp, repositoryPath } from '../forge-http';
import type { Forge, ForgeAddress } from '../forges';
import { putIssueComment, setCommitStatus } from '../issue-comments';
import { ownLogin } from '../own-login';

/** The token of a workflow belongs to no user who could be asked for; it writes as this one. */
const actionsBot = 'github-actions[bot]';

export function createGitHub(address: ForgeAddress): Forge {
  const http = new ForgeHttp(address, {
    headers: {
      authorization: `Bearer ${address.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    // Limits are answered with 403 too: with nothing left of the hour, or with how long to wait.
    asksForFewer: ({ status, headers }) =>
      status === 403 && (headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined),
  });
  const repository = repositoryPath(address);
  const self = ownLogin(http, 'login');
  const isOurs = async (author: string) => author === ((await self()) ?? actionsBot);
  return {
    kind: 'github',
    setStatus: (status) => setCommitStatus({ http, repository }, status),
    putComment: (comment) => putIssueComment({ http, repository, page: 100, isOurs }, comment),
  };
}
