/** Gitea and Forgejo: API v1. */
import { ForgeHttp, repositoryPath } from '../forge-http';
import type { Forge, ForgeAddress } from '../forges';
import { putIssueComment, setCommitStatus } from '../issue-comments';
import { ownLogin } from '../own-login';
import { hiddenMark } from '../sticky-comment';

/** Whose name the tokens of workflows write in: they may not ask who they are. */
const actionsUsers: readonly string[] = ['gitea-actions', 'forgejo-actions'];

export function createGitea(address: ForgeAddress): Forge {
  const http = new ForgeHttp(address, { headers: { authorization: `token ${address.token}` } });
  const repository = repositoryPath(address);
  const self = ownLogin(http, 'login');
  const isOurs = async (author: string) => {
    const login = await self();
    return login === undefined ? actionsUsers.includes(author) : author === login;
  };
  return {
    kind: 'gitea',
    setStatus: (status) => setCommitStatus({ http, repository }, status),
    async putComment(comment) {
      hiddenMark(comment.marker);
      // Asked for the comments of a pull request that is not there, Gitea says that it has failed.
      await http.done('GET', `${repository}/issues/${comment.pullRequest}`);
      // All comments come in one answer.
      return putIssueComment({ http, repository, isOurs }, comment);
    },
  };
}
