import type { ErrorCode } from '../errors/catalogue';
import { VolanteError } from '../errors/volante-error';

/** Why a flag platform did not do what it was asked; each with whether asking again may help, its code and its remedy. */
const troubles = {
  unreachable: {
    retryable: true,
    code: 'VOL-502',
    fix: 'start the flag server, or correct its address in volante.yaml',
  },
  busy: { retryable: true, code: 'VOL-502', fix: 'wait; when it stays, look at the log of the flag server' },
  'not-understood': {
    retryable: false,
    code: 'VOL-506',
    fix: 'check that the address in volante.yaml is that of the flag server itself, and its version',
  },
  'token-refused': {
    retryable: false,
    code: 'VOL-506',
    fix: 'give the worker an admin token that may change flags of this project and environment',
  },
  'no-project': { retryable: false, code: 'VOL-506', fix: 'correct `project` in volante.yaml, or make the project' },
  'no-environment': {
    retryable: false,
    code: 'VOL-506',
    fix: 'correct `environment` in volante.yaml, or add the environment to the project',
  },
  'foreign-flag': {
    retryable: false,
    code: 'VOL-506',
    fix: 'give the experiment another `flag`, or delete the old flag (and its archived copy) on the flag server',
  },
  'not-started': {
    retryable: false,
    code: 'VOL-506',
    fix: 'somebody has removed it on the flag server: begin a new run',
  },
  'switched-off': {
    retryable: false,
    code: 'VOL-506',
    fix: 'somebody has switched it off: switch it on there if visitors are to get it again',
  },
  refused: { retryable: false, code: 'VOL-506', fix: 'correct what the flag server names' },
} as const satisfies Record<string, { retryable: boolean; code: ErrorCode; fix: string }>;

export type FlagTrouble = keyof typeof troubles;

/** Holds neither token nor address credentials, and no cause: clients' errors carry their requests with them. */
export class FlagPlatformError extends VolanteError {
  readonly trouble: FlagTrouble;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** How long the server asks to be left alone, where it says so. */
  readonly retryAfterMs?: number;

  constructor(trouble: FlagTrouble, options: { message: string; retryAfterMs?: number }) {
    const { code, fix, retryable } = troubles[trouble];
    super(code, { message: options.message, fix });
    this.name = 'FlagPlatformError';
    this.trouble = trouble;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** `instanceof` fails across realms (jest, bundles); the name decides. */
export function isFlagPlatformError(error: unknown): error is FlagPlatformError {
  return error instanceof Error && error.name === 'FlagPlatformError' && 'trouble' in error;
}
