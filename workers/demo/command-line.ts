/** The `volante` command as a person types it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../settings/package-root';

export interface VolanteCommand {
  /** Shows the command and what it says; throws when it fails. */
  run(...words: string[] | [{ mayExit: number[] }, ...string[]]): Promise<void>;
  /** Its `--json` document, without showing anything. */
  json<T>(...words: string[]): Promise<T>;
  quiet(...words: string[]): Promise<{ exitCode: number; stdout: string }>;
  show(words: string[]): void;
}

export function volanteCommand(): VolanteCommand {
  const program = join(packageRoot(), 'bin', 'volante.mjs');
  const execute = (words: string[], visible: boolean) =>
    new Promise<{ exitCode: number; stdout: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...words], {
        cwd: packageRoot(),
        stdio: ['ignore', visible ? 'inherit' : 'pipe', visible ? 'inherit' : 'pipe'],
      });
      const chunks: Buffer[] = [];
      const errors: Buffer[] = [];
      child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? 1, stdout: Buffer.concat(chunks).toString('utf8') }));
    });
  const show = (words: string[]) =>
    void process.stdout.write(
      `$ volante ${words.map((word) => (/\s/.test(word) ? JSON.stringify(word) : word)).join(' ')}\n`,
    );
  return {
    show,
    async run(...given) {
      const [first] = given;
      const options = typeof first === 'object' ? first : { mayExit: [] };
      const words = given.flatMap((word) => (typeof word === 'string' ? [word] : []));
      show(words);
      const { exitCode } = await execute(words, true);
      if (exitCode !== 0 && !options.mayExit.includes(exitCode))
        throw new Error(`volante ${words[0]} ended with ${exitCode}`);
    },
    async json<T>(...words: string[]) {
      const { exitCode, stdout } = await execute(words, false);
      if (exitCode !== 0) throw new Error(`volante ${words[0]} ended with ${exitCode}: ${stdout.slice(0, 500)}`);
      return JSON.parse(stdout) as T;
    },
    quiet: (...words) => execute(words, false),
  };
}

/** Asks again and again until it is so. */
export async function eventuallyTrue(
  condition: () => Promise<boolean>,
  options: { timeoutMs: number; everyMs?: number; what: string; signal?: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (options.signal?.aborted || performance.now() > deadline) throw new Error(`not in time: ${options.what}`);
    await new Promise((wake) => setTimeout(wake, options.everyMs ?? 250));
  }
}
