/** Comments and statuses as GitHub's REST API has them, and Gitea's and Forgejo's after it. */
import { z } from 'zod';
import { type ForgeHttp, shortDescription } from './forge-http';
import type { CommitStatus, PutComment, StickyComment } from './forges';
import { type ForgeComment, putStickyComment } from './sticky-comment';

const commentSchema = z.object({
  id: z.int(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  html_url: z.string().optional(),
});
const commentsSchema = z.array(commentSchema);

function commentOf({ id, body, user, html_url: url }: z.infer<typeof commentSchema>): ForgeComment {
  return { id, body: body ?? '', author: user?.login ?? '', ...(url !== undefined && { url }) };
}

export interface IssueComments {
  http: ForgeHttp;
  /** `/repos/owner/name` */
  repository: string;
  /** Comments that one answer holds at most; absent: it holds all. */
  page?: number;
  isOurs(author: string): Promise<boolean | undefined>;
}

/** Pages that are looked through; a pull request with more comments than that gets an error, and no second comment. */
const mostPages = 50;

export async function putIssueComment(forge: IssueComments, comment: StickyComment): Promise<PutComment> {
  const { http, repository, isOurs } = forge;
  const issue = `${repository}/issues/${comment.pullRequest}/comments`;
  const own = (id: number) => `${repository}/issues/comments/${id}`;
  const read = (body: unknown) => commentOf(http.read(commentSchema, body));
  return putStickyComment(
    {
      list: async (beginning) => (await allComments(forge, issue)).filter(({ body }) => body.startsWith(beginning)),
      create: async (body) => read(await http.done('POST', issue, { body })),
      edit: async (id, body) => read(await http.done('PATCH', own(id), { body })),
      remove: async (id) => void (await http.done('DELETE', own(id))),
      isOurs,
    },
    comment,
  );
}

async function allComments({ http, page: size }: IssueComments, path: string): Promise<ForgeComment[]> {
  const found: ForgeComment[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const query = size === undefined ? '' : `?per_page=${size}&page=${page}`;
    const comments = http.read(commentsSchema, await http.done('GET', `${path}${query}`));
    found.push(...comments.map(commentOf));
    if (size === undefined || comments.length < size) return found.sort((a, b) => a.id - b.id);
  }
  throw http.trouble('refused', `shows more than ${mostPages} pages of comments`);
}

export async function setCommitStatus(
  { http, repository }: Pick<IssueComments, 'http' | 'repository'>,
  status: CommitStatus,
): Promise<void> {
  const { commit, context, state, targetUrl } = status;
  await http.done('POST', `${repository}/statuses/${encodeURIComponent(commit)}`, {
    state,
    context,
    description: shortDescription(status),
    ...(targetUrl !== undefined && { target_url: targetUrl }),
  });
}
