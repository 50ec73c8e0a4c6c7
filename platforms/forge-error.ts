import type { ErrorCode } from '../errors/catalogue';
import { VolanteError } from '../errors/volante-error';

/** Why a forge did not show what it was asked to; each with whether asking again may help. */
const troubles = {
  unreachable: { retryable: true, code: 'VOL-502', fix: 'correct the address of its API, or wait' },
  busy: { retryable: true, code: 'VOL-502', fix: 'wait; it asks for fewer requests, or fails' },
  'key-refused': {
    retryable: false,
    code: 'VOL-506',
    fix: 'give a token that may write commit statuses and comments of this repository',
  },
  'not-there': {
    retryable: false,
    code: 'VOL-506',
    fix: 'check repository, commit and pull request, and that the token may see them',
  },
  'not-understood': { retryable: false, code: 'VOL-506', fix: 'check the address of its API and its version' },
  refused: { retryable: false, code: 'VOL-506', fix: 'correct what the forge names' },
} as const satisfies Record<string, { retryable: boolean; code: ErrorCode; fix: string }>;

export type ForgeTrouble = keyof typeof troubles;

/** Holds neither token nor cause: clients' errors carry their requests with them. */
export class ForgeError extends VolanteError {
  readonly trouble: ForgeTrouble;
  readonly retryable: boolean;
  /** How long the forge asks to be left alone, where it says so. */
  readonly retryAfterMs?: number;

  constructor(trouble: ForgeTrouble, options: { message: string; retryAfterMs?: number }) {
    const { code, fix, retryable } = troubles[trouble];
    super(code, { message: options.message, fix });
    this.name = 'ForgeError';
    this.trouble = trouble;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** `instanceof` fails across realms (jest, bundles); the name decides. */
export function isForgeError(error: unknown): error is ForgeError {
  return error instanceof Error && error.name === 'ForgeError' && 'trouble' in error;
}
