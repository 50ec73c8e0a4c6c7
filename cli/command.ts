/** What a verb of the command line is. To add one: a module in verbs/ that exports `command`, and a line in verbs.ts. */
import type { ExitCode } from '../errors/catalogue';
import type { Settings } from '../settings/settings';
import type { Terminal } from './terminal';

export interface CommandArgument {
  /** `<run>` required, `[path]` optional, `[paths...]` any number. */
  name: string;
  description: string;
}

export interface CommandOption {
  /** Such as `--full`, `-m, --message <text>`. */
  flags: string;
  description: string;
}

export interface CommandResult {
  /** `ok` when absent. */
  exitCode?: ExitCode;
  /** What the verb has to say, for people. Printed on stdout unless `--json` is given. */
  text?: string;
  /** The same for programs: the one document that `--json` prints. */
  json?: unknown;
  /** The command to run next, without `volante`; the last line people see. */
  next?: string;
}

export interface Command {
  summary: string;
  /** More than a line, for `volante help <verb>`. */
  description?: string;
  arguments?: readonly CommandArgument[];
  options?: readonly CommandOption[];
  examples?: readonly string[];
  /** The verb ends by itself, soon, when `signal` is aborted; otherwise Ctrl-C ends the process at once. */
  obeysSignal?: boolean;
  run(context: CommandContext): Promise<CommandResult>;
}

/** What a verb gets to work with: its words, its surroundings and its voice. */
export interface CommandContext {
  /** A single argument, by its position. */
  argument(index: number): string | undefined;
  /** An argument of any number of words, by its position. */
  words(index: number): string[];
  /** Is `--full` given? By the option's long name in camel case. */
  flag(name: string): boolean;
  /** The value of `--message <text>`. */
  option(name: string): string | undefined;
  json: boolean;
  env: NodeJS.ProcessEnv;
  /** Folder that paths on the command line and in messages are relative to. */
  cwd: string;
  terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  settings(): Settings;
  /** Who is acting: `--as <person>` or VOLANTE_ACTOR. @throws VolanteError VOL-201 */
  actor(): string;
  /** True when `--yes` is given or the person says so. @throws VolanteError VOL-200 where nobody can be asked */
  confirm(question: string): Promise<boolean>;
}

/** For verbs that act in somebody's name. */
export const asOption: CommandOption = {
  flags: '--as <person>',
  description: 'who you are: a key of `people` in volante.yaml (or VOLANTE_ACTOR)',
};

/** For verbs that ask before they act. */
export const yesOption: CommandOption = { flags: '-y, --yes', description: 'do not ask' };
