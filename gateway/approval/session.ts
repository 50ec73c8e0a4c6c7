/**
 * Who opened an approval link, for an hour: a signed cookie bound to the link's row, and form tokens bound to that cookie.
 * Nothing of the link's secret is in either.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const lifeSeconds = 3600;

export interface SessionKeeper {
  /** A new session for one link. @returns the Set-Cookie header */
  open(linkId: string, now: Date): string;
  /** The session that a Cookie header holds for a link; undefined for none, an old one, a forged one or two of them. */
  read(linkId: string, cookieHeader: string | undefined, now: Date): Session | undefined;
}

export interface Session {
  /** What a form must bring back: bound to this session, the link and the plan that was shown. */
  formToken(planHash: string): string;
  isFormToken(token: string, planHash: string): boolean;
}

export function createSessions({ secretKey, https }: { secretKey: string; https: boolean }): SessionKeeper {
  const key = Buffer.from(secretKey, 'hex');
  const sign = (purpose: string, ...parts: string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...parts]))
      .digest('base64url');
  const cookieName = (linkId: string) => `${https ? '__Host-' : ''}approval-${linkId}`;

  return {
    open(linkId, now) {
      const expires = String(Math.floor(now.getTime() / 1000) + lifeSeconds);
      const nonce = randomBytes(16).toString('base64url');
      const value = `${expires}.${nonce}.${sign('approval-session', linkId, expires, nonce)}`;
      const attributes = `Path=/; Max-Age=${lifeSeconds}; HttpOnly; SameSite=Lax${https ? '; Secure' : ''}`;
      return `${cookieName(linkId)}=${value}; ${attributes}`;
    },
    read(linkId, cookieHeader, now) {
      const value = onlyCookie(cookieHeader, cookieName(linkId));
      const [, expires, nonce, signature] =
        /^(\d{1,12})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(value ?? '') ?? [];
      if (!expires || !nonce || !signature) return undefined;
      if (!isSame(signature, sign('approval-session', linkId, expires, nonce))) return undefined;
      if (Number(expires) * 1000 <= now.getTime()) return undefined;
      const formToken = (planHash: string) => sign('approval-form', linkId, expires, nonce, planHash);
      return { formToken, isFormToken: (token, planHash) => isSame(token, formToken(planHash)) };
    },
  };
}

/** The value of the only cookie of that name: a second one is somebody else's attempt to be believed first. */
function onlyCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
