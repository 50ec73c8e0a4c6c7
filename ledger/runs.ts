/** Runs: one row an execution. The workflow id is the key people use; `no` is the short key other books use. */
import type { Instant, Money, PersonId, Sha256 } from '../definition/resolved';
import type { RunPhase } from '../definition/run-status';
import { maybeOne, one, type Queryable } from './database';

export interface RunRow {
  no: number;
  runId: string;
  campaignId: string;
  environment: string;
  revision: Sha256;
  appliedPlanHash: Sha256;
  appliedBy: PersonId;
  appliedAt: Date;
  planHash: Sha256 | null;
  audienceChecksum: Sha256 | null;
  members: number | null;
  cost: Money[];
  dispatch: 'open' | 'paused' | 'closed';
  phase: RunPhase;
  preparedAt: Date | null;
  finishedAt: Date | null;
}

const columns = `no, run_id as "runId", campaign_id as "campaignId", environment, revision, applied_plan_hash as "appliedPlanHash",
  applied_by as "appliedBy", applied_at as "appliedAt", plan_hash as "planHash", audience_checksum as "audienceChecksum", members, cost, dispatch, phase, prepared_at as "preparedAt", finished_at as "finishedAt"`;

/** Registers a run; registering it again answers the row that is there. */
export async function registerRun(
  queryable: Queryable,
  run: {
    runId: string;
    campaignId: string;
    environment: string;
    revision: Sha256;
    appliedPlanHash: Sha256;
    appliedBy: PersonId;
    appliedAt: Instant;
  },
): Promise<RunRow> {
  await queryable.query(
    `insert into runs (run_id, campaign_id, environment, revision, applied_plan_hash, applied_by, applied_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (run_id) do nothing`,
    [run.runId, run.campaignId, run.environment, run.revision, run.appliedPlanHash, run.appliedBy, run.appliedAt],
  );
  return one<RunRow>(queryable, `select ${columns} from runs where run_id = $1`, [run.runId]);
}

export async function findRun(queryable: Queryable, runId: string): Promise<RunRow | undefined> {
  return maybeOne<RunRow>(queryable, `select ${columns} from runs where run_id = $1`, [runId]);
}

/** Runs whose id begins with `campaign/<text>`, newest first. */
export async function findRuns(queryable: Queryable, text: string): Promise<RunRow[]> {
  const { rows } = await queryable.query<RunRow>(
    `select ${columns} from runs where run_id = $1 or campaign_id = $1 or starts_with(run_id, 'campaign/' || $1 || '/')
        or starts_with(run_id, 'campaign/' || $1) order by no desc`,
    [text],
  );
  return rows;
}

export async function listRuns(queryable: Queryable, limit = 50): Promise<RunRow[]> {
  const { rows } = await queryable.query<RunRow>(`select ${columns} from runs order by no desc limit $1`, [limit]);
  return rows;
}

export async function recordPrepared(
  queryable: Queryable,
  facts: {
    runNo: number;
    planHash: Sha256;
    audienceChecksum: Sha256;
    members: number;
    cost: Money[];
    now: Date;
  },
): Promise<void> {
  await queryable.query(
    `update runs set plan_hash = $2, audience_checksum = $3, members = $4, cost = $5, prepared_at = $6
      where no = $1`,
    [facts.runNo, facts.planHash, facts.audienceChecksum, facts.members, JSON.stringify(facts.cost), facts.now],
  );
}

/** The switch that every claim looks at: once this is committed, no new batch begins. */
/** Ids of runs of a campaign that began before another one and have not ended. */
export async function unfinishedBefore(
  queryable: Queryable,
  { campaignId, runNo }: { campaignId: string; runNo: number },
): Promise<string[]> {
  const { rows } = await queryable.query<{ run_id: string }>(
    'select run_id from runs where campaign_id = $1 and no < $2 and finished_at is null order by no',
    [campaignId, runNo],
  );
  return rows.map(({ run_id }) => run_id);
}

export async function setDispatch(queryable: Queryable, runNo: number, dispatch: RunRow['dispatch']): Promise<void> {
  await queryable.query('update runs set dispatch = $2 where no = $1', [runNo, dispatch]);
}

export async function setPhase(queryable: Queryable, runNo: number, phase: RunPhase, finishedAt?: Date): Promise<void> {
  await queryable.query('update runs set phase = $2, finished_at = coalesce($3, finished_at) where no = $1', [
    runNo,
    phase,
    finishedAt ?? null,
  ]);
}
