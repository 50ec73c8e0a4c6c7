import { createHash } from 'node:crypto';

/** `<...@domain>` of a delivery's key: the same for every attempt, and nobody can read the key from it. */
export function messageId(key: string, domain: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`;
}
