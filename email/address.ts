/**
 * The only way to an e-mail address: a parser stricter than RFC 5322 and RFC 5321, so that no program further down
 * (an SMTP client, a relay, a mail store) can read in it another recipient than we did.
 *
 * Refused on purpose, though the RFCs allow it: quoted local parts, comments and folding white space, display names and
 * lists, address literals (`[192.0.2.1]`), domains of one label, numeric top-level domains, local parts outside ASCII
 * (they need SMTPUTF8) and spellings of a domain that IDNA maps to another one (full-width letters, soft hyphens).
 */
import { domainToASCII, domainToUnicode } from 'node:url';

/** `local@domain`, ASCII, domain in lower case. Made by `parseAddress` only. */
export type EmailAddress = string & { readonly __brand: 'EmailAddress' };

/** Why a text is not an address; safe to show, never contains the text. */
export type AddressFault =
  | 'empty'
  | 'too long'
  | 'control character or white space'
  | 'not one @'
  | 'bad local part'
  | 'local part is longer than 64'
  | 'bad domain'
  | 'bad international domain';

export type ParsedAddress =
  | {
      ok: true;
      address: EmailAddress;
      /** As written; servers may treat it case-sensitively. */
      local: string;
      /** Lower case, A-labels (`xn--...`) where international. */
      domain: string;
      /** Normal form for uniqueness: the whole address in lower case. */
      key: string;
    }
  | { ok: false; reason: AddressFault };

/** RFC 5321 §4.5.3.1: a path has at most 256 octets including its angle brackets. */
const maxAddressLength = 254;
const maxLocalLength = 64;
const maxDomainLength = 253;

const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const unseen = /[\s\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u;

export function parseAddress(text: string): ParsedAddress {
  if (text.length === 0) return refused('empty');
  if (text.length > maxAddressLength) return refused('too long');
  if (unseen.test(text)) return refused('control character or white space');
  const at = text.indexOf('@');
  if (at === -1 || at !== text.lastIndexOf('@')) return refused('not one @');
  const local = text.slice(0, at);
  if (local.length > maxLocalLength) return refused('local part is longer than 64');
  if (!atoms.test(local)) return refused('bad local part');
  const domain = asciiDomain(text.slice(at + 1));
  if (domain === undefined) return refused('bad international domain');
  if (!isHostName(domain)) return refused('bad domain');
  const address = `${local}@${domain}`;
  if (address.length > maxAddressLength) return refused('too long');
  return { ok: true, address: address as EmailAddress, local, domain, key: address.toLowerCase() };
}

function refused(reason: AddressFault): ParsedAddress {
  return { ok: false, reason };
}

/** The domain in A-labels; undefined where its Unicode spelling is not the one that its A-labels stand for. */
function asciiDomain(domain: string): string | undefined {
  const lower = domain.toLowerCase();
  if (/^[\x21-\x7e]*$/.test(lower)) {
    const international = lower.split('.').some((part) => part.startsWith('xn--'));
    return international && domainToASCII(lower) !== lower ? undefined : lower;
  }
  if (/[\x00-\x2c/:-@[-`{-\x7f]/.test(lower)) return undefined;
  const ascii = domainToASCII(lower);
  return ascii !== '' && domainToUnicode(ascii) === lower.normalize('NFC') ? ascii : undefined;
}

function isHostName(domain: string): boolean {
  if (domain.length > maxDomainLength) return false;
  const labels = domain.split('.');
  const top = labels.at(-1) ?? '';
  return labels.length >= 2 && labels.every((part) => label.test(part)) && /[a-z]/.test(top);
}
