import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../../definition/workspace-types';
import { campaignFolders } from '../../sync/git/campaign-tree';
import { Mirror } from '../../sync/git/mirror';
import { GitError, runGit } from '../../sync/git/run-git';
import { type GitServer, gitServer } from '../support/git-server';
import { type GitSshServer, gitSshServer } from '../support/git-ssh-server';
import { campaignIn, WorkingCopy } from '../support/git-sync';
import { temporaryFolder } from '../support/temporary-folder';

const login = { username: 'git', password: 'a-token-that-nobody-guesses' };
const home = temporaryFolder('remotes');
let server: GitServer;
let ssh: GitSshServer;
let copy: WorkingCopy;
let commit: string;

beforeAll(async () => {
  server = await gitServer({ login });
  ssh = await gitSshServer({ folder: server.folder, keys: home.path });
  copy = WorkingCopy.of(server);
  commit = copy.commit(campaignIn('sale', { id: 'sale' }));
});

afterAll(async () => {
  await ssh?.stop();
  await server?.stop();
  copy?.remove();
  home.remove();
});

let mirrors = 0;

function mirror(more: Partial<Repository>, secrets: Record<string, string> = {}): Promise<Mirror> {
  mirrors += 1;
  const repository: Repository = {
    id: `shop-${mirrors}`,
    url: server.url,
    branch: 'main',
    path: 'campaigns',
    every: 60_000,
    actor: 'luis',
    onRemoval: 'keep',
    ...more,
  };
  return Mirror.open({ folder: home.path, repository, secretOf: (reference) => secrets[reference] ?? reference });
}

test('over HTTP with a token by reference; a wrong one is refused, and neither is ever said', async () => {
  const good = await mirror({ credentials: { password: 'secret://T' } }, { 'secret://T': login.password });
  expect(await good.head()).toBe(commit);
  await good.fetch(commit);
  expect(await campaignFolders(good, { commit, path: 'campaigns' })).toMatchObject([{ folder: 'campaigns/sale' }]);
  const bad = await mirror({ credentials: { password: 'secret://T' } }, { 'secret://T': 'wrong-token' });
  const error = await bad.head().catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(GitError);
  expect(String(error)).not.toMatch(/wrong-token|127\.0\.0\.1/);
});

test('over SSH with a key by reference, to a server that is known, and to no other', async () => {
  const { url, key, otherKey, knownHosts } = ssh;
  const secrets = { 'secret://K': key, 'secret://O': otherKey };
  const good = await mirror({ url, credentials: { sshKey: 'secret://K', knownHosts } }, secrets);
  expect(await good.head()).toBe(commit);
  await good.fetch(commit);
  expect(await campaignFolders(good, { commit, path: 'campaigns' })).toHaveLength(1);
  const stranger = await mirror({ url, credentials: { sshKey: 'secret://O', knownHosts } }, secrets);
  await expect(stranger.head()).rejects.toThrow(GitError);
  const unknown = await mirror({ url, credentials: { sshKey: 'secret://K' } }, secrets);
  await expect(unknown.head()).rejects.toThrow(/Host key verification failed|No .* host key/);
});

test('from a folder of the machine', async () => {
  const local = await mirror({ url: server.folder });
  expect(await local.head()).toBe(commit);
  await local.fetch(commit);
  expect(await local.lastHands(commit, 'campaigns/sale')).toEqual({
    author: 'luis@shop.example',
    committer: 'luis@shop.example',
  });
});

test('links, and campaigns outside the folder, are not there', async () => {
  symlinkSync('/etc/passwd', join(copy.folder, 'campaigns', 'sale', 'offer.txt'));
  const linked = copy.commit({ 'elsewhere/campaign.yaml': 'id: other' });
  const local = await mirror({ url: server.folder });
  await local.fetch(linked);
  const [folder, ...others] = await campaignFolders(local, { commit: linked, path: 'campaigns' });
  expect(others).toEqual([]);
  expect(folder?.files.map(({ path }) => path).sort()).toEqual(['campaign.yaml', 'offer.html']);
});

test('a history longer than was fetched is looked through before it counts as rewritten', async () => {
  const local = await mirror({ url: `file://${server.folder}` });
  const first = copy.git('rev-parse', 'HEAD');
  await local.fetch(first);
  let last = first;
  for (let n = 0; n < 60; n += 1) last = copy.commit({ 'README.md': String(n) });
  await local.fetch(last);
  expect(await local.descent(first, last)).toBe('forward');
  expect(await local.descent('1'.repeat(40), last)).toBe('rewritten');
}, 60_000);

test('what is no transport is refused, and a call that takes too long or says too much is ended', async () => {
  const evil = await mirror({ url: 'secret://U' }, { 'secret://U': 'ext::sh -c "touch /tmp/owned"' });
  await expect(evil.head()).rejects.toMatchObject({ code: 'VOL-505' });
  const { gitDir } = await mirror({ url: server.folder });
  await expect(runGit(['cat-file', '--batch'], { gitDir, timeoutMs: 1, input: 'x\n' })).rejects.toThrow(/too long/);
  await expect(runGit(['help', '--all'], { gitDir, maxBytes: 100 })).rejects.toThrow(/too much/);
});
