/**
 * How a source proves that a request is its own: by an HMAC over the time and the raw body
 * (`Volante-Signature: t=<seconds>,v1=<hex>`, or the headers of Standard Webhooks), or by its secret as a bearer token. All
 * are compared in constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { isOneOf, some } from './secrets';

/** How far the clocks of a source and the gateway may differ; a signature is not accepted for longer. */
export const toleranceMs = 5 * 60_000;
export function signBody(body: Buffer, { secret, at }: { secret: string; at: Date }): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${mac(String(seconds), body, secret).toString('hex')}`;
}

export interface Proof {
  /** Header `Volante-Signature`. */
  signature?: string;
  /** Header `Authorization`. */
  authorization?: string;
  /** Headers of Standard Webhooks. */
  webhook?: { id: string; timestamp: string; signature: string };
}

/** What the headers of a request say; undefined where one is there twice. */
export function proofIn(headers: IncomingHttpHeaders): Proof | undefined {
  const { 'volante-signature': signature, authorization } = headers;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'] ?? '';
  const webhookSignature = headers['webhook-signature'] ?? '';
  if (Array.isArray(signature) || Array.isArray(id) || Array.isArray(timestamp) || Array.isArray(webhookSignature))
    return undefined;
  return {
    signature,
    authorization,
    ...(webhookSignature !== '' && { webhook: { id: id ?? '', timestamp, signature: webhookSignature } }),
  };
}

/** Whether one of the secrets signed this very body within the tolerance, or is the bearer token. A signature, once given, counts alone. */
export function isFromSource(
  body: Buffer,
  { proof, secrets, now }: { proof: Proof; secrets: string[]; now: Date },
): boolean {
  if (proof.webhook !== undefined) return isSignedWebhook(body, { ...proof.webhook, secrets });
  if (proof.signature !== undefined) return isSigned(body, { signature: proof.signature, secrets, now });
  const [, token] = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(proof.authorization ?? '') ?? [];
  return token !== undefined && isOneOf(secrets, token);
}

function isSigned(
  body: Buffer,
  { signature, secrets, now }: { signature: string; secrets: string[]; now: Date },
): boolean {
  const parts = signature.split(',', maxParts).map((part) => part.trim());
  const times = parts.flatMap((part) => /^t=(\d{1,12})$/.exec(part)?.[1] ?? []);
  const [seconds] = times;
  if (seconds === undefined || times.length > 1) return false;
  if (Math.abs(now.getTime() - Number(seconds) * 1000) > toleranceMs) return false;
  const given = parts.flatMap((part) => /^v1=([0-9a-f]{64})$/.exec(part)?.[1] ?? []);
  return some(secrets, (secret) => {
    const expected = mac(seconds, body, secret);
    return some(given, (each) => timingSafeEqual(Buffer.from(each, 'hex'), expected));
  });
}

/**
 * Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, not older or newer than five minutes. A secret is used as it is
 * written there (`whsec_` and base64), any other as its bytes.
 */
function isSignedWebhook(
  body: Buffer,
  { secrets, ...given }: { id: string; timestamp: string; signature: string; secrets: string[] },
): boolean {
  const headers = {
    'webhook-id': given.id,
    'webhook-timestamp': given.timestamp,
    'webhook-signature': given.signature,
  };
  return some(secrets, (secret) => {
    try {
      const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
      webhook.verify(body, headers, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}

const maxParts = 10;

function mac(seconds: string, body: Buffer, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}
