import { createCompiledEmails } from '../../activities/compiled-emails';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createMeasureOutside } from '../../activities/measure-outside';
import type { Workspace } from '../../definition/workspace-types';
import type { Database } from '../../ledger/database';
import type { FlagPlatform } from '../../platforms/flags';
import { openMetricSources } from '../../platforms/measuring';
import { openFlagPlatform } from '../../platforms/open-flag-platform';
import { openPromotionPlatform } from '../../platforms/open-promotion-platform';
import { openSender } from '../../platforms/open-sender';
import { openStoreCredit } from '../../platforms/open-store-credit';
import type { PromotionPlatform } from '../../platforms/promotions';
import type { MessageSender } from '../../platforms/sender';
import type { StoreCreditPlatform } from '../../platforms/store-credit';
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
  const { database, workspace, env, logger } = options;
  const sources = openMetricSources({ workspace, env });
  const senders = new Map<string, MessageSender>();
  const flagPlatforms = new Map<string, FlagPlatform>();
  const promotionPlatforms = new Map<string, PromotionPlatform>();
  const creditPlatforms = new Map<string, StoreCreditPlatform>();
  return {
    ...options,
    emails: createCompiledEmails(database),
    senderOf(platform) {
      const sender = senders.get(platform) ?? openSender({ workspace, platform, env, logger });
      senders.set(platform, sender);
      return sender;
    },
    flagsOf(platform) {
      const flags = flagPlatforms.get(platform) ?? openFlagPlatform({ workspace, platform, env, logger });
      flagPlatforms.set(platform, flags);
      return flags;
    },
    promotionsOf(platform) {
      const promotions = promotionPlatforms.get(platform) ?? openPromotionPlatform({ workspace, platform, env });
      promotionPlatforms.set(platform, promotions);
      return promotions;
    },
    creditsOf(platform) {
      const credits = creditPlatforms.get(platform) ?? openStoreCredit({ workspace, platform, env });
      creditPlatforms.set(platform, credits);
      return credits;
    },
    measureOutside: createMeasureOutside({ database, sources }),
    async close() {
      await Promise.all([sources.close(), ...[...senders.values()].map((sender) => sender.close())]);
    },
  };
}
