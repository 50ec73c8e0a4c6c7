/** Where an SMTP server is and how its connection is protected, read from a URL. */
import { VolanteError } from '../../errors/volante-error';

export interface ServerAddress {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps`). */
  secure: boolean;
  /** STARTTLS: must succeed, is used when offered, or is not used. */
  startTls: 'required' | 'offered' | 'never';
  credentials?: { user: string; pass: string };
  /** What we call ourselves in EHLO. */
  name?: string;
}

/**
 * `smtp://user:password@host:port`, or `smtps://`; `?tls=required|offered|never` and `?name=` are understood. Without `tls`:
 * never on loopback, required where a password would travel, otherwise used when offered. Throws `VolanteError` VOL-102, which
 * does not repeat the URL.
 */
export function parseServerAddress(url: string, platform: string): ServerAddress {
  const refused = (what: string) =>
    new VolanteError('VOL-102', {
      message: `the SMTP address of platform ${platform} ${what}`,
      fix: 'write smtp://user:password@host:port',
    });
  if (!URL.canParse(url)) throw refused('is not a URL');
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  if (protocol !== 'smtp:' && protocol !== 'smtps:') throw refused('begins with neither smtp:// nor smtps://');
  if (hostname === '') throw refused('has no host');
  const secure = protocol === 'smtps:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const credentials =
    username === '' ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  const asked = searchParams.get('tls');
  if (asked !== null && asked !== 'required' && asked !== 'offered' && asked !== 'never') {
    throw refused('has a tls setting other than required, offered or never');
  }
  return {
    host,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    startTls: asked ?? (isLoopback(host) ? 'never' : credentials ? 'required' : 'offered'),
    credentials,
    name: searchParams.get('name') ?? undefined,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
