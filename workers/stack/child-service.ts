import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { VolanteError } from '../../errors/volante-error';
import { endProcess, identifyProcess, type ProcessIdentity } from '../binaries/process-identity';
import type { Service } from './service';

export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  logFile: () => string;
  /** Whether it serves; a throw means no. */
  healthy: () => Promise<boolean>;
  /** Longest time from start to service. Default one minute. */
  startLimitMs?: number;
  /** Longest time from SIGTERM to its end, before SIGKILL. Default 20 s. */
  stopGraceMs?: number;
  /** Told as soon as the process exists. */
  onSpawn?: (identity: ProcessIdentity) => void;
}

/**
 * A program in its own process group (Ctrl-C in a terminal reaches the supervisor alone), with its output in a log file
 * of its own (so that it can outlive us).
 */
export class ChildService implements Service {
  private running: { process: ChildProcess; identity: ProcessIdentity; ended: Promise<void> } | undefined;

  constructor(private readonly options: ChildOptions) {}

  get identity(): ProcessIdentity | undefined {
    return this.running?.identity;
  }

  get ended(): Promise<void> {
    return this.running?.ended ?? Promise.resolve();
  }

  async start(): Promise<void> {
    const { name, healthy } = this.options;
    const { running, logFile } = this.spawn();
    const deadline = performance.now() + (this.options.startLimitMs ?? 60_000);
    for (;;) {
      if (this.running !== running) {
        throw new VolanteError('VOL-503', { message: `${name} ended at its start: ${lastLine(logFile)} (${logFile})` });
      }
      if (await healthy().catch(() => false)) return;
      if (performance.now() > deadline) {
        await this.stop();
        throw new VolanteError('VOL-503', { message: `${name} does not answer: ${lastLine(logFile)} (${logFile})` });
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    await endProcess(running.identity, { graceMs: this.options.stopGraceMs ?? 20_000 });
    await running.ended;
  }

  private spawn(): { running: NonNullable<ChildService['running']>; logFile: string } {
    const logFile = this.options.logFile();
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(this.options.command, this.options.args, {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: this.options.cwd,
      env: this.options.env,
    });
    closeSync(log);
    const ended = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity) this.options.onSpawn?.(identity);
    const running = { process: child, identity: identity ?? { pid: child.pid ?? -1, startTime: '' }, ended };
    this.running = running;
    void ended.then(() => {
      if (this.running === running) this.running = undefined;
    });
    return { running, logFile };
  }
}

/** Health of anything with a web page: 200 within two seconds. */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.status === 200;
}

/** What a process said about its end: the message of its last log line, or the line of an uncaught error. */
function lastLine(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-40);
  const spoken = lines.filter((line) => line !== '' && !/^\s|^Node\.js v|^[{}]$/.test(line));
  const line = spoken.findLast((candidate) => candidate.includes('Error')) ?? spoken.at(-1);
  return line === undefined ? 'its log is empty' : messageOf(line);
}

function messageOf(line: string): string {
  try {
    const entry = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [entry.msg, entry.err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
