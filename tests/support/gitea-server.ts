/** A real Gitea on loopback, with SQLite, in a folder of its own; two users, a repository and an open pull request. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../workers/binaries/cache-directory';
import { freePort } from '../../workers/binaries/free-port';
import { endWithUs } from './end-with-us';
import { eventually } from './eventually';
import { temporaryFolder } from './temporary-folder';

const folder = join(cacheDirectory(process.env), 'gitea', 'v1.24.6');
const program = join(folder, 'gitea');

/** Why there is none, in one line. */
export function whyNoGitea(): string | undefined {
  if (existsSync(program)) return undefined;
  const reason = join(folder, 'reason');
  return existsSync(reason)
    ? readFileSync(reason, 'utf8')
    : 'Gitea is not in the cache: `node scripts/provide-gitea.mjs` puts it there';
}

export class GiteaServer {
  readonly tokens: Record<'ana' | 'mallory', string> = { ana: '', mallory: '' };
  private readonly home = temporaryFolder('gitea');
  private server?: ChildProcess;
  private release?: () => void;

  private constructor(private readonly port: number) {}

  static async start(): Promise<GiteaServer> {
    const gitea = new GiteaServer(await freePort());
    writeFileSync(gitea.config, gitea.settings());
    gitea.command('migrate');
    for (const name of ['ana', 'mallory'] as const) {
      gitea.command(
        ...['admin', 'user', 'create', '--username', name, '--password', `${name}-Passw0rd`],
        ...['--email', `${name}@shop.example`, '--must-change-password=false'],
      );
      const made = ['admin', 'user', 'generate-access-token', '--username', name, '--scopes', 'all', '--raw'];
      gitea.tokens[name] =
        gitea
          .command(...made, '--token-name', 'test')
          .trim()
          .split('\n')
          .at(-1) ?? '';
    }
    await gitea.serve();
    return gitea;
  }

  /** Of its API. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1`;
  }

  /** For git, as ana. */
  repositoryUrl(name: string): string {
    return `http://ana:${this.tokens.ana}@127.0.0.1:${this.port}/ana/${name}.git`;
  }

  async call<T>(method: string, path: string, options: { as?: 'ana' | 'mallory'; body?: object } = {}): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `token ${this.tokens[options.as ?? 'ana']}`, 'content-type': 'application/json' },
      ...(options.body && { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server && server.exitCode === null) {
      const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
      server.kill('SIGTERM');
      await ended;
    }
    this.release?.();
    this.home.remove();
  }

  private get config(): string {
    return join(this.home.path, 'app.ini');
  }

  private command(...words: string[]): string {
    const { status, stdout, stderr } = spawnSync(program, ['--config', this.config, ...words], {
      encoding: 'utf8',
      env: this.environment(),
      timeout: 120_000,
    });
    if (status !== 0) throw new Error(`gitea ${words[0]} ended with ${status}: ${stderr.slice(-500)}`);
    return stdout;
  }

  private async serve(): Promise<void> {
    this.server = spawn(program, ['--config', this.config, 'web'], { stdio: 'ignore', env: this.environment() });
    this.release = endWithUs(this.server.pid ?? 0);
    await eventually(async () => (await fetch(`${this.url}/version`)).ok || undefined, {
      timeoutMs: 60_000,
      what: 'Gitea answers',
    });
  }

  private environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: this.home.path };
  }

  private settings(): string {
    const home = this.home.path;
    return `RUN_USER = ${userInfo().username}
RUN_MODE = prod
WORK_PATH = ${home}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
STATIC_ROOT_PATH = ${join(folder, 'static')}
APP_DATA_PATH = ${join(home, 'data')}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${this.port}
ROOT_URL = http://127.0.0.1:${this.port}/
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = ${join(home, 'gitea.db')}
[repository]
ROOT = ${join(home, 'repositories')}
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
[log]
MODE = console
LEVEL = Error
ROOT_PATH = ${join(home, 'log')}
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[actions]
ENABLED = false
[mailer]
ENABLED = false
`;
  }
}
