/** Where a repository is and how to log in, as git wants to know it. Secrets live in the environment of one call. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badGitAddress } from '../../definition/check/repository-checks';
import type { Repository } from '../../definition/workspace-types';
import { VolanteError } from '../../errors/volante-error';

export interface Remote {
  url: string;
  env: Record<string, string>;
}

/**
 * Lends the address and the credentials to `work`, and takes back what had to be written to disk.
 * @throws VolanteError VOL-505 when a secret is not set
 */
export async function withRemote<T>(
  { url, credentials = {} }: Pick<Repository, 'url' | 'credentials'>,
  secretOf: (reference: string) => string,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  const address = secretOf(url);
  const bad = badGitAddress(address);
  if (bad && bad.rule !== 'SEC-609') throw new VolanteError('VOL-505', { message: `The repository: ${bad.message}.` });
  const { password, sshKey, username = 'git', knownHosts } = credentials;
  if (sshKey !== undefined) return withKey({ key: secretOf(sshKey), knownHosts }, (env) => work({ url: address, env }));
  return work({ url: address, env: password === undefined ? {} : basicLogin(address, username, secretOf(password)) });
}

/** Sent to the origin of the address alone, also when it redirects. */
function basicLogin(address: string, username: string, password: string): Record<string, string> {
  const { origin } = new URL(address);
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  };
}

async function withKey<T>(
  { key, knownHosts = '' }: { key: string; knownHosts?: string },
  work: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'volante-ssh-'));
  try {
    const [keyFile, hostsFile] = [join(folder, 'key'), join(folder, 'known_hosts')];
    await writeFile(keyFile, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600 });
    await writeFile(hostsFile, knownHosts.endsWith('\n') ? knownHosts : `${knownHosts}\n`);
    const words = ['ssh', '-F', '/dev/null', '-i', keyFile, ...sshOptions, '-o', `UserKnownHostsFile=${hostsFile}`];
    return await work({ GIT_SSH_COMMAND: words.join(' '), GIT_SSH_VARIANT: 'ssh' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const sshOptions = [
  '-o IdentitiesOnly=yes',
  '-o IdentityAgent=none',
  '-o BatchMode=yes',
  '-o StrictHostKeyChecking=yes',
  '-o GlobalKnownHostsFile=/dev/null',
  '-o ConnectTimeout=15',
];
