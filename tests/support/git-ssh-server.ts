/** A real SSH server on loopback that lets one key fetch from one repository, as forges do. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server, utils } from 'ssh2';

export interface GitSshServer {
  /** `ssh://git@127.0.0.1:<port>/shop.git`. */
  url: string;
  /** The private key that may log in. */
  key: string;
  /** A key that may not. */
  otherKey: string;
  /** Line of `known_hosts`. */
  knownHosts: string;
  stop(): Promise<void>;
}

/** @param keys a folder for the keys */
export async function gitSshServer({ folder, keys }: { folder: string; keys: string }): Promise<GitSshServer> {
  const keyOf = (name: string) => {
    const file = join(keys, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
    return { secret: readFileSync(file, 'utf8'), shown: readFileSync(`${file}.pub`, 'utf8').trim() };
  };
  const [host, allowed, other] = [keyOf('host'), keyOf('allowed'), keyOf('other')];
  const expected = utils.parseKey(allowed.shown);
  if (expected instanceof Error) throw expected;
  const server = new Server({ hostKeys: [host.secret] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (login) => {
      const isAllowed =
        login.method === 'publickey' &&
        login.username === 'git' &&
        login.key.data.equals(expected.getPublicSSH()) &&
        (!login.signature || !login.blob || expected.verify(login.blob, login.signature, login.hashAlgo) === true);
      if (isAllowed) login.accept();
      else login.reject(['publickey']);
    });
    client.on('session', (acceptSession) => {
      acceptSession().on('exec', (accept, reject, { command }) => {
        if (!/^git-upload-pack '\/?shop\.git'$/.test(command)) return reject();
        const channel = accept();
        const child = spawn('git', ['upload-pack', folder], { stdio: ['pipe', 'pipe', 'pipe'] });
        channel.pipe(child.stdin);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.stdin.on('error', () => undefined);
        child.on('close', (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [type, data] = host.shown.split(' ');
  return {
    url: `ssh://git@127.0.0.1:${port}/shop.git`,
    key: allowed.secret,
    otherKey: other.secret,
    knownHosts: `[127.0.0.1]:${port} ${type} ${data}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
