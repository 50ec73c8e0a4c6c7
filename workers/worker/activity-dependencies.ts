import { createCompiledEmails } from '../../activities/compiled-emails';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { Workspace } from '../../definition/workspace-types';
import { VolanteError } from '../../errors/volante-error';
import type { Database } from '../../ledger/database';
import { resolveSecret } from '../../platforms/secrets';
import type { MessageSender } from '../../platforms/sender';
import { createSmtpSender } from '../../platforms/smtp';
import type { Logger } from '../../telemetry/logger';
import type { Metrics } from '../../telemetry/metrics';

/** Everything activities need, opened once for this process. `close` ends the senders' connections. */
export function activityDependencies(options: {
  database: Database;
  workspace: Workspace;
  secretKey: string;
  gatewayUrl: string;
  metrics: Metrics;
  logger: Logger;
  env: NodeJS.ProcessEnv;
}): ActivityDependencies & { close(): Promise<void> } {
  const { database, workspace, env } = options;
  const senders = new Map<string, MessageSender>();
  return {
    ...options,
    emails: createCompiledEmails(database),
    senderOf(platform) {
      const sender = senders.get(platform) ?? openSender(workspace, platform, env);
      senders.set(platform, sender);
      return sender;
    },
    async close() {
      await Promise.all([...senders.values()].map((sender) => sender.close()));
    },
  };
}

function openSender(workspace: Workspace, platform: string, env: NodeJS.ProcessEnv): MessageSender {
  const config = workspace.platforms[platform];
  if (!config) throw new VolanteError('VOL-502', { message: `volante.yaml has no platform "${platform}".` });
  return createSmtpSender({
    platform,
    config: config.dkim
      ? { ...config, dkim: { ...config.dkim, privateKey: resolveSecret(config.dkim.privateKey, env) } }
      : config,
    url: resolveSecret(config.url, env),
  });
}
