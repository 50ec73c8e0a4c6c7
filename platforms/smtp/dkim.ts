/**
 * DKIM signatures (RFC 6376), rsa-sha256 or ed25519-sha256 (RFC 8463), relaxed/relaxed, over the finished message.
 * Our own because the library's leaves a message unsigned without a word when the key does not fit, and does not sign
 * List-Unsubscribe-Post.
 */
import { createHash, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { VolanteError } from '../../errors/volante-error';

export type Sign = (raw: Buffer) => Promise<Buffer>;

/** In this order where present. From is listed twice, so that nobody can add a second one. */
const signedFields = [
  'from',
  'from',
  'reply-to',
  'to',
  'subject',
  'message-id',
  'date',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-id',
  'feedback-id',
  'mime-version',
  'content-type',
];

const signAsync = promisify<string | null, Buffer, KeyObject, Buffer>(signBytes);

/** Throws `VolanteError` VOL-505 where the key is not a PEM private key of a kind that DKIM knows. */
export function createSigner(given: { domain: string; selector: string; privateKey: string }): Sign {
  const key = privateKeyOf(given);
  const isRsa = key.asymmetricKeyType === 'rsa';
  const algorithm = isRsa ? 'rsa-sha256' : 'ed25519-sha256';
  return async (raw) => {
    const text = raw.toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n') + 2;
    const fields = headerFields(text.slice(0, headEnd));
    const bodyHash = createHash('sha256')
      .update(relaxedBody(text.slice(headEnd + 2)), 'latin1')
      .digest('base64');
    const names = signedFields.filter((name) => fields.has(name));
    const unsigned =
      `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed; d=${given.domain};\r\n s=${given.selector};\r\n` +
      ` h=${names.join(':\r\n  ')};\r\n bh=${bodyHash};\r\n b=`;
    const once = new Set(names);
    const signed = [...once].map((name) => relaxedField(fields.get(name) ?? '')).join('');
    const data = Buffer.from(signed + relaxedField(unsigned).slice(0, -2), 'latin1');
    const signature = isRsa
      ? await signAsync('sha256', data, key)
      : await signAsync(null, createHash('sha256').update(data).digest(), key);
    const folded = signature.toString('base64').replace(/.{72}(?=.)/g, '$&\r\n ');
    return Buffer.concat([Buffer.from(`${unsigned}${folded}\r\n`, 'latin1'), raw]);
  };
}

function privateKeyOf({ domain, privateKey }: { domain: string; privateKey: string }): KeyObject {
  try {
    const key = createPrivateKey(privateKey.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Node's message may quote the key.
  }
  throw new VolanteError('VOL-505', {
    message: `the DKIM key for ${domain} is not an RSA or Ed25519 private key in PEM`,
    fix: 'set the secret to the whole PEM text',
  });
}

/** Last field of each name, as written, with its CRLF. */
function headerFields(head: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of head.split(/\r\n(?![ \t])/)) {
    const colon = field.indexOf(':');
    if (colon > 0) fields.set(field.slice(0, colon).trim().toLowerCase(), `${field}\r\n`);
  }
  return fields;
}

/** RFC 6376 §3.4.2. */
function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}\r\n`;
}

/** RFC 6376 §3.4.4. */
function relaxedBody(body: string): string {
  const lines = body
    .replace(/[ \t]+(?=\r\n|$)/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/(?:\r\n)+$/, '');
  return lines === '' ? '' : `${lines}\r\n`;
}
