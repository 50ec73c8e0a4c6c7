/** Secrets that others share with us, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Shorter secrets could be guessed. */
const shortestSecret = 16;

/** A secret may hold several, separated by white space, while one takes the place of another. Too short ones do not count. */
export function liveSecrets(value: string): string[] {
  return value.split(/\s+/).filter((secret) => secret.length >= shortestSecret);
}

/** Whether a token is one of the secrets. */
export function isOneOf(secrets: readonly string[], token: string): boolean {
  return some(secrets, (secret) => timingSafeEqual(digest(token), digest(secret)));
}

/** Looks at all of them, so that the time taken does not tell which one it was. */
export function some<T>(list: readonly T[], holds: (each: T) => boolean): boolean {
  return list.filter(holds).length > 0;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
