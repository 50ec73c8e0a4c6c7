/** A real git server on loopback (git's own smart HTTP backend), and a clone that commits to it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary-folder';

export interface GitServer {
  /** `http://127.0.0.1:<port>/shop.git`. */
  url: string;
  /** Of the bare repository. */
  folder: string;
  /** Requests so far. */
  requests(): number;
  /** Answers nobody from now on, until `release`. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

export async function gitServer(options: { login?: { username: string; password: string } } = {}): Promise<GitServer> {
  const root = temporaryFolder('git-server');
  const folder = join(root.path, 'shop.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder]);
  for (const setting of ['http.receivepack', 'uploadpack.allowAnySHA1InWant'])
    execFileSync('git', ['-C', folder, 'config', setting, 'true']);
  let count = 0;
  let held: (() => void)[] | undefined;
  const expected =
    options.login && `Basic ${Buffer.from(`${options.login.username}:${options.login.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    count += 1;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    if (held) held.push(() => serve(root.path, request, response));
    else serve(root.path, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/shop.git`,
    folder,
    requests: () => count,
    hold() {
      held = [];
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const answer of waiting) answer();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      root.remove();
    },
  };
}

/** One CGI call (RFC 3875) of `git http-backend`. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'test',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  let head = Buffer.alloc(0);
  let isBody = false;
  child.stdout.on('data', (part: Buffer) => {
    if (isBody) return void response.write(part);
    head = Buffer.concat([head, part]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    isBody = true;
    const headers = head.subarray(0, end).toString('latin1').split('\r\n');
    const pairs = headers.map(
      (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const,
    );
    const status = Number(pairs.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(pairs.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
}

export interface Committer {
  name?: string;
  email?: string;
  /** Private SSH key that signs. */
  signingKey?: string;
}

/** A working copy whose commits are pushed to a server's repository. */
export class WorkingCopy {
  private constructor(readonly folder: string) {}

  static of(server: Pick<GitServer, 'folder'>): WorkingCopy {
    const { path } = temporaryFolder('git-clone');
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', path]);
    const copy = new WorkingCopy(path);
    copy.git('remote', 'add', 'origin', server.folder);
    return copy;
  }

  git(...words: string[]): string {
    return execFileSync('git', ['-C', this.folder, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.folder, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' },
    }).trim();
  }

  write(files: Record<string, string | undefined>): void {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.folder, path);
      if (content === undefined) {
        rmSync(target, { recursive: true, force: true });
        continue;
      }
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }

  /** Commits files (undefined: deletes them) and pushes. @returns the commit */
  commit(files: Record<string, string | undefined>, message = 'change', by: Committer = {}): string {
    this.write(files);
    const { name = 'Luis', email = 'luis@shop.example', signingKey } = by;
    const signing = signingKey
      ? ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${signingKey}`, '-c', 'commit.gpgsign=true']
      : [];
    this.git('add', '--all');
    this.git(
      '-c',
      `user.name=${name}`,
      '-c',
      `user.email=${email}`,
      ...signing,
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      message,
    );
    this.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
