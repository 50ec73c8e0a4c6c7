import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { executableOnPath } from '../../workers/binaries/executable-on-path';
import { ensureTemporalBinary, findTemporalBinary } from '../../workers/binaries/temporal-binary';
import { ensureTestServer } from '../../workers/binaries/test-server-binary';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('binaries');
afterAll(() => home.remove());

let count = 0;

/** A machine with its own PATH and cache, without network, on which only the given scripts are installed. */
function machine(programs: Record<string, string> = {}): { env: NodeJS.ProcessEnv; bin: string; cache: string } {
  count += 1;
  const bin = join(home.path, `bin-${count}`);
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const cache = join(home.path, `cache-${count}`);
  return { env: { PATH: bin, VOLANTE_CACHE_DIR: cache, VOLANTE_OFFLINE: '1' }, bin, cache };
}

/** Stands for the Go command: puts a program called `temporal` into GOBIN. */
const goThatInstalls = (script: string): string =>
  `/bin/mkdir -p "$GOBIN"; printf '#!/bin/sh\\n${script}\\n' > "$GOBIN/temporal"; /bin/chmod +x "$GOBIN/temporal"`;

test('TEMPORAL_CLI_PATH goes before PATH', async () => {
  const { env, bin } = machine({ temporal: 'exit 0', other: 'exit 0' });
  expect(await ensureTemporalBinary({ env })).toEqual({ path: join(bin, 'temporal'), source: 'PATH' });
  const named = { ...env, TEMPORAL_CLI_PATH: join(bin, 'other') };
  expect(await ensureTemporalBinary({ env: named })).toEqual({ path: join(bin, 'other'), source: 'TEMPORAL_CLI_PATH' });
});

test('a TEMPORAL_CLI_PATH that leads nowhere is an error, not a reason to look elsewhere', async () => {
  const { env } = machine({ temporal: 'exit 0' });
  const lost = { ...env, TEMPORAL_CLI_PATH: join(home.path, 'nowhere') };
  await expect(ensureTemporalBinary({ env: lost })).rejects.toMatchObject({ code: 'VOL-503' });
});

test('what `go install` makes is kept in the cache for the next checkout', async () => {
  const { env, cache } = machine({ go: goThatInstalls('echo temporal') });
  const lines: string[] = [];
  const first = await ensureTemporalBinary({ env, progress: (line) => lines.push(line) });
  expect(first.source).toBe('go install');
  expect(lines).toEqual([
    expect.stringContaining('trying download'),
    expect.stringContaining('download failed: VOLANTE_OFFLINE is set'),
    expect.stringContaining('trying go install'),
    expect.stringContaining('compiling'),
    expect.stringContaining('installed into'),
  ]);
  expect(await ensureTemporalBinary({ env: { ...env, PATH: '' } })).toEqual({ path: first.path, source: 'cache' });
  expect(readdirSync(join(cache, 'temporal-cli'))).toHaveLength(1);
});

test('a program that does not run is not taken for an installation', async () => {
  const { env, cache } = machine({ go: goThatInstalls('exit 3') });
  await expect(ensureTemporalBinary({ env })).rejects.toThrow('go install: it does not run');
  expect(findTemporalBinary(env)).toBeUndefined();
  expect(readdirSync(join(cache, 'temporal-cli'))).toEqual([]);
});

test('when all fails, one message says what was tried and what to do', async () => {
  const { env } = machine({ go: 'echo "go: no network" >&2; exit 1' });
  await expect(ensureTemporalBinary({ env })).rejects.toMatchObject({
    code: 'VOL-503',
    message:
      'no Temporal server: TEMPORAL_CLI_PATH is not set, `temporal` is not on PATH, ' +
      'download: VOLANTE_OFFLINE is set; go install: go: no network',
    fix: expect.stringContaining('TEMPORAL_ADDRESS') as string,
  });
});

test('several that need it at once install it once', async () => {
  const { env, cache } = machine({ go: `echo once >> ${join(home.path, 'runs')}; ${goThatInstalls('echo temporal')}` });
  const found = await Promise.all([1, 2, 3].map(() => ensureTemporalBinary({ env })));
  expect(found.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'go install']);
  expect(existsSync(join(cache, 'temporal-cli.lock'))).toBe(false);
});

test('the test server needs Java and Maven where it cannot be downloaded', async () => {
  const { env, cache } = machine({ java: 'exit 0', mvn: 'echo "[ERROR] no network"; exit 1' });
  await expect(ensureTestServer({ env })).rejects.toThrow('maven: Maven: [ERROR] no network');
  expect(readdirSync(join(cache, 'temporal-test-server'))).toEqual([]);
  await expect(ensureTestServer({ env: machine().env })).rejects.toThrow('maven: java is not on PATH');
});

test('PATH entries that are relative are not searched', () => {
  expect(executableOnPath('jest.config.js', { PATH: '.:' })).toBeUndefined();
});
