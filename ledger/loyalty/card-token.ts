/**
 * The opaque part of the link to a member's card: names a program and a contact, and cannot be guessed or altered
 * (HMAC-SHA256, 128 bits kept). It never expires: whoever keeps the mail finds the card. The card shows points, never who.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface CardLink {
  program: string;
  contactId: string;
}

export function cardToken({ program, contactId }: CardLink, key: string): string {
  const subject = `${program}.${BigInt(contactId).toString(36)}`;
  return `${subject}.${mac(subject, key)}`;
}

/** @returns undefined for anything that this key did not sign */
export function readCardToken(token: string, key: string): CardLink | undefined {
  const [, program, contact, signature] =
    /^([a-z][a-z0-9-]{0,62})\.([0-9a-z]{1,13})\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
  if (program === undefined || contact === undefined || signature === undefined) return undefined;
  const expected = mac(`${program}.${contact}`, key);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return undefined;
  const contactId = [...contact].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
  return { program, contactId: contactId.toString() };
}

function mac(subject: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`card:${subject}`).digest('base64url').slice(0, 22);
}
