import type { AuthoredRepository } from '../schema/repositories';

/** `git@host:path`, as git reads it. */
const scpLike = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^:\s-][^\s]*$/;
const transports = ['https:', 'http:', 'ssh:', 'file:'];

/** Why git shall not be given this address; undefined when it may be. References are read where they are resolved. */
export function badGitAddress(url: string): { rule: 'WORK-711' | 'SEC-609'; message: string } | undefined {
  if (/^(?:env|secret):\/\//.test(url) || scpLike.test(url)) return undefined;
  if (url.startsWith('/') && !/[\s\0]/.test(url)) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !transports.includes(parsed.protocol) || (parsed.protocol !== 'file:' && parsed.hostname === ''))
    return { rule: 'WORK-711', message: 'this is no address that git fetches from' };
  if (parsed.password !== '') return { rule: 'SEC-609', message: 'a password stands here in clear text' };
  return undefined;
}

/** Secrets of a repository, with the path of each. */
export function secretsOf({ credentials, webhook, forge }: AuthoredRepository): { path: string[]; text: string }[] {
  return [
    { path: ['credentials', 'password'], text: credentials?.password },
    { path: ['credentials', 'sshKey'], text: credentials?.sshKey },
    { path: ['webhook', 'secret'], text: webhook?.secret },
    { path: ['forge', 'token'], text: forge?.token },
  ].flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
}
