import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import type { FlagPlatform } from './flags';
import { resolveSecret } from './secrets';
import { createUnleashFlags, type UnleashFlagsOptions } from './unleash';

/** Opens a flag platform of the workspace, with its secrets resolved. @throws VolanteError VOL-102, VOL-502, VOL-505 */
export function openFlagPlatform(options: {
  workspace: Pick<Workspace, 'flagPlatforms'>;
  platform: string;
  env: NodeJS.ProcessEnv;
  logger?: UnleashFlagsOptions['logger'];
}): FlagPlatform {
  const { workspace, platform, env, logger } = options;
  const config = workspace.flagPlatforms[platform];
  if (!config) throw new VolanteError('VOL-502', { message: `volante.yaml has no flag platform "${platform}".` });
  return createUnleashFlags({
    platform,
    config: { ...config, url: resolveSecret(config.url, env), token: resolveSecret(config.token, env) },
    logger,
  });
}
