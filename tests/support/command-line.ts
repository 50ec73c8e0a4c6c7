/** Runs the command line in this process and keeps what it says. */
import { PassThrough } from 'node:stream';
import { run } from '../../cli/run';

export interface Said {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** The document of `--json`. */
  json<T = Record<string, unknown>>(): T;
}

export async function volante(
  words: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; terminal?: { answer: string }; signal?: AbortSignal },
): Promise<Said> {
  const isTTY = options.terminal !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  if (options.terminal) stdin.end(`${options.terminal.answer}\n`);
  const exitCode = await run({
    argv: words,
    env: options.env ?? {},
    cwd: options.cwd,
    streams: { stdin, stdout, stderr },
    signal: options.signal ?? new AbortController().signal,
  });
  const heard = (stream: PassThrough) => String(stream.read() ?? '');
  const said = heard(stdout);
  return { exitCode, stdout: said, stderr: heard(stderr), json: <T>() => JSON.parse(said) as T };
}
