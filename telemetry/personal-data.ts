import { createHmac } from 'node:crypto';

/**
 * Local part, `@`, domain with a dot and a top level of letters: loose on purpose, a false mask costs nothing. An escape
 * of JSON right before the address is not a part of it.
 */
const addressPattern =
  /(\\u[0-9a-f]{4}|\\.)?([^\s"\\<>()[\]@,;:]{1,320})@((?:[\p{L}\p{N}-]{1,63}\.)+[\p{L}-][\p{L}\p{N}-]{1,62})/giu;
const passwordPattern = /:\/\/[^\s/@"']{1,512}@/g;

/** `ana@shop.example` becomes `a***@shop.example`; what is no address becomes `***`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '***' : `${[...address][0] ?? ''}***@${address.slice(at + 1)}`;
}

/** Same address, same tag: lets log lines about one contact be put together without naming anybody. 12 hex digits. */
export function addressTag(address: string, secretKey: string): string {
  return createHmac('sha256', secretKey).update(address).digest('hex').slice(0, 12);
}

/** Masks every e-mail address and every password of a URL in a text that somebody else wrote. */
export function scrub(text: string): string {
  if (!text.includes('@')) return text;
  return text
    .replaceAll(passwordPattern, '://***@')
    .replaceAll(
      addressPattern,
      (_whole, before: string | undefined, local: string, domain: string) =>
        `${before ?? ''}${[...local][0] ?? ''}***@${domain}`,
    );
}
