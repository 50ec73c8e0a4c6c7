/** One comment of ours a pull request and marker, edited in place: the same way for every forge. */
import { isForgeError } from './forge-error';
import type { PutComment, StickyComment } from './forges';

export interface ForgeComment {
  id: number;
  body: string;
  /** Who wrote it, by a name that is not given twice. */
  author: string;
  url?: string;
}

/** The comments of one pull request. */
export interface CommentBook {
  /** Those whose body begins with `beginning`, oldest first. */
  list(beginning: string): Promise<ForgeComment[]>;
  create(body: string): Promise<ForgeComment>;
  edit(id: number, body: string): Promise<ForgeComment>;
  remove(id: number): Promise<void>;
  /** Is this author the one whose token we have? Undefined where the forge does not tell. */
  isOurs(author: string): Promise<boolean | undefined>;
}

/**
 * Only a comment that we wrote counts: its author could rewrite any other, and the plan in it. Two who write at the same
 * time end with one comment, the older.
 */
export async function putStickyComment(
  book: CommentBook,
  { marker, body }: Pick<StickyComment, 'marker' | 'body'>,
): Promise<PutComment> {
  const beginning = hiddenMark(marker);
  const text = `${beginning}\n${body}`;
  const [own, ...others] = await ownComments(book, await book.list(beginning));
  if (own) {
    await removeAll(book, others);
    return await editComment(book, own, text);
  }
  const created = await book.create(text);
  const written = await book.list(beginning);
  const [oldest, ...later] = written.filter(({ author }) => author === created.author);
  if (!oldest || oldest.id === created.id) return { outcome: 'created', ...seenAt(created) };
  await removeAll(book, later);
  return await editComment(book, oldest, text);
}

async function ownComments(book: CommentBook, comments: readonly ForgeComment[]): Promise<ForgeComment[]> {
  const own: ForgeComment[] = [];
  for (const comment of comments) if ((await book.isOurs(comment.author)) === true) own.push(comment);
  return own;
}

async function editComment(book: CommentBook, comment: ForgeComment, text: string): Promise<PutComment> {
  // Forges keep text with line ends of their own, and without white space at its end.
  const plain = (body: string) => body.replaceAll('\r\n', '\n').trimEnd();
  if (plain(comment.body) === plain(text)) return { outcome: 'unchanged', ...seenAt(comment) };
  return { outcome: 'edited', ...seenAt(await book.edit(comment.id, text)) };
}

async function removeAll(book: CommentBook, comments: readonly ForgeComment[]): Promise<void> {
  for (const { id } of comments)
    await book.remove(id).catch((error: unknown) => {
      // Somebody else who cleans up was quicker.
      if (!isForgeError(error) || error.trouble !== 'not-there') throw error;
    });
}

function seenAt({ url }: ForgeComment): Pick<PutComment, 'url'> {
  return url === undefined ? {} : { url };
}

/** A comment of HTML, which no forge shows. @throws RangeError for a marker that would end it */
export function hiddenMark(marker: string): string {
  if (!/^[A-Za-z0-9/:._]+(?:-[A-Za-z0-9/:._]+)*$/.test(marker)) throw new RangeError('a marker holds something else');
  return `<!-- ${marker} -->`;
}
