import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
 * Campaign files that words on the command line mean: files, folders, or names of folders under campaigns/.
 * Without words, all of campaigns/. Sorted, each once.
 * @throws VolanteError VOL-101 for a word that means nothing
 */
export async function campaignFiles(
  context: Pick<CommandContext, 'settings' | 'cwd'>,
  words: readonly string[],
): Promise<string[]> {
  const home = join(context.settings().workspaceDir, 'campaigns');
  if (words.length === 0) return found('campaigns/', [home]);
  const files = words.flatMap((word) => found(word, [resolve(context.cwd, word), join(home, word)]));
  return [...new Set(files)].sort();
}

function found(word: string, places: readonly string[]): string[] {
  const files = places.map(filesAt).find((candidates) => candidates.length > 0);
  if (files) return files;
  throw new VolanteError('VOL-101', {
    message: `no campaign in ${word}`,
    fix: `name a file, or a folder that holds ${campaignFileNames[0]}`,
  });
}

function filesAt(place: string): string[] {
  return isFile(place) ? [place] : findCampaigns(place);
}

function isFile(place: string): boolean {
  try {
    return statSync(place).isFile();
  } catch {
    return false;
  }
}
