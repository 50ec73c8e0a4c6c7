/** GitLab: API v4. Its words: a pull request is a merge request, a comment a note, `failure` is `failed`. */
import { z } from 'zod';
import { isForgeError } from '../forge-error';
import { ForgeHttp, shortDescription } from '../forge-http';
import type { CommitStatus, Forge, ForgeAddress, PutComment, StickyComment } from '../forges';
import { ownLogin } from '../own-login';
import { type ForgeComment, putStickyComment } from '../sticky-comment';

const noteSchema = z.object({
  id: z.int(),
  body: z.string(),
  system: z.boolean().optional(),
  author: z.object({ username: z.string() }),
});
const notesSchema = z.array(noteSchema);
const statusesSchema = z.array(z.object({ name: z.string(), status: z.string() }));

const stateNames = { pending: 'pending', success: 'success', failure: 'failed', error: 'failed' } as const;
const page = 100;
const mostPages = 50;

export function createGitLab(address: ForgeAddress): Forge {
  const http = new ForgeHttp(address, { headers: { 'private-token': address.token } });
  const project = `/projects/${encodeURIComponent(address.repository)}`;
  const self = ownLogin(http, 'username');
  return {
    kind: 'gitlab',
    setStatus: (status) => setStatus(http, { project, status }),
    putComment: (comment) => putNote(http, { project, comment, self }),
  };
}

async function setStatus(
  http: ForgeHttp,
  { project, status }: { project: string; status: CommitStatus },
): Promise<void> {
  const { commit, context, targetUrl } = status;
  const state = stateNames[status.state];
  try {
    await http.done('POST', `${project}/statuses/${encodeURIComponent(commit)}`, {
      state,
      name: context,
      description: shortDescription(status),
      ...(targetUrl !== undefined && { target_url: targetUrl }),
    });
  } catch (error) {
    // A status that is as asked for cannot be set once more.
    if (!isForgeError(error) || !/cannot transition status/i.test(error.message)) throw error;
    const path = `${project}/repository/commits/${encodeURIComponent(commit)}/statuses?name=${encodeURIComponent(context)}`;
    const statuses = http.read(statusesSchema, await http.done('GET', path));
    if (!statuses.some((known) => known.name === context && known.status === state)) throw error;
  }
}

async function putNote(
  http: ForgeHttp,
  { project, comment, self }: { project: string; comment: StickyComment; self: () => Promise<string | undefined> },
): Promise<PutComment> {
  const notes = `${project}/merge_requests/${comment.pullRequest}/notes`;
  const read = (body: unknown) => noteOf(http.read(noteSchema, body));
  return putStickyComment(
    {
      list: async (beginning) => (await allNotes(http, notes)).filter(({ body }) => body.startsWith(beginning)),
      create: async (body) => read(await http.done('POST', notes, { body })),
      edit: async (id, body) => read(await http.done('PUT', `${notes}/${id}`, { body })),
      remove: async (id) => void (await http.done('DELETE', `${notes}/${id}`)),
      isOurs: async (author) => {
        const name = await self();
        return name === undefined ? undefined : author === name;
      },
    },
    comment,
  );
}

async function allNotes(http: ForgeHttp, path: string): Promise<ForgeComment[]> {
  const found: ForgeComment[] = [];
  for (let at = 1; at <= mostPages; at += 1) {
    const query = `?order_by=created_at&sort=asc&per_page=${page}&page=${at}`;
    const notes = http.read(notesSchema, await http.done('GET', `${path}${query}`));
    found.push(...notes.filter(({ system }) => system !== true).map(noteOf));
    if (notes.length < page) return found.sort((a, b) => a.id - b.id);
  }
  throw http.trouble('refused', `shows more than ${mostPages} pages of notes`);
}

function noteOf({ id, body, author }: z.infer<typeof noteSchema>): ForgeComment {
  return { id, body, author: author.username };
}
