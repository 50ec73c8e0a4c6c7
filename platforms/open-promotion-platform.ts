import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { createMedusaPromotions } from './medusa';
import type { PromotionPlatform } from './promotions';
import { resolveSecret } from './secrets';
import { createShopifyPromotions } from './shopify';
import { createStripePromotions } from './stripe';

/** Opens a promotion platform of the workspace, with its secrets resolved. @throws VolanteError VOL-502, VOL-505 */
export function openPromotionPlatform(options: {
  workspace: Pick<Workspace, 'promotionPlatforms'>;
  platform: string;
  env: NodeJS.ProcessEnv;
}): PromotionPlatform {
  const { workspace, platform, env } = options;
  const config = workspace.promotionPlatforms?.[platform];
  if (!config) throw new VolanteError('VOL-502', { message: `volante.yaml has no promotion platform "${platform}".` });
  const url = resolveSecret(config.url, env);
  if (config.kind === 'stripe') return createStripePromotions({ platform, url, key: resolveSecret(config.key, env) });
  const token = resolveSecret(config.token, env);
  if (config.kind === 'medusa') return createMedusaPromotions({ platform, url, token });
  return createShopifyPromotions({ platform, url, token });
}
