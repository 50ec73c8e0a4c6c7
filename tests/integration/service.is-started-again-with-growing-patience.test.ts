import { join } from 'node:path';
import { identifyProcess, isAlive } from '../../workers/binaries/process-identity';
import { ChildService } from '../../workers/stack/child-service';
import { keepAlive } from '../../workers/stack/service';
import { eventually } from '../support/eventually';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('service');
afterAll(() => home.remove());

let count = 0;

/** A service that is a line of JavaScript; healthy once it has printed `ready`. */
function service(script: string, limits: { startLimitMs?: number; stopGraceMs?: number } = {}): ChildService {
  count += 1;
  const logFile = join(home.path, `${count}.log`);
  return new ChildService({
    name: 'the service',
    command: process.execPath,
    args: ['-e', script],
    logFile: () => logFile,
    healthy: async () => (await import('node:fs')).readFileSync(logFile, 'utf8').includes('ready'),
    ...limits,
  });
}

const serving = "console.log('ready'); setInterval(() => {}, 1000);";

test('one that ends before it serves says why, in one line', async () => {
  const broken = service("throw new Error('volante.yaml is not valid')");
  await expect(broken.start()).rejects.toThrow(/^the service ended at its start: Error: volante\.yaml is not valid \(/);
  const talkative = service(
    `console.log(JSON.stringify({ msg: 'worker cannot run', err: { message: 'Error: no database' } })); process.exit(1)`,
  );
  await expect(talkative.start()).rejects.toThrow('ended at its start: worker cannot run: Error: no database (');
});

test('a program that is not there is an error, not a crash', async () => {
  const missing = new ChildService({
    name: 'the service',
    command: join(home.path, 'nothing'),
    args: [],
    logFile: () => join(home.path, 'missing.log'),
    healthy: async () => false,
  });
  await expect(missing.start()).rejects.toMatchObject({ code: 'VOL-503' });
});

test('one that never serves is ended and reported', async () => {
  const deaf = service("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);", {
    startLimitMs: 500,
    stopGraceMs: 100,
  });
  await expect(deaf.start()).rejects.toThrow('the service does not answer');
  expect(deaf.identity).toBeUndefined();
});

test('one that ends is started again; once stopped, it stays down', async () => {
  const lines: string[] = [];
  let restarts = 0;
  const child = service(serving);
  await child.start();
  const kept = keepAlive({ service: child, onRestart: () => (restarts += 1), onTrouble: (line) => lines.push(line) });
  for (const expected of [1, 2]) {
    const running = child.identity;
    if (!running) throw new Error('not running');
    process.kill(running.pid, 'SIGKILL');
    await eventually(() => restarts === expected);
  }
  expect(lines).toEqual(['ended; starting it again in 0.5 s', 'ended; starting it again in 1 s']);
  const last = child.identity;
  await kept.stop();
  expect(last && isAlive(last)).toBe(false);
  expect(child.identity).toBeUndefined();
});

test('stopping in the middle of a restart leaves nothing running', async () => {
  const child = service(serving);
  await child.start();
  const pid = child.identity?.pid ?? 0;
  const kept = keepAlive({ service: child, onRestart: () => undefined, onTrouble: () => undefined });
  process.kill(pid, 'SIGKILL');
  await eventually(() => identifyProcess(pid) === undefined);
  await kept.stop();
  expect(child.identity).toBeUndefined();
});
