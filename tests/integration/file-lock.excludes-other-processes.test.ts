import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../settings/package-root';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('lock-race');
const path = join(home.path, 'the.lock');
const counter = join(home.path, 'counter');
const owner = join(home.path, 'owner');
afterAll(() => home.remove());

/**
 * Adds to the counter as often as asked, each time under the lock and in two steps, so that two at once would be noticed.
 * In the end it kills itself while it holds the lock.
 */
const script = `
  const { existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
  const { tryLock } = require(${JSON.stringify(join(packageRoot(), 'dist/workers/binaries/file-lock.js'))});
  const [path, counter, owner, times] = process.argv.slice(1);
  for (let done = 0; done < Number(times); ) {
    const taken = tryLock(path);
    if (!('release' in taken)) continue;
    if (existsSync(owner)) process.exit(9);
    writeFileSync(owner, String(process.pid));
    writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1));
    rmSync(owner);
    done += 1;
    if (done === Number(times)) process.kill(process.pid, 'SIGKILL');
    taken.release();
  }
`;

test('eight processes that count under one lock, and die holding it, never meet and lose no count', async () => {
  writeFileSync(counter, '0');
  const processes = 8;
  const times = 40;
  const ends = Array.from({ length: processes }, () => {
    const child = spawn(process.execPath, ['-e', script, path, counter, owner, String(times)], { stdio: 'inherit' });
    return new Promise<[number | null, string | null]>((resolve) => child.once('exit', (...end) => resolve(end)));
  });
  expect(await Promise.all(ends)).toEqual(Array.from({ length: processes }, () => [null, 'SIGKILL']));
  expect(existsSync(owner)).toBe(false);
  expect(readFileSync(counter, 'utf8')).toBe(String(processes * times));
});
