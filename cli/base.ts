/** The campaigns of another commit, to compare with those of the folder. Nothing is checked out. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadOutcome } from '../definition/load-campaign';
import { loadCampaigns } from '../definition/load-campaigns';
import { loadWorkspace, workspaceFileName } from '../definition/load-workspace';
import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { campaignFolders, type GitObjects, writeCampaign } from '../sync/git/campaign-tree';
import { runGit } from '../sync/git/run-git';

const execute = promisify(execFile);

export interface Base {
  /** Where the branch of the base and ours part; the base itself where that is not known. */
  commit: string;
  /** Absent: the folder holds changes that are not committed. */
  head?: string;
  outcomes: LoadOutcome[];
}

/**
 * @param folder of `volante.yaml`, inside a git repository
 * @throws VolanteError VOL-102 where there is no such commit, or no repository
 */
export async function readBase(options: { folder: string; base: string; workspace: Workspace }): Promise<Base> {
  const { folder, base, workspace } = options;
  const git = async (...words: string[]) => (await execute('git', ['-C', folder, ...words])).stdout.trim();
  const place = await git('rev-parse', '--absolute-git-dir', '--show-prefix').catch(
    (error: Error & { stderr?: string }) =>
      refuse(
        `${folder} is in no git repository that can be read`,
        (error.stderr ?? error.message).trim().split('\n')[0],
      ),
  );
  const [gitDir = '', prefix = ''] = place.split('\n');
  const named = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`).catch(() =>
    refuse(`there is no commit "${base}" here`, 'fetch it first; in CI fetch the whole history (depth 0)'),
  );
  const commit = await git('merge-base', named, 'HEAD').catch(() => named);
  const changed = await git('status', '--porcelain', '--', 'campaigns', workspaceFileName);
  const head = changed === '' ? await git('rev-parse', 'HEAD') : undefined;
  const objects = {
    git: (words: string[], input?: string) => runGit(words, { gitDir, ...(input !== undefined && { input }) }),
  };
  const outcomes = await loadCommit(objects, { commit, prefix, workspace });
  return { commit, ...(head !== undefined && { head }), outcomes };
}

function refuse(message: string, fix?: string): never {
  throw new VolanteError('VOL-102', { message, ...(fix && { fix }) });
}

async function loadCommit(
  objects: GitObjects,
  { commit, prefix, workspace }: { commit: string; prefix: string; workspace: Workspace },
): Promise<LoadOutcome[]> {
  const copy = await mkdtemp(join(tmpdir(), 'volante-base-'));
  try {
    const files: string[] = [];
    for (const campaign of await campaignFolders(objects, { commit, path: `${prefix}campaigns` })) {
      await writeCampaign(objects, campaign, join(copy, campaign.folder.slice(prefix.length)));
      files.push(join(copy, campaign.file.slice(prefix.length)));
    }
    const own = await workspaceOf(objects, { commit, prefix, copy });
    return await loadCampaigns(files, { workspace: own ?? workspace, root: copy });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** @returns undefined where the commit has none that is valid */
async function workspaceOf(
  objects: GitObjects,
  { commit, prefix, copy }: { commit: string; prefix: string; copy: string },
): Promise<Workspace | undefined> {
  try {
    const content = await objects.git(['cat-file', 'blob', `${commit}:${prefix}${workspaceFileName}`]);
    await writeFile(join(copy, workspaceFileName), content, { flag: 'wx' });
    return (await loadWorkspace(copy)).workspace;
  } catch {
    return undefined;
  }
}
