import type { ErrorCode } from '../errors/catalogue';
import { VolanteError } from '../errors/volante-error';

/** Why a promotion platform did not do what it was asked; each with whether asking again may help. */
const troubles = {
  unreachable: { retryable: true, code: 'VOL-502', fix: 'correct its address in volante.yaml, or wait' },
  busy: { retryable: true, code: 'VOL-502', fix: 'wait; it asks for fewer requests, or fails' },
  'key-refused': { retryable: false, code: 'VOL-506', fix: 'give the worker a key that may write promotions' },
  'not-understood': { retryable: false, code: 'VOL-506', fix: 'check the address in volante.yaml and its version' },
  refused: { retryable: false, code: 'VOL-506', fix: 'correct what the platform names' },
  unsupported: { retryable: false, code: 'VOL-506', fix: 'choose another discount, or the built-in platform' },
} as const satisfies Record<string, { retryable: boolean; code: ErrorCode; fix: string }>;

export type PromotionTrouble = keyof typeof troubles;

/** Holds neither key nor cause: clients' errors carry their requests with them. */
export class PromotionPlatformError extends VolanteError {
  readonly trouble: PromotionTrouble;
  readonly retryable: boolean;
  /** How long the platform asks to be left alone, where it says so. */
  readonly retryAfterMs?: number;

  constructor(trouble: PromotionTrouble, options: { message: string; retryAfterMs?: number }) {
    const { code, fix, retryable } = troubles[trouble];
    super(code, { message: options.message, fix });
    this.name = 'PromotionPlatformError';
    this.trouble = trouble;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** `instanceof` fails across realms (jest, bundles); the name decides. */
export function isPromotionPlatformError(error: unknown): error is PromotionPlatformError {
  return error instanceof Error && error.name === 'PromotionPlatformError' && 'trouble' in error;
}
