/**
 * Programs look into mail: scanners of mail servers, previews of chats, browsers that load ahead. What they do is kept, but
 * counts for nothing. Told apart by what they say of themselves, and by being quicker than people.
 */
import type { FastifyRequest } from 'fastify';
import { isbot } from 'isbot';

/** So many different links of one message within `burstMs` are a scanner's, not a reader's. */
export const burstLinks = 3;
export const burstMs = 1_000;

/** A request that says itself, or shows, that no person is behind it. */
export function saysItIsAProgram(request: FastifyRequest): boolean {
  const {
    'user-agent': agent,
    purpose,
    'sec-purpose': secPurpose,
    'x-moz': moz,
    'x-purpose': xPurpose,
  } = request.headers;
  const ahead = [purpose, secPurpose, moz, xPurpose].some((value) =>
    /prefetch|prerender|preview/i.test(String(value ?? '')),
  );
  return ahead || agent === undefined || agent.trim() === '' || isbot(agent);
}
