import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VolanteError } from '../../errors/volante-error';
import { cacheDirectory, platformKey } from './cache-directory';
import { executableOnPath } from './executable-on-path';
import { lock } from './file-lock';
import { lastWords, runCommand } from './run-command';
import type { BinarySearch } from './temporal-binary';

/** The flag server this project is tested with. */
export const unleashVersion = '7.5.1';

export interface FoundUnleash {
  /** The server's main module, for `node`. */
  path: string;
  source: 'cache' | 'npm install';
}

/** Where the flag server already is; installs nothing. */
export function findUnleashServer(env: NodeJS.ProcessEnv = process.env): FoundUnleash | undefined {
  const path = join(folderOf(env), ...mainModule);
  return existsSync(path) ? { path, source: 'cache' } : undefined;
}

/** Why there is none in the cache, in one line; undefined when there is one. */
export function whyNoUnleashServer(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (findUnleashServer(env)) return undefined;
  try {
    return readFileSync(reasonFile(env), 'utf8');
  } catch {
    return `Unleash ${unleashVersion} is not in the cache: \`node scripts/provide-servers.mjs\` puts it there`;
  }
}

/**
 * An Unleash server of the pinned version: the cache, or npm. None of its packages' install scripts run. Only the tests
 * use it; it is no dependency of ours. Throws VOL-503, and leaves the reason for `whyNoUnleashServer`.
 */
export async function ensureUnleashServer({ env = process.env, progress }: BinarySearch = {}): Promise<FoundUnleash> {
  const found = findUnleashServer(env);
  if (found) return found;
  const held = await lock(join(cacheDirectory(env), 'unleash-server.lock'), (holder) =>
    progress?.(`waiting for process ${holder.pid}, which is installing Unleash`),
  );
  try {
    return findUnleashServer(env) ?? (await install({ env, progress }));
  } finally {
    held.release();
  }
}

interface Installation {
  env: NodeJS.ProcessEnv;
  progress?: (line: string) => void;
}

async function install({ env, progress }: Installation): Promise<FoundUnleash> {
  const folder = folderOf(env);
  await mkdir(dirname(folder), { recursive: true });
  const workshop = await mkdtemp(`${folder}.partial-`);
  try {
    progress?.(`Unleash ${unleashVersion}: trying npm install`);
    await fromNpm({ env, workshop });
    await probe(join(workshop, ...mainModule));
    await rm(folder, { recursive: true, force: true });
    await rename(workshop, folder);
    await rm(reasonFile(env), { force: true });
    progress?.(`Unleash ${unleashVersion}: installed into ${folder}`);
    return { path: join(folder, ...mainModule), source: 'npm install' };
  } catch (error) {
    const message = `no Unleash server ${unleashVersion}: ${error instanceof Error ? error.message : String(error)}`;
    await writeFile(reasonFile(env), message);
    progress?.(message);
    throw new VolanteError('VOL-503', { message, fix: 'see what npm says; it needs a registry of npm packages' });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function fromNpm({ env, workshop }: { env: NodeJS.ProcessEnv; workshop: string }): Promise<void> {
  const npm = executableOnPath('npm', env);
  if (!npm) throw new Error('npm is not on PATH');
  const manifest = { private: true, dependencies: { 'unleash-server': unleashVersion } };
  await writeFile(join(workshop, 'package.json'), JSON.stringify(manifest));
  const flags = [
    '--prefix',
    workshop,
    '--ignore-scripts',
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  const result = await runCommand(npm, ['install', ...flags], { timeoutMs: 5 * 60_000, cwd: workshop, env });
  if (result.timedOut) throw new Error('npm install was not done in 5 minutes');
  if (result.status !== 0) throw new Error(`npm install: ${firstError(result.output)}`);
}

/** npm ends with where its log is, and begins with what went wrong. */
function firstError(output: string): string {
  const said = output.split('\n').find((line) => /^npm (?:error|ERR!) (?!(?:code|syscall|errno|path)\b)/.test(line));
  return said?.replace(/^npm (?:error|ERR!) /, '').trim() || lastWords(output);
}

/** Loads all of the server's code; what does not load never enters the cache. */
async function probe(main: string): Promise<void> {
  const library = join(dirname(main), 'lib', 'server-impl.js');
  const script = `await import(${JSON.stringify(library)}); process.exit(0)`;
  const result = await runCommand(process.execPath, ['--input-type=module', '--eval', script], { timeoutMs: 60_000 });
  if (result.status !== 0) throw new Error(`it does not load: ${lastWords(result.output)}`);
}

const mainModule = ['node_modules', 'unleash-server', 'dist', 'server.js'];

function folderOf(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'unleash-server', `${unleashVersion}-${platformKey}`);
}

function reasonFile(env: NodeJS.ProcessEnv): string {
  return `${folderOf(env)}.reason`;
}
