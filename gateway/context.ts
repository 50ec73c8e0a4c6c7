import type { Client } from '@temporalio/client';
import type { Workspace } from '../definition/workspace-types';
import type { Database } from '../ledger/database';
import type { Logger } from '../telemetry/logger';
import type { Metrics } from '../telemetry/metrics';

/** Requests of one address (IPv6: one /64) within a minute; more are answered with 429. */
export interface GatewayLimits {
  /** Links with a token that nobody issued. Valid unsubscribe links are never limited: mail providers click for many. */
  forgedTokens: number;
  /** Openings of approval links. */
  approvalLinks: number;
  /** Approval pages and the parts they show. */
  approvalPages: number;
  /** Decisions sent. */
  decisions: number;
  /** Requests with events, of one source. */
  eventRequests: number;
  /** Events that may wait to be acted on; while as many do, no more are taken. Not a matter of addresses or minutes. */
  waitingEvents: number;
}

export const standardLimits: GatewayLimits = {
  forgedTokens: 30,
  approvalLinks: 60,
  approvalPages: 240,
  decisions: 30,
  eventRequests: 60_000,
  waitingEvents: 500_000,
};

/** What every part of the gateway is given. */
export interface GatewayContext {
  database: Database;
  client: Client;
  /** `volante.yaml` as it is at this moment: who lost a role a minute ago has lost it here. Rejects when it is not valid. */
  workspace: () => Promise<Workspace>;
  /** Key of all HMACs, 32 bytes in hex. */
  secretKey: string;
  /** Where people reach this gateway, such as `https://mail.shop.example`; no path, no final slash. */
  baseUrl: string;
  /** The value behind a reference such as `secret://SHOP_EVENTS`. @throws VolanteError VOL-505 */
  secretOf: (reference: string) => string;
  logger: Logger;
  metrics: Metrics;
  limits: GatewayLimits;
}
