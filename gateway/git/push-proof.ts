/**
 * How a forge proves that a push webhook is its own. GitHub: `X-Hub-Signature-256`; Gitea and Forgejo: `X-Gitea-Signature`,
 * `X-Forgejo-Signature`; all three an HMAC-SHA256 of the raw body in hex. GitLab sends the secret itself: `X-Gitlab-Token`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isOneOf, liveSecrets, some } from '../sources/secrets';

const signatureHeaders = ['x-hub-signature-256', 'x-gitea-signature', 'x-forgejo-signature'] as const;

/** @param secret one or, while one takes the place of another, several, separated by white space */
export function isFromForge(body: Buffer, headers: IncomingHttpHeaders, secret: string): boolean {
  const secrets = liveSecrets(secret);
  const given = signatureHeaders.map((name) => headers[name]).find((value) => value !== undefined);
  if (typeof given === 'string') return some(secrets, (each) => signs(body, given, each));
  const token = headers['x-gitlab-token'];
  return typeof token === 'string' && isOneOf(secrets, token);
}

function signs(body: Buffer, given: string, secret: string): boolean {
  const hex = /^(?:sha256=)?([0-9a-f]{64})$/.exec(given)?.[1];
  const expected = createHmac('sha256', secret).update(body).digest();
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), expected);
}

/** The branch that was pushed; undefined for anything that is no push to a branch. Of the body nothing else is believed. */
export function pushedBranch(body: unknown): string | undefined {
  const ref = typeof body === 'object' && body !== null && 'ref' in body ? body.ref : undefined;
  return typeof ref === 'string' && ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}
