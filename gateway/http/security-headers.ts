/** What every answer tells the browser not to do. */
import type { FastifyReply } from 'fastify';

const pagePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * Of a message shown in a frame: nothing runs, submits, navigates or is loaded but pictures and fonts. Mails carry their
 * styles inside.
 */
const samplePolicy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src https: data:',
  'font-src https:',
  "form-action 'none'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
].join('; ');

const noDevices = [
  'camera',
  'display-capture',
  'geolocation',
  'microphone',
  'payment',
  'publickey-credentials-get',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

export function setSecurityHeaders(reply: FastifyReply, { https }: { https: boolean }): void {
  reply.headers({
    'content-security-policy': pagePolicy,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': noDevices,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    'x-robots-tag': 'noindex, nofollow',
    ...(https && { 'strict-transport-security': 'max-age=31536000' }),
  });
}

/** For the sample of a message, which our own page shows in a frame. */
export function setSampleHeaders(reply: FastifyReply): void {
  reply.headers({ 'content-security-policy': samplePolicy, 'x-frame-options': 'SAMEORIGIN' });
}
