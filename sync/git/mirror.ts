/** A bare, shallow copy of one branch, in the data folder of a worker: a cache that may be deleted at any time. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../../definition/workspace-types';
import { type Remote, withRemote } from './remote';
import { GitError, runGit } from './run-git';

/** Most that a fetch may bring. */
export const mostFetchedBytes = 512 * 1024 * 1024;
const firstDepth = 20;
/** As far back as the last commit is looked for, before the history counts as rewritten. */
const deepest = 5_000;

export type Descent =
  /** The commit before is an ancestor, or there was none. */
  | 'forward'
  /** It is not: somebody has rewritten the branch, or moved it back. */
  | 'rewritten';

export class Mirror {
  private constructor(
    readonly gitDir: string,
    private readonly repository: Repository,
    private readonly secretOf: (reference: string) => string,
  ) {}

  static async open(options: {
    folder: string;
    repository: Repository;
    secretOf: (reference: string) => string;
  }): Promise<Mirror> {
    const gitDir = join(options.folder, `${options.repository.id}.git`);
    await mkdir(gitDir, { recursive: true });
    await runGit(['init', '--quiet', '--bare', '.'], { gitDir });
    return new Mirror(gitDir, options.repository, options.secretOf);
  }

  /** The commit that the branch is at, asked of the server; undefined when there is no such branch. @throws GitError */
  async head(): Promise<string | undefined> {
    const ref = `refs/heads/${this.repository.branch}`;
    const answer = await this.withRemote(({ url, env }) =>
      runGit(['ls-remote', '--quiet', url, ref], { gitDir: this.gitDir, env }),
    );
    return /^([0-9a-f]{40,64})\t/m.exec(answer.toString('utf8'))?.[1];
  }

  /** Brings a commit here, unless it is. @throws GitError */
  async fetch(commit: string): Promise<void> {
    if (await this.has(commit)) return;
    await this.withRemote((remote) => this.bring(remote, [`--depth=${firstDepth}`], this.branchRef()));
    if (await this.has(commit)) return;
    // The branch has moved on meanwhile: servers give a commit by its name when they have it.
    await this.withRemote((remote) => this.bring(remote, [`--depth=${firstDepth}`], commit));
  }

  /** How a commit relates to the one before; history is fetched as far back as it takes, within a limit. @throws GitError */
  async descent(before: string | undefined, commit: string): Promise<Descent> {
    if (before === undefined || before === commit) return 'forward';
    for (let depth = firstDepth; ; depth *= 4) {
      if ((await this.has(before)) && (await this.isAncestor(before, commit))) return 'forward';
      if (!(await this.isShallow()) || depth > deepest) return 'rewritten';
      await this.withRemote((remote) => this.bring(remote, [`--depth=${depth * 4}`], this.branchRef()));
    }
  }

  /** Addresses of who wrote and who committed the last change of a folder, as far back as history is here. */
  async lastHands(commit: string, folder: string): Promise<{ author?: string; committer?: string }> {
    const answer = await this.git(['log', '-1', '--format=%ae%x00%ce', commit, '--', folder]);
    const [author, committer] = answer.toString('utf8').trim().toLowerCase().split('\0');
    return { ...(author && { author }), ...(committer && { committer }) };
  }

  git(words: string[], input?: string): Promise<Buffer> {
    return runGit(words, { gitDir: this.gitDir, ...(input !== undefined && { input }) });
  }

  /** Tags that point at a commit, brought here. @throws GitError */
  async tagsOf(commit: string): Promise<string[]> {
    const listed = await this.withRemote(({ url, env }) =>
      runGit(['ls-remote', '--quiet', '--tags', url], { gitDir: this.gitDir, env }),
    );
    const names = [...listed.toString('utf8').matchAll(/^([0-9a-f]{40,64})\trefs\/tags\/([^\s^]+)\^\{\}$/gm)]
      .filter(([, target]) => target === commit)
      .map(([, , name]) => name ?? '');
    for (const name of names)
      await this.withRemote((remote) => this.bring(remote, ['--depth=1'], `+refs/tags/${name}:refs/tags/${name}`));
    return names;
  }

  private branchRef(): string {
    return `+refs/heads/${this.repository.branch}:refs/heads/${this.repository.branch}`;
  }

  private async bring({ url, env }: Remote, options: string[], what: string): Promise<void> {
    const watch = new AbortController();
    const watching = watchSize(this.gitDir, watch);
    try {
      await runGit(
        ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', ...options, url, what],
        {
          gitDir: this.gitDir,
          env,
          timeoutMs: 5 * 60_000,
          signal: watch.signal,
        },
      );
    } catch (error) {
      if (watch.signal.aborted) await rm(this.gitDir, { recursive: true, force: true });
      throw error;
    } finally {
      clearInterval(watching);
    }
  }

  private withRemote<T>(work: (remote: Remote) => Promise<T>): Promise<T> {
    return withRemote(this.repository, this.secretOf, work);
  }

  private async has(commit: string): Promise<boolean> {
    return this.git(['cat-file', '-e', `${commit}^{commit}`]).then(
      () => true,
      () => false,
    );
  }

  private async isAncestor(before: string, commit: string): Promise<boolean> {
    try {
      await this.git(['merge-base', '--is-ancestor', before, commit]);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return false;
      throw error;
    }
  }

  private async isShallow(): Promise<boolean> {
    return stat(join(this.gitDir, 'shallow')).then(
      ({ size }) => size > 0,
      () => false,
    );
  }
}

/** Ends a fetch that brings more than it may. */
function watchSize(folder: string, watch: AbortController): NodeJS.Timeout {
  return setInterval(() => {
    sizeOf(folder).then(
      (bytes) => bytes > mostFetchedBytes && watch.abort('it brings too much'),
      () => undefined,
    );
  }, 500);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(join(folder, 'objects', 'pack'), { withFileTypes: true });
  const sizes = await Promise.all(
    entries.map(({ name }) =>
      stat(join(folder, 'objects', 'pack', name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
