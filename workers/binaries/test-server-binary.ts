import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VolanteError } from '../../errors/volante-error';
import { cacheDirectory, platformKey } from './cache-directory';
import { buildClassDataArchive } from './class-data-archive';
import { executableOnPath, isExecutable } from './executable-on-path';
import { lock } from './file-lock';
import { lastWords, runCommand } from './run-command';
import type { BinarySearch, FoundBinary } from './temporal-binary';
import { downloadTemporal } from './temporal-download';

/** Release of Temporal's time-skipping test server, a part of its Java SDK. */
export const testServerVersion = '1.38.0';

const mainClass = 'io.temporal.testserver.TestServer';

/** Where the test server already is; installs nothing. */
export function findTestServer(env: NodeJS.ProcessEnv = process.env): FoundBinary | undefined {
  const target = launcherPath(env);
  return isExecutable(target) ? { path: target, source: 'cache' } : undefined;
}

/**
 * The time-skipping test server as a program that takes a port: the cache, Temporal's download, or its jar through
 * Maven. Throws VOL-503 that says what to do when all fail.
 */
export async function ensureTestServer({ env = process.env, progress }: BinarySearch = {}): Promise<FoundBinary> {
  const found = findTestServer(env);
  if (found) return found;
  const held = await lock(join(cacheDirectory(env), 'test-server.lock'), (holder) =>
    progress?.(`waiting for process ${holder.pid}, which is installing the test server`),
  );
  try {
    return findTestServer(env) ?? (await install({ env, progress }));
  } finally {
    held.release();
  }
}

interface Installation {
  env: NodeJS.ProcessEnv;
  progress?: (line: string) => void;
}

async function install({ env, progress }: Installation): Promise<FoundBinary> {
  const target = launcherPath(env);
  await mkdir(dirname(dirname(target)), { recursive: true });
  const failures: string[] = [];
  for (const [source, attempt] of [
    ['download', fromDownload],
    ['maven', fromMaven],
  ] as const) {
    progress?.(`test server ${testServerVersion}: trying ${source}`);
    try {
      await attempt({ env, progress });
      progress?.(`test server ${testServerVersion}: installed into ${dirname(target)}`);
      return { path: target, source };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`${source}: ${reason}`);
      progress?.(`test server ${testServerVersion}: ${source} failed: ${reason}`);
    }
  }
  throw new VolanteError('VOL-503', {
    message: `no time-skipping test server: ${failures.join('; ')}`,
    fix: 'install Java 17 and Maven, or allow the download from temporal.download',
  });
}

async function fromDownload({ env }: Installation): Promise<void> {
  if (env.VOLANTE_OFFLINE === '1') throw new Error('VOLANTE_OFFLINE is set');
  const target = launcherPath(env);
  const workshop = await mkdtemp(`${dirname(target)}.partial-`);
  try {
    const executable = await downloadTemporal({
      artifact: 'temporal-test-server',
      version: 'default',
      into: join(workshop, 'bin'),
    });
    await mkdir(dirname(target), { recursive: true });
    await rename(executable, target);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** The launcher is written last: without it, nothing of the folder counts as installed. */
async function fromMaven({ env, progress }: Installation): Promise<void> {
  const java = executableOnPath('java', env);
  const maven = executableOnPath('mvn', env);
  if (!java || !maven) throw new Error(`${java ? 'mvn' : 'java'} is not on PATH`);
  const target = launcherPath(env);
  const folder = dirname(target);
  const libraries = join(folder, 'lib');
  await fetchLibraries({ maven, env, libraries });
  const jars = (await readdir(libraries)).filter((name) => name.endsWith('.jar')).sort();
  const classPath = jars.map((name) => join(libraries, name)).join(':');
  const jvmArguments = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx1g', '-cp', classPath];
  const archive = join(folder, 'classes.jsa');
  try {
    await buildClassDataArchive({ java, jvmArguments, mainClass, archive });
  } catch (error) {
    progress?.(`no class-data archive, so it starts slower: ${error instanceof Error ? error.message : String(error)}`);
  }
  const command = [java, `-XX:SharedArchiveFile=${archive}`, '-Xshare:auto', ...jvmArguments, mainClass];
  const draft = `${target}.partial`;
  await writeFile(draft, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`);
  await chmod(draft, 0o755);
  await rename(draft, target);
}

async function fetchLibraries(options: { maven: string; env: NodeJS.ProcessEnv; libraries: string }): Promise<void> {
  const folder = dirname(options.libraries);
  const workshop = await mkdtemp(`${folder}.partial-`);
  try {
    await writeFile(join(workshop, 'pom.xml'), projectFile);
    const fetched = await runCommand(
      options.maven,
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${workshop}/lib`],
      { timeoutMs: 10 * 60_000, cwd: workshop, env: options.env },
    );
    if (fetched.timedOut) throw new Error('Maven was not done in 10 minutes');
    if (fetched.status !== 0) throw new Error(`Maven: ${lastWords(fetched.output)}`);
    await rm(folder, { recursive: true, force: true });
    await rename(workshop, folder);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

const projectFile = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>volante</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${testServerVersion}</version>
    </dependency>
  </dependencies>
</project>
`;

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function launcherPath(env: NodeJS.ProcessEnv): string {
  const folder = join(cacheDirectory(env), 'temporal-test-server', `${testServerVersion}-${platformKey}`);
  return join(folder, 'temporal-test-server');
}
