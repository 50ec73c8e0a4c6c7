import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type ExitCode, exitCodes } from '../errors/catalogue';
import { packageRoot } from '../settings/package-root';
import type { CommandContext, CommandResult } from './command';

/**
 * Runs the program of the local stack, which is a process of its own: it outlives the command line where it must, and
 * nothing else needs to load it. What it says is passed on; interrupting us interrupts it.
 */
export async function runStackProgram(context: CommandContext, words: string[]): Promise<CommandResult> {
  const program = join(packageRoot(), 'dist', 'workers', 'stack', 'main.js');
  const { workspaceDir } = context.settings();
  const child = spawn(process.execPath, [program, ...words, ...(context.json ? ['--json'] : [])], {
    // A group of its own: Ctrl-C in a terminal reaches us alone, and we hand it on once.
    detached: true,
    cwd: context.cwd,
    env: {
      ...context.env,
      VOLANTE_WORKSPACE: workspaceDir,
      ...(context.terminal.colors.isColorSupported ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const handOn = (): void => void child.kill('SIGTERM');
  context.signal.addEventListener('abort', handOn, { once: true });
  let document = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    document += text;
    context.terminal.print(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => context.terminal.progress(text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  context.signal.removeEventListener('abort', handOn);
  const exitCode = Object.values(exitCodes).find((known): known is ExitCode => known === status) ?? exitCodes.bug;
  return { exitCode, json: context.json ? parsed(document, exitCode) : undefined };
}

function parsed(document: string, exitCode: ExitCode): unknown {
  try {
    return JSON.parse(document);
  } catch {
    return { ok: exitCode === exitCodes.ok };
  }
}
