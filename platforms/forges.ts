/**
 * What a forge (GitHub, Gitea, Forgejo, GitLab) is asked to show beside a commit or a pull request. Types only. Every call may
 * be repeated: it sets what is to be seen, it adds nothing. Failures are a `ForgeError`.
 */

export type ForgeKind = 'github' | 'gitea' | 'gitlab';

export interface CommitStatus {
  /** Full hash. */
  commit: string;
  /** Such as `volante/plan`; the same one again replaces what it said before. */
  context: string;
  state: 'pending' | 'success' | 'failure' | 'error';
  /** One line; cut at 140 characters, GitHub's limit. */
  description: string;
  targetUrl?: string;
}

export interface StickyComment {
  /** Number of the pull request or merge request. */
  pullRequest: number;
  /** Tells our comment of this kind from others: letters, digits, `-`, `/`, `:`. It is not seen. */
  marker: string;
  /** Markdown. */
  body: string;
}

export interface PutComment {
  outcome: 'created' | 'edited' | 'unchanged';
  url?: string;
}

export interface Forge {
  kind: ForgeKind;
  setStatus(status: CommitStatus): Promise<void>;
  /** Writes the comment with this marker, or edits the one that is there; there is never a second one of ours. */
  putComment(comment: StickyComment): Promise<PutComment>;
}

/** How a forge is reached. */
export interface ForgeAddress {
  kind: ForgeKind;
  /** Of its API: `https://api.github.com`, `https://git.shop.example/api/v1`, `https://gitlab.com/api/v4`. */
  url: string;
  /** `owner/name`; with GitLab also the number of the project. */
  repository: string;
  /** The token itself. */
  token: string;
  /** Of one request. */
  timeoutMs?: number;
}
