import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lock, lockHolder, tryLock } from '../../workers/binaries/file-lock';
import { identifyProcess } from '../../workers/binaries/process-identity';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('lock');
const path = join(home.path, 'the.lock');
afterAll(() => home.remove());

test('a second taker learns who holds it', () => {
  const first = tryLock(path);
  expect('release' in first).toBe(true);
  expect(tryLock(path)).toEqual(identifyProcess(process.pid));
  if ('release' in first) first.release();
  expect(lockHolder(path)).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

test('who waits gets it after the release', async () => {
  const first = tryLock(path);
  const waited: number[] = [];
  const second = lock(path, ({ pid }) => waited.push(pid));
  if ('release' in first) first.release();
  (await second).release();
  expect(waited).toEqual([process.pid]);
});

test('the lock of a killed process is no lock', async () => {
  const child = spawn('sleep', ['60']);
  writeFileSync(path, JSON.stringify(identifyProcess(child.pid ?? 0)));
  expect('release' in tryLock(path)).toBe(false);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const taken = tryLock(path);
  expect('release' in taken).toBe(true);
  if ('release' in taken) taken.release();
});

test.each([
  ['nothing', ''],
  ['half a line', '{"pid": 1'],
  ['another shape', '[]'],
  ['a recycled number', `{"pid":${process.pid},"startTime":"0"}`],
])('a lock file that holds %s is no lock', (_what, content) => {
  writeFileSync(path, content);
  const taken = tryLock(path);
  expect('release' in taken).toBe(true);
  if ('release' in taken) taken.release();
});

test('of many that find a dead holder, exactly one gets the lock', async () => {
  writeFileSync(path, '{"pid":1073741824,"startTime":"1"}');
  const takers = Array.from({ length: 20 }, async () => tryLock(path));
  const taken = (await Promise.all(takers)).filter((result) => 'release' in result);
  expect(taken).toHaveLength(1);
  for (const held of taken) if ('release' in held) held.release();
});
