import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { createMedusaStoreCredit } from './medusa';
import { resolveSecret } from './secrets';
import type { StoreCreditPlatform } from './store-credit';

/** Opens a platform of the workspace that keeps store credit, with its secrets resolved. @throws VolanteError VOL-502, VOL-505 */
export function openStoreCredit(options: {
  workspace: Pick<Workspace, 'promotionPlatforms'>;
  platform: string;
  env: NodeJS.ProcessEnv;
}): StoreCreditPlatform {
  const { workspace, platform, env } = options;
  const config = workspace.promotionPlatforms?.[platform];
  if (config?.kind !== 'medusa')
    throw new VolanteError('VOL-502', {
      message: `volante.yaml has no platform "${platform}" that keeps store credit.`,
    });
  return createMedusaStoreCredit({
    platform,
    url: resolveSecret(config.url, env),
    token: resolveSecret(config.token, env),
  });
}
