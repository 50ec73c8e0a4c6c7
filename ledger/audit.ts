/** The audit: who did what, when, with which numbers. Append-only and hash-chained by the database (see the migration). */
import { one, type Queryable } from './database';

export interface AuditFact {
  at: Date;
  runId?: string;
  /** Person id, or `volante` for what the run itself did. */
  actor: string;
  /** `<noun>.<past participle>`, such as `gate.decided`. */
  action: string;
  subject?: string;
  detail?: Record<string, unknown>;
  /** A fact written twice by a retry is one fact. */
  factKey?: string;
}

export interface AuditRow extends AuditFact {
  id: string;
}

/** What is there already is not looked for at the end of the chain, where everybody meets. */
export async function recordFact(queryable: Queryable, fact: AuditFact): Promise<void> {
  await queryable.query(
    `insert into audit (at, run_id, actor, action, subject, detail, fact_key, prev_hash, hash)
     select $1, $2, $3, $4, $5, $6::jsonb, $7, '', '' where not exists (select from audit where fact_key = $7)
         on conflict (fact_key) do nothing`,
    [
      fact.at,
      fact.runId ?? null,
      fact.actor,
      fact.action,
      fact.subject ?? null,
      JSON.stringify(fact.detail ?? {}),
      fact.factKey ?? null,
    ],
  );
}

export async function readFacts(queryable: Queryable, runId: string): Promise<AuditRow[]> {
  const { rows } = await queryable.query<AuditRow>(
    'select id, at, run_id as "runId", actor, action, subject, detail from audit where run_id = $1 order by id',
    [runId],
  );
  return rows;
}

/** Gates of a run whose approval holds for this very plan: given for it, or carried over from the plan before. */
export async function approvedGates(
  queryable: Queryable,
  { runId, planHash }: { runId: string; planHash: string },
): Promise<string[]> {
  const { rows } = await queryable.query<{ gate: string }>(
    `select distinct subject as gate from audit
      where run_id = $1 and action in ('gate.approved', 'gate.carried') and detail ->> 'planHash' = $2 and subject is not null
      order by 1`,
    [runId, planHash],
  );
  return rows.map(({ gate }) => gate);
}

/**
 * Recomputes the chain.
 * @returns how many rows there are and the first place where the chain breaks: the id of a row whose hash does not follow
 *   from its content and predecessor, or `end` when rows are missing after the last one
 */
export async function verifyAudit(queryable: Queryable): Promise<{ rows: number; brokenAt?: string }> {
  const chain = await one<{ rows: string; broken_at: string | null; is_whole: boolean }>(
    queryable,
    `with chain as (
       select id, hash, prev_hash, lag(hash, 1, '\\x00'::bytea) over (order by id) as before, audit_hash(a) as expected
         from audit a)
     select count(*) as rows, min(id) filter (where hash <> expected or prev_hash <> before) as broken_at,
            (select h.rows = count(chain.id) and h.hash = coalesce((select a.hash from audit a order by id desc limit 1), '\\x00')
               from audit_head h) as is_whole
       from chain`,
  );
  return { rows: Number(chain.rows), brokenAt: chain.broken_at ?? (chain.is_whole ? undefined : 'end') };
}
