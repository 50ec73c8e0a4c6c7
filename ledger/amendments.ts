/** Amendments: what a run went by before and after each change of its file. */
import type { AmendedChange } from '../definition/amendment';
import type { Instant, Money, PersonId, Sha256 } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

/** Values of definitions stay with their revisions. */
export type RecordedChange = Pick<AmendedChange, 'path' | 'kind' | 'rule' | 'effect'>;

export interface AmendmentRow {
  runNo: number;
  no: number;
  at: Date;
  by: PersonId;
  gitCommit: string | null;
  fromRevision: Sha256;
  askedRevision: Sha256;
  revision: Sha256;
  fromPlanHash: Sha256;
  planHash: Sha256;
  changes: RecordedChange[];
  voids: string[];
  withdrawn: string[];
}

const columns = `run_no as "runNo", no, at, by_person as "by", git_commit as "gitCommit", from_revision as "fromRevision",
  asked_revision as "askedRevision", revision, from_plan_hash as "fromPlanHash", plan_hash as "planHash", changes, voids, withdrawn`;

/** All amendments of a run, in order. */
export async function readAmendments(queryable: Queryable, runNo: number): Promise<AmendmentRow[]> {
  const { rows } = await queryable.query<AmendmentRow>(
    `select ${columns} from amendments where run_no = $1 order by no`,
    [runNo],
  );
  return rows;
}

/** Every revision that a run has gone by, in no order. */
export async function revisionsOfRun(queryable: Queryable, runNo: number): Promise<Sha256[]> {
  const { rows } = await queryable.query<{ revision: Sha256 }>(
    `select revision from runs where no = $1
      union select revision from amendments where run_no = $1
      union select from_revision from amendments where run_no = $1`,
    [runNo],
  );
  return rows.map(({ revision }) => revision);
}

export async function findAmendment(
  queryable: Queryable,
  { runNo, no }: { runNo: number; no: number },
): Promise<AmendmentRow | undefined> {
  return maybeOne<AmendmentRow>(queryable, `select ${columns} from amendments where run_no = $1 and no = $2`, [
    runNo,
    no,
  ]);
}

export interface NewAmendment extends Omit<AmendmentRow, 'at' | 'gitCommit'> {
  at: Instant;
  gitCommit?: string;
  /** Most that the run can cost from now on. */
  cost: Money[];
}

/** Writes an amendment and makes the run go by it. Dispatch that stands open is held until deliveries begin anew. */
export async function writeAmendment(queryable: Queryable, amendment: NewAmendment): Promise<void> {
  await queryable.query(
    `insert into amendments (run_no, no, at, by_person, git_commit, from_revision, asked_revision, revision,
                             from_plan_hash, plan_hash, changes, voids, withdrawn)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      amendment.runNo,
      amendment.no,
      amendment.at,
      amendment.by,
      amendment.gitCommit ?? null,
      amendment.fromRevision,
      amendment.askedRevision,
      amendment.revision,
      amendment.fromPlanHash,
      amendment.planHash,
      JSON.stringify(amendment.changes),
      amendment.voids,
      amendment.withdrawn,
    ],
  );
  await queryable.query(
    `update runs set revision = $2, plan_hash = $3, cost = $4,
                     dispatch = case when dispatch = 'open' then 'paused' else dispatch end
      where no = $1`,
    [amendment.runNo, amendment.revision, amendment.planHash, JSON.stringify(amendment.cost)],
  );
}
