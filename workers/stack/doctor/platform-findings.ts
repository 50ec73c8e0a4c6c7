import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadWorkspace, workspaceFileName } from '../../../definition/load-workspace';
import type { Workspace } from '../../../definition/workspace-types';
import { isVolanteError } from '../../../errors/volante-error';
import { openFlagPlatform } from '../../../platforms/open-flag-platform';
import { openPromotionPlatform } from '../../../platforms/open-promotion-platform';
import { resolveSecret } from '../../../platforms/secrets';
import type { Settings } from '../../../settings/settings';
import { Mirror } from '../../../sync/git/mirror';
import { type Finding, healthy, inOneLine, unhealthy } from './finding';

/** Each flag and promotion platform, and each repository, of `volante.yaml`: whether it answers, and takes our token or key. */
export async function platformFindings({ workspaceDir }: Settings, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (!existsSync(join(workspaceDir, workspaceFileName))) return [];
  const { workspace } = await loadWorkspace(workspaceDir);
  if (!workspace) return [];
  const looks = [...flagLooks(workspace, env), ...promotionLooks(workspace, env), ...repositoryLooks(workspace, env)];
  return Promise.all(looks.map(find));
}

interface Look {
  name: string;
  /** Where the platform is, as volante.yaml says; absent where it is known. */
  url?: string;
  env: NodeJS.ProcessEnv;
  /** @returns what answered */
  ask(): Promise<string>;
}

/** A flag platform must also have the project and the environment. */
function flagLooks(workspace: Workspace, env: NodeJS.ProcessEnv): Look[] {
  return Object.entries(workspace.flagPlatforms).map(([platform, { url, project, environment }]) => ({
    name: `flags (${platform})`,
    url,
    env,
    ask: async () =>
      `${(await openFlagPlatform({ workspace, platform, env }).check()).server}, project ${project}, environment ${environment}`,
  }));
}

function promotionLooks(workspace: Workspace, env: NodeJS.ProcessEnv): Look[] {
  return Object.entries(workspace.promotionPlatforms ?? {}).map(([platform, { url }]) => ({
    name: `promotions (${platform})`,
    url,
    env,
    ask: async () => (await openPromotionPlatform({ workspace, platform, env }).check()).server,
  }));
}

/** Asks for the branch's commit; fetches nothing. */
function repositoryLooks(workspace: Workspace, env: NodeJS.ProcessEnv): Look[] {
  return Object.values(workspace.repositories ?? {}).map((repository) => ({
    name: `repository (${repository.id})`,
    url: repository.url,
    env,
    ask: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'volante-doctor-'));
      try {
        const secretOf = (reference: string) => resolveSecret(reference, env);
        const commit = await (await Mirror.open({ folder, repository, secretOf })).head();
        if (commit === undefined) throw new Error(`it has no branch ${repository.branch}`);
        return `${repository.branch} is at ${commit.slice(0, 12)}`;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  }));
}

async function find({ name, url, env, ask }: Look): Promise<Finding> {
  try {
    return healthy(name, await ask());
  } catch (error) {
    // Only campaigns that use it need it: a machine without them has nothing to mend.
    if (isVolanteError(error) && error.code === 'VOL-505' && url !== undefined && !isSet(url, env))
      return healthy(name, `not set up here: ${inOneLine(error)}`);
    const fix = isVolanteError(error) ? error.fix : 'correct it in volante.yaml';
    return unhealthy(name, inOneLine(error), fix);
  }
}

function isSet(reference: string, env: NodeJS.ProcessEnv): boolean {
  const [, variable] = /^env:\/\/(.+)$/.exec(reference) ?? [];
  return variable === undefined || (env[variable] ?? '') !== '';
}
