/** What the worker hands to the activities. Everything outside is behind one of these. */
import type { ArmStatistics } from '../decisions/evidence';
import type { ResolvedMetric } from '../definition/resolved-measuring';
import type { Workspace } from '../definition/workspace-types';
import type { CompiledEmail } from '../email/compiled';
import type { Database } from '../ledger/database';
import type { FlagPlatform } from '../platforms/flags';
import type { PromotionPlatform } from '../platforms/promotions';
import type { MessageSender } from '../platforms/sender';
import type { StoreCreditPlatform } from '../platforms/store-credit';
import type { Logger } from '../telemetry/logger';
import type { Metrics } from '../telemetry/metrics';
import type { RunRef } from './contract';

export interface ActivityDependencies {
  database: Database;
  workspace: Workspace;
  /** Key of HMACs that stand for addresses and links. */
  secretKey: string;
  /** Base of the links in mails: unsubscribe and approval pages. */
  gatewayUrl: string;
  /** The sender of a platform, opened once per process. Throws VolanteError when the workspace does not name it. */
  senderOf(platform: string): MessageSender;
  /** The flag platform of that name, opened once per process. Throws VolanteError when the workspace does not name it. */
  flagsOf(platform: string): FlagPlatform;
  /** The promotion platform of that name, opened once per process; not the built-in one. Throws VolanteError. */
  promotionsOf(platform: string): PromotionPlatform;
  /** The platform of that name that keeps store credit, opened once per process. Throws VolanteError. */
  creditsOf(platform: string): StoreCreditPlatform;
  /** The compiled message of a delivery step or arm, compiled once per revision and process. */
  emails: CompiledEmails;
  /** Measures a metric at its source outside. Throws MeasurementError. */
  measureOutside: MeasureOutside;
  metrics: Metrics;
  logger: Logger;
  /** In a simulation no time passes while an activity works: its clock is the workflow's alone. */
  standsStill?: boolean;
}

export type MeasureOutside = (request: {
  run: RunRef;
  step: string;
  metric: ResolvedMetric;
  now: Date;
}) => Promise<{ arms: Record<string, ArmStatistics>; watermark?: Date }>;

export interface CompiledEmails {
  /** Of one arm, where the step has arms. */
  get(revision: string, step: string, arm?: string): Promise<CompiledEmail>;
}
