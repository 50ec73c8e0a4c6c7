/**
 * The opaque part of a tracked link: names a delivery and cannot be guessed or altered (HMAC-SHA256, 128 bits kept). It says
 * nothing about the person and carries no address: where a link leads is looked up in the revision that was sent.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface TrackedDelivery {
  runNo: number;
  /** Of the step's id: `stepMark`. */
  stepMark: string;
  seq: number;
}

/** What stands for a step in a link; ids of steps may say more than their readers should know. */
export function stepMark(step: string): string {
  return createHash('sha256').update(step).digest('base64url').slice(0, 6);
}

export function clickToken({ runNo, stepMark: mark, seq }: TrackedDelivery, key: string): string {
  const subject = `${runNo.toString(36)}.${mark}.${seq.toString(36)}`;
  return `${subject}.${mac(subject, key)}`;
}

/** @returns undefined for anything that this key did not sign */
export function readClickToken(token: string, key: string): TrackedDelivery | undefined {
  const [, run, mark, seq, signature] =
    /^([0-9a-z]{1,6})\.([A-Za-z0-9_-]{6})\.([0-9a-z]{1,6})\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
  if (run === undefined || mark === undefined || seq === undefined || signature === undefined) return undefined;
  const expected = mac(`${run}.${mark}.${seq}`, key);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return undefined;
  return { runNo: Number.parseInt(run, 36), stepMark: mark, seq: Number.parseInt(seq, 36) };
}

function mac(subject: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`click:${subject}`).digest('base64url').slice(0, 22);
}
