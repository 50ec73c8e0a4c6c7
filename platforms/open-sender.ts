import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { resolveSecret } from './secrets';
import type { MessageSender } from './sender';
import { createSmtpSender, type SmtpSenderOptions } from './smtp';

/** Opens the sender of a platform of the workspace, with its secrets resolved. @throws VolanteError VOL-502, VOL-505 */
export function openSender(options: {
  workspace: Workspace;
  platform: string;
  env: NodeJS.ProcessEnv;
  logger?: SmtpSenderOptions['logger'];
}): MessageSender {
  const { workspace, platform, env, logger } = options;
  const config = workspace.platforms[platform];
  if (!config) throw new VolanteError('VOL-502', { message: `volante.yaml has no platform "${platform}".` });
  return createSmtpSender({ platform, config, url: resolveSecret(config.url, env), env, logger });
}
