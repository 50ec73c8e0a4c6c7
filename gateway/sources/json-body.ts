/** Bodies of programs: JSON whose very bytes are kept, because they are what was signed. */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Read } from '../../ledger/event-fields';
import { isUnreachable } from '../../operations/unreachable';
import type { GatewayContext } from '../context';

const json = 'application/json';
const cloudEvents = ['application/cloudevents+json', 'application/cloudevents-batch+json'];

/** Takes JSON in this scope, and nothing else; whatever goes wrong is answered in JSON, for programs read these answers. */
export function takeJson(app: FastifyInstance, { logger }: GatewayContext, asCloudEvents = false): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    asCloudEvents ? [json, ...cloudEvents] : json,
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (isUnreachable(error))
      return reply.code(503).header('retry-after', '60').send({ error: 'not available for now; post it again' });
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: faultOf(status, request) });
    logger.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return reply.code(500).send({ error: 'something went wrong here; post it again' });
  });

  function faultOf(status: number, { routeOptions }: FastifyRequest): string {
    if (status === 413) return `more than ${routeOptions.bodyLimit} bytes`;
    if (status === 415) return `the body must be ${json}${asCloudEvents ? ', or CloudEvents as JSON' : ''}`;
    return 'the request cannot be read';
  }
}

/** The body as it came; empty when there was none. */
export function bytesOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

export function parseJson(body: Buffer): Read<unknown> {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown };
  } catch {
    return { reason: 'the body is no JSON in UTF-8' };
  }
}

/** A body of the given shape. @returns why it is none, without repeating what it says */
export function readShape<T>(body: Buffer, schema: z.ZodType<T>): Read<T> {
  const parsed = parseJson(body);
  if ('reason' in parsed) return parsed;
  const shaped = schema.safeParse(parsed.value);
  if (shaped.success) return { value: shaped.data };
  const [issue] = shaped.error.issues;
  return {
    reason: unknownFields(issue) ?? `${issue?.path.join('.') || 'the body'}: is missing, or not as it should be`,
  };
}

/** Names fields that nobody asked for, where that is what is wrong; never a value, which may be personal. */
export function unknownFields(issue: z.core.$ZodIssue | undefined): string | undefined {
  if (issue?.code !== 'unrecognized_keys') return undefined;
  return `there is no field ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
}

/** Header `Idempotency-Key`: what a source calls one change, however often it asks for it. */
export function idempotencyKeyOf({ headers }: FastifyRequest): Read<string> {
  const { 'idempotency-key': key } = headers;
  return typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)
    ? { value: key }
    : { reason: 'Idempotency-Key: is missing, or not 1 to 200 visible characters' };
}
