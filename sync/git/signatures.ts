import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '../../definition/workspace-types';
import type { Mirror } from './mirror';

/** Why a commit is not signed as the workspace asks; undefined when it is, or when it need not be. */
export async function signatureProblem(
  mirror: Mirror,
  commit: string,
  signatures: Repository['signatures'],
): Promise<string | undefined> {
  if (!signatures) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'volante-signers-'));
  try {
    const signers = join(folder, 'allowed_signers');
    await writeFile(signers, `${signatures.allowedSigners.join('\n')}\n`);
    const verify = async (verb: 'verify-commit' | 'verify-tag', name: string) =>
      mirror.git(['-c', `gpg.ssh.allowedSignersFile=${signers}`, '-c', 'gpg.minTrustLevel=fully', verb, name]).then(
        () => true,
        () => false,
      );
    if (signatures.of === 'commit')
      return (await verify('verify-commit', commit))
        ? undefined
        : `commit ${commit.slice(0, 12)} has no good signature`;
    for (const tag of await mirror.tagsOf(commit)) if (await verify('verify-tag', `refs/tags/${tag}`)) return undefined;
    return `no tag with a good signature is on commit ${commit.slice(0, 12)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
