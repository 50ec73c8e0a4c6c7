/** Where a verb speaks: data on stdout, progress on stderr, colour only where somebody looks. */
import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';

export interface Streams {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

export type Colors = ReturnType<typeof pc.createColors>;

export class Terminal {
  readonly colors: Colors;
  /** Somebody can be asked: stdin, stdout and stderr are terminals, and this is no build server. */
  readonly interactive: boolean;

  constructor(
    private readonly streams: Streams,
    private readonly options: { env: NodeJS.ProcessEnv; color: boolean; json: boolean },
  ) {
    const { stdin, stdout, stderr } = streams;
    const { env, color } = options;
    this.interactive = Boolean(stdin.isTTY && stdout.isTTY && stderr.isTTY) && !env.CI;
    this.colors = pc.createColors(color && !env.NO_COLOR && Boolean(stdout.isTTY) && env.TERM !== 'dumb');
  }

  /** Data for people: stdout, and nothing when `--json` is given. */
  print(text: string): void {
    if (!this.options.json) this.streams.stdout.write(ended(text));
  }

  /** The one document of `--json`. */
  printJson(document: unknown): void {
    this.streams.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** What is going on: stderr, a line at a time. */
  progress(text: string): void {
    this.streams.stderr.write(ended(text));
  }

  /** Asks on stderr; yes only when the answer says so. */
  async ask(question: string): Promise<boolean> {
    const reader = createInterface({ input: this.streams.stdin, output: this.streams.stderr });
    try {
      return /^(?:y|yes|s|si|sí)$/i.test((await reader.question(`${question} [y/N] `)).trim());
    } finally {
      reader.close();
    }
  }
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
