/**
 * Every error code a person can meet, with its exit code and its standing remedy. Codes are never reused.
 * The reference page of errors is generated from this file.
 */

/** The command line's contract: what each exit code means, for every verb. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  changesPresent: 2,
  invalid: 3,
  needsInput: 4,
  refused: 5,
  stalePlan: 6,
  unreachable: 7,
  partial: 8,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface CatalogueEntry {
  title: string;
  exitCode: ExitCode;
  fix: string;
}

export const errorCatalogue = {
  'VOL-001': { title: 'bug', exitCode: exitCodes.bug, fix: 'report it with the command line and the log' },
  'VOL-100': { title: 'definition is invalid', exitCode: exitCodes.invalid, fix: 'correct the places named above' },
  'VOL-101': { title: 'file not found', exitCode: exitCodes.invalid, fix: 'check the path' },
  'VOL-102': { title: 'bad option or argument', exitCode: exitCodes.invalid, fix: 'see `volante help <command>`' },
  'VOL-103': {
    title: 'no such contact, run, step or gate',
    exitCode: exitCodes.invalid,
    fix: 'list what exists with `volante status`',
  },
  'VOL-104': {
    title: 'input file is not usable',
    exitCode: exitCodes.invalid,
    fix: 'correct the file and run the command again',
  },
  'VOL-200': {
    title: 'confirmation needed',
    exitCode: exitCodes.needsInput,
    fix: 'run it in a terminal or pass --yes',
  },
  'VOL-201': {
    title: 'actor needed',
    exitCode: exitCodes.needsInput,
    fix: 'say who you are: --as <person> or VOLANTE_ACTOR',
  },
  'VOL-300': { title: 'refused by policy', exitCode: exitCodes.refused, fix: 'ask somebody who may decide' },
  'VOL-301': {
    title: 'run does not accept this now',
    exitCode: exitCodes.refused,
    fix: 'look at `volante status <run>`',
  },
  'VOL-400': {
    title: 'plan is stale',
    exitCode: exitCodes.stalePlan,
    fix: 'run `volante plan` again and review what changed',
  },
  'VOL-500': {
    title: 'Temporal is unreachable',
    exitCode: exitCodes.unreachable,
    fix: 'run `volante doctor`; locally, `volante up`',
  },
  'VOL-501': {
    title: 'database is unreachable',
    exitCode: exitCodes.unreachable,
    fix: 'run `volante doctor`; locally, `volante up`',
  },
  'VOL-502': { title: 'platform is unreachable', exitCode: exitCodes.unreachable, fix: 'run `volante doctor`' },
  'VOL-503': { title: 'local stack cannot start', exitCode: exitCodes.unreachable, fix: 'run `volante doctor`' },
  'VOL-504': {
    title: 'no worker answers',
    exitCode: exitCodes.unreachable,
    fix: 'start one: `npm run worker`, locally `volante up`',
  },
  'VOL-505': {
    title: 'secret is not set',
    exitCode: exitCodes.unreachable,
    fix: 'set the environment variable that the reference names',
  },
  'VOL-506': {
    title: 'platform does not do what was asked',
    exitCode: exitCodes.unreachable,
    fix: 'do what it says, on the platform or in volante.yaml; then run `volante doctor`',
  },
  'VOL-600': {
    title: 'done in part',
    exitCode: exitCodes.partial,
    fix: 'see the items above; the command can be repeated',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
