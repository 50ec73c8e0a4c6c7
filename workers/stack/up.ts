import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { readStackFile, type StackFile } from '../../settings/settings';
import { scrub } from '../../telemetry/personal-data';
import { lockHolder, tryLock } from '../binaries/file-lock';
import { identifyProcess, isAlive, type ProcessIdentity } from '../binaries/process-identity';
import { RecordedProcesses } from './recorded-processes';
import { Stack } from './stack';
import type { StackFolder } from './stack-folder';

export interface UpOptions {
  folder: StackFolder;
  workspaceDir: string;
  env: NodeJS.ProcessEnv;
  detach: boolean;
  headless: boolean;
  infrastructure: boolean;
  json: boolean;
  progress: (line: string) => void;
}

/** Longest time from nothing to everything; compiling the Temporal server is the long part. */
const longestStartMs = 30 * 60_000;

/**
 * Brings the stack up. In the foreground until a signal, or in the background with `--detach`. When a stack is already
 * up on this data folder, says where, and is done.
 * @returns exit code
 */
export async function up(options: UpOptions): Promise<number> {
  const holder = lockHolder(options.folder.lockFile);
  if (holder) return joinRunning(options, holder);
  return options.detach ? startDetached(options) : runInForeground(options);
}

async function runInForeground(options: UpOptions): Promise<number> {
  const { folder, progress } = options;
  const lock = tryLock(folder.lockFile);
  if (!('release' in lock)) return joinRunning(options, lock);
  const stack = new Stack({ ...options, infrastructureOnly: options.infrastructure });
  const stopping = stopOnSignal(async () => {
    progress('stopping');
    await stack.stop();
    progress('stopped');
  }, folder);
  // With all servers given there may be nothing else to stay alive for.
  const awake = setInterval(() => undefined, 60_000);
  try {
    const first = await Promise.race([stack.start().catch((error: unknown) => failure(error)), stopping.begun]);
    if (first === undefined) {
      await stopping.done;
      return exitCodes.interrupted;
    }
    if ('error' in first) throw first.error;
    show(first, options);
    if (process.stdout.isTTY) progress('Ctrl-C stops it');
    await stopping.done;
    return exitCodes.ok;
  } finally {
    clearInterval(awake);
    lock.release();
  }
}

function failure(error: unknown): { error: unknown } {
  return { error };
}

/** On the first signal `begun` resolves and `stop` is called; `done` resolves after it. A second signal ends all by force. */
function stopOnSignal(
  stop: () => Promise<void>,
  folder: StackFolder,
): { begun: Promise<undefined>; done: Promise<void> } {
  const begun = new Promise<undefined>((resolve) => {
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals === 1) resolve(undefined);
      else void new RecordedProcesses(folder).endAll(0).then(() => process.exit(exitCodes.interrupted));
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
  return { begun, done: begun.then(stop) };
}

async function startDetached(options: UpOptions): Promise<number> {
  const { folder, progress } = options;
  const logFile = folder.logFile('supervisor');
  const log = openSync(logFile, 'a', 0o600);
  let read = statSync(logFile).size;
  const flags = [options.headless ? '--headless' : '', options.infrastructure ? '--infrastructure' : ''];
  const main = process.argv[1] ?? '';
  const child = spawn(process.execPath, [main, 'up', ...flags.filter(Boolean)], {
    stdio: ['ignore', 'ignore', log],
    detached: true,
    env: options.env,
  });
  closeSync(log);
  const identity = identifyProcess(child.pid ?? -1);
  if (!identity) throw new VolanteError('VOL-503', { message: 'the supervisor cannot be started' });
  child.unref();
  const echo = (): void => {
    const { text, end } = readFrom(logFile, read);
    read = end;
    for (const line of text.split('\n').filter(Boolean)) progress(line);
  };
  const stack = await untilUp({ folder, supervisor: identity, meanwhile: echo });
  if (!stack) {
    echo();
    throw new VolanteError('VOL-503', { message: `the stack did not start; its log is ${logFile}` });
  }
  show(stack, options);
  return exitCodes.ok;
}

async function joinRunning(options: UpOptions, holder: ProcessIdentity): Promise<number> {
  options.progress(`already up, or starting: process ${holder.pid}`);
  const stack = await untilUp({ folder: options.folder, supervisor: holder });
  if (!stack) throw new VolanteError('VOL-503', { message: `process ${holder.pid} ended before the stack was up` });
  show(stack, options);
  return exitCodes.ok;
}

/** The stack of that supervisor, or undefined when the supervisor has ended. */
async function untilUp(wait: {
  folder: StackFolder;
  supervisor: ProcessIdentity;
  meanwhile?: () => void;
}): Promise<StackFile | undefined> {
  const deadline = performance.now() + longestStartMs;
  while (isAlive(wait.supervisor)) {
    const stack = readStackFile(wait.folder.dataDir);
    wait.meanwhile?.();
    if (stack?.pid === wait.supervisor.pid) return stack;
    if (performance.now() > deadline) throw new VolanteError('VOL-503', { message: 'not up after half an hour' });
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return undefined;
}

function show(stack: StackFile, { folder, json }: UpOptions): void {
  if (json) {
    process.stdout.write(`${scrub(JSON.stringify(stack, undefined, 2))}\n`);
    return;
  }
  const rows: [string, string | undefined][] = [
    ['console', stack.gateway.url],
    ['mailbox', stack.mailbox?.url],
    ['Temporal UI', stack.temporal.uiUrl],
    ['Temporal', stack.temporal.address],
    ['database', scrub(stack.database.url)],
    ['SMTP', scrub(stack.smtp.url)],
    ['data', folder.dataDir],
  ];
  const lines = rows.filter(([, value]) => value).map(([name, value]) => `  ${name.padEnd(12)}${value}`);
  process.stdout.write(`Volante is up\n${lines.join('\n')}\n`);
}

function readFrom(file: string, start: number): { text: string; end: number } {
  const size = statSync(file).size;
  if (size <= start) return { text: '', end: start };
  const buffer = Buffer.alloc(size - start);
  const descriptor = openSync(file, 'r');
  try {
    const bytes = readSync(descriptor, buffer, 0, buffer.length, start);
    const whole = buffer.subarray(0, bytes).lastIndexOf(0x0a) + 1;
    return { text: buffer.toString('utf8', 0, whole), end: start + whole };
  } finally {
    closeSync(descriptor);
  }
}
