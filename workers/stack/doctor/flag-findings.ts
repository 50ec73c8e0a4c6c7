import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadWorkspace, workspaceFileName } from '../../../definition/load-workspace';
import type { Workspace } from '../../../definition/workspace-types';
import { isVolanteError } from '../../../errors/volante-error';
import { openFlagPlatform } from '../../../platforms/open-flag-platform';
import type { Settings } from '../../../settings/settings';
import { type Finding, healthy, inOneLine, unhealthy } from './finding';

/** Each flag platform of `volante.yaml`: whether it answers, takes our token, and has its project and environment. */
export async function flagFindings({ workspaceDir }: Settings, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (!existsSync(join(workspaceDir, workspaceFileName))) return [];
  const { workspace } = await loadWorkspace(workspaceDir);
  if (!workspace) return [];
  return Promise.all(Object.keys(workspace.flagPlatforms).map((platform) => flagFinding(workspace, platform, env)));
}

async function flagFinding(workspace: Workspace, platform: string, env: NodeJS.ProcessEnv): Promise<Finding> {
  const name = `flags (${platform})`;
  const config = workspace.flagPlatforms[platform];
  if (!config) return unhealthy(name, 'volante.yaml does not name it', 'correct the platform in volante.yaml');
  const { project, environment } = config;
  try {
    const { server } = await openFlagPlatform({ workspace, platform, env }).check();
    return healthy(name, `${server}, project ${project}, environment ${environment}`);
  } catch (error) {
    // Only campaigns with web experiments need it: a machine without them has nothing to mend.
    if (isVolanteError(error) && error.code === 'VOL-505' && !isSet(config.url, env))
      return healthy(name, `not set up here: ${inOneLine(error)}`);
    const fix = isVolanteError(error) ? error.fix : 'correct the platform in volante.yaml';
    return unhealthy(name, inOneLine(error), fix);
  }
}

function isSet(url: string, env: NodeJS.ProcessEnv): boolean {
  const [, variable] = /^env:\/\/(.+)$/.exec(url) ?? [];
  return variable === undefined || (env[variable] ?? '') !== '';
}
