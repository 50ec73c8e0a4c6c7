/** A git repository for tests: commits by a made-up person, no settings of the machine. */
import { spawnSync } from 'node:child_process';

const environment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Luis',
  GIT_AUTHOR_EMAIL: 'luis@shop.example',
  GIT_COMMITTER_NAME: 'Luis',
  GIT_COMMITTER_EMAIL: 'luis@shop.example',
};

export class TestRepository {
  constructor(readonly folder: string) {}

  git(...words: string[]): string {
    const { status, stdout, stderr } = spawnSync('git', ['-C', this.folder, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: this.folder, ...environment },
    });
    if (status !== 0) throw new Error(`git ${words[0]}: ${stderr}`);
    return stdout.trim();
  }

  /** Everything in the folder. @returns the commit */
  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }
}
