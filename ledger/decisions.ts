/**
 * The book of decisions: each look at an experiment with its evidence and its judgement (the alpha ledger), and what was
 * done upon it, by the run or by a person. Append-only. A look that is in the book is never taken again.
 */
import type { CheckpointEvidence, Look } from '../decisions/evidence';
import type { CheckpointState, Judgement } from '../decisions/judgement';
import type { CheckpointAction } from '../definition/resolved-measuring';
import { type Database, maybeOne, type Queryable, transaction } from './database';
import type { StepRef } from './deliveries';

export interface DecisionRow extends StepRef {
  /** `<run id>:<step>/<checkpoint>#<look>`. */
  id: string;
  checkpoint: string;
  /** From 1, counted at this checkpoint. */
  look: number;
  epoch: string;
  at: Date;
  /** As acted upon; a judgement that came too late never passes. */
  state: CheckpointState;
  declared: CheckpointAction;
  evidence: CheckpointEvidence | Record<string, never>;
  judgement: Partial<Judgement>;
  method: string;
  revision: string;
  gitCommit?: string;
}

export interface DecisionActionRow {
  decisionId: string;
  at: Date;
  actor: string;
  /** A person put it in the place of what the file declares. */
  isOverride: boolean;
  /** With the id of the person's note, where there is one. */
  action: { do: string; noteId?: string; [detail: string]: unknown };
}

/**
 * Takes a look, once: of several at once, and of retries, all get the first one's row.
 * @param look computes the row from the looks that the same experiment and epoch had before; not called when it is there
 */
export async function takeLook(
  database: Database,
  key: StepRef & { id: string; epoch: string },
  look: (earlier: Look[]) => Promise<DecisionRow>,
): Promise<DecisionRow> {
  return transaction(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('volante look'), hashtext($1))`, [
      `${key.runNo}:${key.step}`,
    ]);
    const known = await readDecision(client, key.id);
    if (known) return known;
    const row = await look(await earlierLooks(client, key));
    await client.query(
      `insert into decisions (id, run_no, step, checkpoint, look, epoch, at, state, declared, fraction, evidence, judgement,
                              method, revision, git_commit)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        row.id,
        row.runNo,
        row.step,
        row.checkpoint,
        row.look,
        row.epoch,
        row.at,
        row.state,
        JSON.stringify(row.declared),
        row.judgement.look?.fraction ?? null,
        JSON.stringify(row.evidence),
        JSON.stringify(row.judgement),
        row.method,
        row.revision,
        row.gitCommit ?? null,
      ],
    );
    return row;
  });
}

/** Looks that spent alpha of this experiment in this epoch, oldest first. */
async function earlierLooks(queryable: Queryable, key: StepRef & { epoch: string }): Promise<Look[]> {
  const { rows } = await queryable.query<{ look: Look }>(
    `select judgement -> 'look' as look from decisions
      where run_no = $1 and step = $2 and epoch = $3 and judgement ? 'look' order by at, id`,
    [key.runNo, key.step, key.epoch],
  );
  return rows.map(({ look }) => look);
}

const columns = `d.id, d.run_no as "runNo", d.step, d.checkpoint, d.look::int as look, d.epoch, d.at, d.state, d.declared,
  d.evidence, d.judgement, d.method, d.revision, d.git_commit as "gitCommit"`;

export async function readDecision(queryable: Queryable, id: string): Promise<DecisionRow | undefined> {
  return maybeOne<DecisionRow>(queryable, `select ${columns} from decisions d where d.id = $1`, [id]);
}

/** Every decision of a run, in the order in which they were taken. */
export async function readDecisions(queryable: Queryable, runNo: number): Promise<DecisionRow[]> {
  const { rows } = await queryable.query<DecisionRow>(
    `select ${columns} from decisions d where d.run_no = $1 order by d.at, d.id`,
    [runNo],
  );
  return rows;
}

/** Records what was done; the same done twice by a retry is one row. */
export async function recordDecisionAction(
  queryable: Queryable,
  runNo: number,
  row: DecisionActionRow & { no: number },
): Promise<void> {
  await queryable.query(
    `insert into decision_actions (decision_id, no, run_no, at, actor, is_override, action)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (decision_id, no) do nothing`,
    [row.decisionId, row.no, runNo, row.at, row.actor, row.isOverride, JSON.stringify(row.action)],
  );
}

export async function readDecisionActions(queryable: Queryable, runNo: number): Promise<DecisionActionRow[]> {
  const { rows } = await queryable.query<DecisionActionRow>(
    `select decision_id as "decisionId", at, actor, is_override as "isOverride", action
       from decision_actions where run_no = $1 order by decision_id, no`,
    [runNo],
  );
  return rows;
}
