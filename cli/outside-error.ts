import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { VolanteError } from '../errors/volante-error';

/** Errors of Node and PostgreSQL that mean: the database cannot be reached, or not as this user. */
const unreachable = new Set(
  'ECONNREFUSED ECONNRESET ENOTFOUND ETIMEDOUT EAI_AGAIN 57P01 57P03 53300 3D000 28000 28P01 08006'.split(' '),
);
const undefinedTable = '42P01';

/** gRPC: DEADLINE_EXCEEDED and UNAVAILABLE. */
const temporalIsAway = new Set([4, 14]);

/** What an error of the outside world means to people; undefined when it is none that we know. */
export function outsideError(error: unknown): VolanteError | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (unreachable.has(code)) {
    return new VolanteError('VOL-501', { message: `the database does not answer (${code})`, cause: error });
  }
  if (error instanceof ServiceError && isGrpcServiceError(error.cause) && temporalIsAway.has(error.cause.code)) {
    return new VolanteError('VOL-500', { message: 'Temporal does not answer any more.', cause: error });
  }
  if (code === undefinedTable) {
    return new VolanteError('VOL-501', {
      message: 'the database has no tables yet',
      fix: 'run `volante up`, or import people with `volante contacts import`',
      cause: error,
    });
  }
  return undefined;
}
