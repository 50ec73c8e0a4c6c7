/**
 * The opaque part of an unsubscribe link: names a contact and the run that mailed it, and cannot be guessed or altered
 * (HMAC-SHA256, 128 bits kept). It never expires, because an opt-out must work for as long as the mail exists (LEGAL-207).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface UnsubscribeLink {
  contactId: string;
  runNo: number;
}

export function unsubscribeToken({ contactId, runNo }: UnsubscribeLink, key: string): string {
  const subject = `${BigInt(contactId).toString(36)}.${runNo.toString(36)}`;
  return `${subject}.${mac(subject, key)}`;
}

/** @returns undefined for anything that this key did not sign */
export function readUnsubscribeToken(token: string, key: string): UnsubscribeLink | undefined {
  const [, contact, run, signature] = /^([0-9a-z]{1,13})\.([0-9a-z]{1,7})\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
  if (contact === undefined || run === undefined || signature === undefined) return undefined;
  const expected = mac(`${contact}.${run}`, key);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return undefined;
  const contactId = [...contact].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
  return { contactId: contactId.toString(), runNo: Number.parseInt(run, 36) };
}

function mac(subject: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update(`unsubscribe:${subject}`)
    .digest('base64url')
    .slice(0, 22);
}
