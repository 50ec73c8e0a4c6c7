/** One call of `git`: without prompts, hooks, or configuration of its own, for so long and so much and no more. */
import { spawn } from 'node:child_process';

export interface GitCall {
  /** Bare repository. */
  gitDir: string;
  /** More variables, such as credentials: never in arguments, which every process of the machine can read. */
  env?: Record<string, string>;
  input?: string;
  timeoutMs?: number;
  /** Most that may come back. */
  maxBytes?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Git refused, was cut short, or is not there. `detail` is what it said, without addresses. */
export class GitError extends Error {
  constructor(
    message: string,
    readonly exitCode?: number,
  ) {
    super(message);
    this.name = 'GitError';
  }
}

const standardTimeoutMs = 60_000;
const standardMaxBytes = 64 * 1024 * 1024;

/** @throws GitError */
export function runGit(words: string[], call: GitCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', call.gitDir, ...leash, ...words], {
      cwd: call.gitDir,
      env: { ...environment(), ...call.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: what git starts ends with it.
      detached: true,
    });
    const output: Buffer[] = [];
    let size = 0;
    let said = '';
    let cut: string | undefined;
    const end = (why: string) => {
      cut ??= why;
      endGroup(child.pid);
    };
    const timer = setTimeout(() => end('it took too long'), call.timeoutMs ?? standardTimeoutMs);
    const onAbort = () => end(String(call.signal?.reason ?? 'it was told to stop'));
    if (call.signal?.aborted) onAbort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > (call.maxBytes ?? standardMaxBytes)) end('it answered with too much');
      else output.push(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      if (said.length < 8_000) said += part.toString('utf8');
    });
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    child.on('error', (error) => settle(() => reject(new GitError(`git cannot be started: ${error.message}`))));
    child.on('close', (code) =>
      settle(() => {
        if (cut === undefined && code === 0) resolve(Buffer.concat(output));
        else reject(new GitError(`git ${words[0]}: ${cut ?? plainWords(said, code)}`, code ?? undefined));
      }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(call.input ?? '');
  });
}

/** Nothing of the machine's or the repository's own settings decides what git does here. */
const leash = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'fetch.fsckObjects=true',
  '-c',
  'gc.autoDetach=false',
  '-c',
  'maintenance.autoDetach=false',
  '-c',
  'credential.helper=',
  '-c',
  'http.lowSpeedLimit=1000',
  '-c',
  'http.lowSpeedTime=30',
];

function environment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:file',
    GIT_PROTOCOL_FROM_USER: '0',
  };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The first line that says what is wrong; addresses may hold what is secret. */
function plainWords(said: string, code: number | null): string {
  const line = said
    .split('\n')
    .map((text) => text.replace(/^(?:fatal|error|remote|ssh): */i, '').trim())
    .find((text) => text !== '' && !text.startsWith('hint:') && !text.startsWith('warning:'));
  return (line ?? `it ended with ${code}`).replace(/\b[a-z+]+:\/\/[^\s'"]+/gi, '<address>').slice(0, 300);
}
