import { spawn } from 'node:child_process';
import { endProcess, identifyProcess, isAlive, signalProcess } from '../../workers/binaries/process-identity';

test('a process is alive until it ends', async () => {
  const child = spawn('sleep', ['60']);
  const identity = identifyProcess(child.pid ?? 0);
  if (!identity) throw new Error('sleep was not found');
  expect(isAlive(identity)).toBe(true);
  expect(await endProcess(identity)).toBe(true);
  expect(isAlive(identity)).toBe(false);
});

test('a process that ignores the request is ended by force', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const identity = identifyProcess(child.pid ?? 0);
  if (!identity) throw new Error('sh was not found');
  expect(await endProcess(identity, { graceMs: 100 })).toBe(true);
});

test('a later process with the same number is left alone', () => {
  const child = spawn('sleep', ['60']);
  const identity = identifyProcess(child.pid ?? 0);
  if (!identity) throw new Error('sleep was not found');
  const predecessor = { pid: identity.pid, startTime: `${Number(identity.startTime) - 1}` };
  expect(signalProcess(predecessor, 'SIGKILL')).toBe(false);
  expect(isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
});

test('there is no process 0, and none with a number that is not in use', () => {
  expect(identifyProcess(2 ** 30)).toBeUndefined();
});
