import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureUnleashServer, findUnleashServer, whyNoUnleashServer } from '../../workers/binaries/unleash-server';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('unleash-cache');
afterAll(() => home.remove());

let count = 0;

/** A machine with its own cache, whose npm does what the script says. */
function machine(npm?: string): { env: NodeJS.ProcessEnv; cache: string } {
  count += 1;
  const bin = join(home.path, `bin-${count}`);
  mkdirSync(bin, { recursive: true });
  if (npm !== undefined) {
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${npm}\n`);
    chmodSync(join(bin, 'npm'), 0o755);
  }
  const cache = join(home.path, `cache-${count}`);
  return { env: { PATH: bin, VOLANTE_CACHE_DIR: cache }, cache };
}

/** Stands for npm: puts a server that does as told when it is loaded where npm would. */
const npmThatInstalls = (code: string): string => `
package=node_modules/unleash-server
/bin/mkdir -p $package/dist/lib
echo '{"type":"module"}' > $package/package.json
echo '${code}' > $package/dist/lib/server-impl.js
echo 'server' > $package/dist/server.js`;

test('it is installed once, with its version pinned and without install scripts, and found afterwards', async () => {
  const log = join(home.path, 'npm.log');
  const { env, cache } = machine(
    `echo "$@" >> ${log}; /bin/cat package.json >> ${log}; ${npmThatInstalls('export {}')}`,
  );
  expect(findUnleashServer(env)).toBeUndefined();
  expect(whyNoUnleashServer(env)).toContain('provide-servers');
  const found = await Promise.all([1, 2, 3].map(() => ensureUnleashServer({ env })));
  expect(found.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'npm install']);
  expect(new Set(found.map(({ path }) => path)).size).toBe(1);
  expect(readFileSync(found[0]?.path ?? '', 'utf8')).toBe('server\n');
  expect(whyNoUnleashServer(env)).toBeUndefined();
  const [words, manifest, ...more] = readFileSync(log, 'utf8').trim().split('\n');
  expect(words).toContain('--ignore-scripts');
  expect(JSON.parse(manifest ?? '')).toEqual({ private: true, dependencies: { 'unleash-server': '7.5.1' } });
  expect(more).toEqual([]);
  expect(readdirSync(join(cache, 'unleash-server'))).toHaveLength(1);
});

test.each<[string, string | undefined, string]>([
  ['there is no npm', undefined, 'npm is not on PATH'],
  [
    'npm fails',
    'echo "npm error code E404" >&2; echo "npm error 404 Not Found" >&2; echo "npm error A complete log is in /x" >&2; exit 1',
    'npm install: 404 Not Found',
  ],
  ['what it installs does not load', npmThatInstalls('throw new Error("torn")'), 'it does not load'],
])('%s: nothing is kept but the reason', async (_what, npm, reason) => {
  const { env, cache } = machine(npm);
  await expect(ensureUnleashServer({ env })).rejects.toMatchObject({
    code: 'VOL-503',
    message: expect.stringContaining(reason) as string,
  });
  expect(findUnleashServer(env)).toBeUndefined();
  expect(whyNoUnleashServer(env)).toContain(reason);
  expect(readdirSync(join(cache, 'unleash-server')).filter((name) => !name.endsWith('.reason'))).toEqual([]);
  expect(existsSync(join(cache, 'unleash-server.lock'))).toBe(false);
});
