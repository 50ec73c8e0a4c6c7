/** RFC 6376 read again from the receiver's side, with nothing of the signer's code: says what is wrong, or nothing. */
import { createHash, createPublicKey, type KeyLike, verify } from 'node:crypto';

export function dkimFault(raw: Buffer, publicKey: KeyLike): string | undefined {
  const text = raw.toString('latin1');
  const cut = text.indexOf('\r\n\r\n');
  const fields: string[] = [];
  for (const line of text.slice(0, cut).split('\r\n')) {
    if (/^[ \t]/.test(line)) fields.push(`${fields.pop() ?? ''}\r\n${line}`);
    else fields.push(line);
  }
  const signature = fields.find((field) => /^dkim-signature:/i.test(field));
  if (!signature) return 'no signature';
  const tags = new Map(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag): [string, string] => {
        const equals = tag.indexOf('=');
        return [tag.slice(0, equals).trim(), tag.slice(equals + 1).replace(/\s/g, '')];
      }),
  );
  if (tags.get('c') !== 'relaxed/relaxed') return 'other canonicalization';
  const bodyLines = text
    .slice(cut + 4)
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (bodyLines.at(-1) === '') bodyLines.pop();
  const body = bodyLines.map((line) => `${line}\r\n`).join('');
  if (createHash('sha256').update(body, 'latin1').digest('base64') !== tags.get('bh')) return 'body hash differs';

  const left = fields.slice();
  let data = '';
  for (const name of (tags.get('h') ?? '').toLowerCase().split(':')) {
    const at = left.findLastIndex((field) => field.slice(0, field.indexOf(':')).trim().toLowerCase() === name);
    if (at === -1) continue;
    data += `${canonical(left[at] ?? '')}\r\n`;
    left.splice(at, 1);
  }
  data += canonical(signature.replace(/(;\s*b=)[^;]*$/, '$1'));
  const key = createPublicKey(publicKey);
  const signed = Buffer.from(data, 'latin1');
  const bytes = Buffer.from(tags.get('b') ?? '', 'base64');
  const ok =
    tags.get('a') === 'rsa-sha256'
      ? verify('sha256', signed, key, bytes)
      : verify(null, createHash('sha256').update(signed).digest(), key, bytes);
  return ok ? undefined : 'signature differs';
}

export function signedFields(raw: Buffer): string[] {
  return (/\bh=([^;]+);/.exec(raw.toString('latin1'))?.[1] ?? '').replace(/\s/g, '').toLowerCase().split(':');
}

function canonical(field: string): string {
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .split('\r\n')
    .join('')
    .split(/[ \t]+/)
    .join(' ')
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
}
