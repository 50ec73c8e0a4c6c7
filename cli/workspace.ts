import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { findCampaigns } from '../definition/find-campaigns';
import { campaignFileNames } from '../definition/load-campaign';
import { loadWorkspace } from '../definition/load-workspace';
import type { Workspace } from '../definition/workspace-types';
import type { Problem } from '../errors/problem';
import { VolanteError } from '../errors/volante-error';
import type { CommandContext } from './command';

/**
 * The workspace that this command works in, and what is doubtful about it.
 * @throws VolanteError VOL-101 when there is none, VOL-100 when it is wrong
 */
export async function openWorkspace(
  context: Pick<CommandContext, 'settings' | 'cwd'>,
): Promise<{ workspace: Workspace; warnings: Problem[] }> {
  const { workspaceDir } = context.settings();
  const { workspace, problems, sourceFile } = await loadWorkspace(workspaceDir, { root: context.cwd });
  if (!workspace) throw new VolanteError('VOL-100', { message: `${sourceFile} is wrong`, problems });
  return { workspace, warnings: problems };
}

/**
 * Campaign files that words on the command line mean: files, folders, or ids of folders under campaigns/.
 * Without words, all of campaigns/. Sorted, each once.
 * @throws VolanteError VOL-101 for a word that means nothing
 */
export async function campaignFiles(
  context: Pick<CommandContext, 'settings' | 'cwd'>,
  words: readonly string[],
): Promise<string[]> {
  const home = join(context.settings().workspaceDir, 'campaigns');
  const places = words.length === 0 ? [home] : words.map((word) => resolve(context.cwd, word));
  const found = await Promise.all(places.map((place, index) => filesAt(place, join(home, words[index] ?? ''))));
  for (const [index, files] of found.entries()) {
    if (files.length > 0) continue;
    throw new VolanteError('VOL-101', {
      message: `no campaign in ${words[index] ?? 'campaigns/'}`,
      fix: `name a file, or a folder that holds ${campaignFileNames[0]}`,
    });
  }
  return [...new Set(found.flat())].sort();
}

async function filesAt(place: string, named: string): Promise<string[]> {
  const stats = await stat(place).catch(() => undefined);
  if (stats?.isFile()) return [place];
  const files = stats ? await findCampaigns(place) : [];
  return files.length === 0 && basename(place) === basename(named) ? findCampaigns(named) : files;
}
