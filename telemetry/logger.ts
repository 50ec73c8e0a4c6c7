import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { scrub } from './personal-data';

export type { Logger } from 'pino';

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Keys that never reach a log, whatever their value. */
const secretKeys = ['password', 'authorization', 'cookie', 'token', 'secret', 'secretKey', 'html', 'text', 'subject'];

export interface LoggerOptions {
  /** Which process speaks: `worker`, `gateway`, `cli`, `stack`. */
  service: string;
  /** Default: LOG_LEVEL, else `info`. An unknown word means `info`. */
  level?: string;
  destination?: DestinationStream;
}

/**
 * JSON lines on standard error. Line breaks in values are escaped by JSON, so one event is one line. E-mail addresses
 * and URL passwords are masked in the finished line, wherever they came from.
 */
export function createLogger({ service, level = process.env.LOG_LEVEL ?? 'info', destination }: LoggerOptions): Logger {
  return pino(
    {
      level: levels.includes(level) ? (level as Level) : 'info',
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
      serializers: { err: describeError, error: describeError },
      hooks: { streamWrite: scrub },
    },
    destination ?? pino.destination(2),
  );
}

interface ErrorDescription {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorDescription;
}

/** Only what an error is; clients' errors carry requests, envelopes and rows with them. */
function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code: String(code) }),
    stack: error.stack,
    ...(error.cause === undefined || depth > 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
