/**
 * What a run is started with: the resolved campaign and the facts pinned to it. A running run never rereads files.
 * Types only (see resolved.ts).
 */
import type { Instant, PersonId, ResolvedCampaign, Sha256 } from './resolved';

/** How the delivery of a step is cut into work. Tests and benches make these small or large. */
export interface DeliveryTuning {
  /** Members claimed and accounted together; the unit a `pause` waits for at most. */
  batchSize: number;
  /** Members a page. */
  pageSize: number;
  /** Consecutive pages one activity works through, so that histories stay small. */
  pagesPerActivity: number;
  /** Page activities in flight for one shard. */
  window: number;
  /** Members a shard child. */
  shardSize: number;
  /** Activities after which a shard continues as new. */
  activitiesPerRun: number;
  /** A worker that is silent for this long is taken for dead. */
  heartbeatTimeoutMs: number;
}

/** Input of the `campaignRun` workflow; its size does not depend on the audience. */
export interface RunPlan {
  /** Version of this shape; the interpreter switches on it. */
  planVersion: 1;
  environment: string;
  campaign: ResolvedCampaign;
  revision: Sha256;
  gitCommit?: string;
  /** Hash of the plan that was applied; gates bind to the run's own plan hash, computed when the audience is frozen. */
  appliedPlanHash: Sha256;
  /** Who applied it. Excluded from gates unless they say otherwise. */
  appliedBy: PersonId;
  /** Last committer of the campaign's folder, where git knows one who is also a person of the workspace. */
  lastCommitter?: PersonId;
  appliedAt: Instant;
  tuning: DeliveryTuning;
}

/** What a changed file asks of a run under way; the ledger has the revision already. */
export interface AmendRequest {
  /** Revision that the run goes by as whoever asks knows it; another one refuses the request as stale. */
  from: Sha256;
  /** Revision of the changed file. */
  revision: Sha256;
  gitCommit?: string;
  by: PersonId;
  lastCommitter?: PersonId;
  /** Hash of the plan that was applied. */
  appliedPlanHash: Sha256;
}
