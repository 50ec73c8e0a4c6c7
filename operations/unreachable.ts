import { isGrpcServiceError } from '@temporalio/client';
import { isVolanteError } from '../errors/volante-error';

const connectionFaults = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'];
/** PostgreSQL: shutting down, crashed, starting up, too many connections; and what a lost connection looks like. */
const databaseFaults = ['57P01', '57P02', '57P03', '53300', '08000', '08003', '08006'];

/** gRPC: cancelled, deadline exceeded, resource exhausted, unavailable. */
const temporalFaults = [1, 4, 8, 14];

/** A database or a Temporal server that is away for now. */
export function isUnreachable(error: unknown): boolean {
  if (isVolanteError(error)) return ['VOL-500', 'VOL-501', 'VOL-504'].includes(error.code);
  if (typeof error !== 'object' || error === null) return false;
  if (isGrpcServiceError(error)) return temporalFaults.includes(error.code);
  if ('cause' in error && isUnreachable(error.cause)) return true;
  const code = 'code' in error ? String(error.code) : '';
  if (connectionFaults.includes(code) || databaseFaults.includes(code)) return true;
  const message = 'message' in error ? String(error.message) : '';
  return /connection terminated|timeout exceeded when trying to connect/i.test(message);
}
