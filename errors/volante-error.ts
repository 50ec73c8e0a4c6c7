import { type ErrorCode, type ExitCode, errorCatalogue } from './catalogue';
import type { Problem } from './problem';

/**
 * An error that a person will read: a stable code from the catalogue, what happened, and what to do.
 * Anything else that reaches the top of a process is a bug and is reported as one.
 */
export class VolanteError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    options: { message: string; fix?: string; problems?: readonly Problem[]; cause?: unknown },
  ) {
    super(options.message, { cause: options.cause });
    this.name = 'VolanteError';
    this.code = code;
    this.fix = options.fix ?? errorCatalogue[code].fix;
    this.problems = options.problems ?? [];
  }

  get exitCode(): ExitCode {
    return errorCatalogue[this.code].exitCode;
  }
}

/** `instanceof` fails across realms (jest, bundles); the code decides. */
export function isVolanteError(error: unknown): error is VolanteError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code in errorCatalogue;
}
