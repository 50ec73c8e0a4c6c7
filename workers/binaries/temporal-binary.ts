import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VolanteError } from '../../errors/volante-error';
import { cacheDirectory, platformKey } from './cache-directory';
import { executableOnPath, isExecutable } from './executable-on-path';
import { lock } from './file-lock';
import { lastWords, runCommand } from './run-command';
import { downloadTemporal } from './temporal-download';

/** The Temporal CLI this project is tested with; it carries server 1.29.1. */
export const temporalCliVersion = '1.5.1';

export type BinarySource = 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | 'download' | 'go install' | 'maven';

export interface FoundBinary {
  path: string;
  source: BinarySource;
}

export interface BinarySearch {
  env?: NodeJS.ProcessEnv;
  /** Told each attempt and its result in one line. */
  progress?: (line: string) => void;
}

/** Looks where a binary may already be; installs nothing. */
export function findTemporalBinary(env: NodeJS.ProcessEnv = process.env): FoundBinary | undefined {
  const named = env.TEMPORAL_CLI_PATH;
  if (named) {
    if (!isExecutable(named)) {
      throw new VolanteError('VOL-503', {
        message: `TEMPORAL_CLI_PATH is ${named}, which is no executable file`,
        fix: 'point it at the `temporal` program, or unset it',
      });
    }
    return { path: named, source: 'TEMPORAL_CLI_PATH' };
  }
  const onPath = executableOnPath('temporal', env);
  if (onPath) return { path: onPath, source: 'PATH' };
  const cached = cachedPath(env);
  return isExecutable(cached) ? { path: cached, source: 'cache' } : undefined;
}

/**
 * The `temporal` program: TEMPORAL_CLI_PATH, PATH, the cache, Temporal's download, `go install`, in this order.
 * What it installs is complete or absent, whoever is killed when. Throws VOL-503 that says what to do when all fail.
 */
export async function ensureTemporalBinary({ env = process.env, progress }: BinarySearch = {}): Promise<FoundBinary> {
  const found = findTemporalBinary(env);
  if (found) return found;
  const target = cachedPath(env);
  const held = await lock(join(cacheDirectory(env), 'temporal-cli.lock'), (holder) =>
    progress?.(`waiting for process ${holder.pid}, which is installing the Temporal binary`),
  );
  try {
    if (isExecutable(target)) return { path: target, source: 'cache' };
    return await install({ target, env, progress });
  } finally {
    held.release();
  }
}

interface Install {
  target: string;
  env: NodeJS.ProcessEnv;
  progress?: (line: string) => void;
}

async function install({ target, env, progress }: Install): Promise<FoundBinary> {
  const folder = dirname(target);
  await mkdir(dirname(folder), { recursive: true });
  const failures: string[] = [];
  for (const [source, attempt] of attempts) {
    const workshop = await mkdtemp(`${folder}.partial-`);
    try {
      progress?.(`Temporal ${temporalCliVersion}: trying ${source}`);
      const executable = await attempt({ workshop, env, progress });
      await probe(executable);
      await rm(folder, { recursive: true, force: true });
      await rename(dirname(executable), folder);
      progress?.(`Temporal ${temporalCliVersion}: installed into ${folder}`);
      return { path: target, source };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`${source}: ${reason}`);
      progress?.(`Temporal ${temporalCliVersion}: ${source} failed: ${reason}`);
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }
  throw new VolanteError('VOL-503', {
    message: `no Temporal server: TEMPORAL_CLI_PATH is not set, \`temporal\` is not on PATH, ${failures.join('; ')}`,
    fix: `put the Temporal CLI ${temporalCliVersion} on PATH (or name it in TEMPORAL_CLI_PATH), or point TEMPORAL_ADDRESS at a running server`,
  });
}

interface Attempt {
  workshop: string;
  env: NodeJS.ProcessEnv;
  progress?: (line: string) => void;
}

const attempts: [BinarySource, (attempt: Attempt) => Promise<string>][] = [
  ['download', fromDownload],
  ['go install', fromGo],
];

async function fromDownload({ workshop, env }: Attempt): Promise<string> {
  if (env.VOLANTE_OFFLINE === '1') throw new Error('VOLANTE_OFFLINE is set');
  return downloadTemporal({ artifact: 'cli', version: `v${temporalCliVersion}`, into: join(workshop, 'bin') });
}

async function fromGo({ workshop, env, progress }: Attempt): Promise<string> {
  const go = executableOnPath('go', env);
  if (!go) throw new Error('go is not on PATH');
  progress?.('compiling from source, which takes a few minutes the first time');
  const result = await runCommand(go, ['install', `github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion}`], {
    timeoutMs: 20 * 60_000,
    env: { ...env, GOBIN: join(workshop, 'bin') },
  });
  if (result.timedOut) throw new Error('not done in 20 minutes');
  if (result.status !== 0) throw new Error(lastWords(result.output));
  return join(workshop, 'bin', 'temporal');
}

/** A file that does not run here (wrong platform, torn) never enters the cache. */
async function probe(executable: string): Promise<void> {
  const result = await runCommand(executable, ['--version'], { timeoutMs: 30_000 });
  if (result.status !== 0) throw new Error(`it does not run: ${lastWords(result.output)}`);
}

function cachedPath(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'temporal-cli', `${temporalCliVersion}-${platformKey}`, 'temporal');
}
