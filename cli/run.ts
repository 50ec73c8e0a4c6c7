/** Runs one command line and returns its exit code. Knows no verb; knows how all of them speak, fail and end. */
import { Command as Commander, CommanderError, Option } from 'commander';
import { type ExitCode, errorCatalogue, exitCodes } from '../errors/catalogue';
import { VolanteError } from '../errors/volante-error';
import { dataDirectory, loadSettings, workspaceDirectory } from '../settings/settings';
import type { Command, CommandContext, CommandResult } from './command';
import { errorJson, errorText } from './error-text';
import { outsideError } from './outside-error';
import { keepStack } from './stack-log';
import { type Streams, Terminal } from './terminal';
import { type Verb, verbs } from './verbs';
import { readVersion } from './version';

export interface Invocation {
  /** Without node and script. */
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  streams: Streams;
  signal: AbortSignal;
}

interface Outcome {
  result: CommandResult;
  terminal: Terminal;
  json: boolean;
}

export async function run(invocation: Invocation): Promise<ExitCode> {
  const json = invocation.argv.includes('--json');
  const color = !invocation.argv.includes('--no-color');
  const terminal = new Terminal(invocation.streams, { env: invocation.env, color, json });
  try {
    const result = await dispatch(invocation, { terminal, json });
    return result ? conclude({ result, terminal, json }) : exitCodes.ok;
  } catch (error) {
    return fail(error, invocation, { terminal, json });
  }
}

/** Does this verb end by itself when it is interrupted? */
export function obeysSignal(argv: readonly string[]): boolean {
  return namedVerb(argv)?.load().command.obeysSignal ?? false;
}

function namedVerb(argv: readonly string[]): Verb | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  const name = words[0] === 'help' ? words[1] : words[0];
  return verbs.find((verb) => verb.name === name);
}

async function dispatch(
  invocation: Invocation,
  speech: { terminal: Terminal; json: boolean },
): Promise<CommandResult | undefined> {
  let result: CommandResult | undefined;
  const program = newProgram(invocation.streams);
  for (const verb of verbs) {
    const parser = program.command(verb.name).description(verb.summary);
    if (verb !== namedVerb(invocation.argv)) continue;
    const { command } = verb.load();
    describe(parser, command);
    parser.action(async () => {
      result = await command.run(contextOf(parser, { invocation, ...speech }));
    });
  }
  if (invocation.argv.length === 0) {
    invocation.streams.stdout.write(program.helpInformation());
    return undefined;
  }
  await program.parseAsync([...invocation.argv], { from: 'user' });
  return result;
}

function newProgram(streams: Streams): Commander {
  return withGlobalOptions(new Commander('volante'))
    .description('Launches marketing campaigns from files in git.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand('help [verb]', 'explain a verb')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => void streams.stdout.write(text), writeErr: () => undefined });
}

function withGlobalOptions(parser: Commander): Commander {
  return parser
    .addOption(new Option('--json', 'print one JSON document'))
    .addOption(new Option('--no-color', 'print without colour (also: NO_COLOR=1)'))
    .helpOption('-h, --help', 'explain');
}

function describe(parser: Commander, command: Command): void {
  parser.description(command.description ?? command.summary);
  for (const argument of command.arguments ?? []) parser.argument(argument.name, argument.description);
  for (const option of command.options ?? []) parser.option(option.flags, option.description);
  withGlobalOptions(parser);
  if (command.examples?.length) {
    parser.addHelpText(
      'after',
      `\nExamples:\n${command.examples.map((example) => `  $ volante ${example}`).join('\n')}`,
    );
  }
}

function contextOf(
  parser: Commander,
  { invocation, terminal, json }: { invocation: Invocation; terminal: Terminal; json: boolean },
): CommandContext {
  const { env, cwd, signal } = invocation;
  const options: Record<string, unknown> = parser.opts();
  const option = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  return {
    argument: (index) => textOf(parser.processedArgs[index]),
    words: (index) => [parser.processedArgs[index] ?? []].flat().map(String),
    flag: (name) => options[name] === true,
    option,
    json,
    env,
    cwd,
    terminal,
    signal,
    settings: () => loadSettings({ ...env, VOLANTE_WORKSPACE: env.VOLANTE_WORKSPACE ?? cwd }),
    actor: () => option('as') ?? env.VOLANTE_ACTOR ?? actorNeeded(),
    confirm: async (question) => {
      if (options.yes === true) return true;
      if (!terminal.interactive)
        throw new VolanteError('VOL-200', { message: `nobody can be asked here: ${question}` });
      return terminal.ask(question);
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function actorNeeded(): never {
  throw new VolanteError('VOL-201', { message: 'this is done in the name of a person' });
}

function conclude({ result, terminal, json }: Outcome): ExitCode {
  if (json) terminal.printJson(result.json ?? { ok: true });
  if (result.text) terminal.print(result.text);
  if (result.next) terminal.print(`Next: ${terminal.colors.bold(`volante ${result.next}`)}`);
  return result.exitCode ?? exitCodes.ok;
}

function fail(error: unknown, { env, cwd }: Invocation, { terminal, json }: Omit<Outcome, 'result'>): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  const known = error instanceof CommanderError ? usageError(error) : error;
  const place = { ...env, VOLANTE_WORKSPACE: env.VOLANTE_WORKSPACE ?? cwd };
  const shown = asVolanteError(known, () => keepStack(known, dataDirectory(place, workspaceDirectory(place))));
  if (json) terminal.printJson(errorJson(shown));
  else terminal.progress(errorText(shown, { colors: terminal.colors, cwd }));
  return errorCatalogue[shown.code].exitCode;
}

function usageError(error: CommanderError): VolanteError {
  return new VolanteError('VOL-102', {
    message: error.message
      .replace(/^error: /, '')
      .replaceAll('\n', ' ')
      .trim(),
  });
}

/** What is no error of ours is a bug: one line for people, the stack in a file. */
function asVolanteError(error: unknown, keep: () => string | undefined): VolanteError {
  if (error instanceof VolanteError) return error;
  const outside = outsideError(error);
  if (outside) return outside;
  const log = keep();
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : 'unknown';
  return new VolanteError('VOL-001', {
    message: `unexpected: ${message}`,
    ...(log ? { fix: `report it with the command line and ${log}` } : {}),
    cause: error,
  });
}
