/** What git knows of a folder. A folder outside git, or a machine without it, is no error: then nothing is known. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface GitFacts {
  /** Commit that holds the folder as it is on disk; absent where it was changed since. */
  commit?: string;
  /** Address of the last committer of the folder. */
  lastCommitterEmail?: string;
}

export async function gitFacts(folder: string): Promise<GitFacts> {
  const git = async (...words: string[]): Promise<string | undefined> =>
    execute('git', ['-C', folder, ...words], { timeout: 5_000 }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
  const [changes, last] = await Promise.all([
    git('status', '--porcelain', '--', '.'),
    git('log', '-1', '--format=%H %ce', '--', '.'),
  ]);
  const [commit, lastCommitterEmail] = (last ?? '').split(' ');
  return {
    ...(changes === '' && commit && { commit }),
    ...(lastCommitterEmail && { lastCommitterEmail: lastCommitterEmail.toLowerCase() }),
  };
}
