/**
 * A measurement that could not be taken: a currency that does not fit, a source that does not answer or answers nonsense.
 * Never the same as zero. The message is for people and holds no personal data.
 */
export class MeasurementError extends Error {
  /** Whether asking again may help: a source that is away comes back, data that do not fit stay as they are. */
  readonly mayPass: boolean;

  constructor(message: string, options: { mayPass: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'MeasurementError';
    this.mayPass = options.mayPass;
  }
}

/** `instanceof` fails across realms (jest, bundles); the name decides. */
export function isMeasurementError(error: unknown): error is MeasurementError {
  return error instanceof Error && error.name === 'MeasurementError' && 'mayPass' in error;
}
