/** The audit: who did what, when, with which numbers. Append-only and hash-chained by the database (see the migration). */
import type { Queryable } from './database';

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

export async function recordFact(queryable: Queryable, fact: AuditFact): Promise<void> {
  await queryable.query(
    `insert into audit (at, run_id, actor, action, subject, detail, fact_key, prev_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7, '', '') on conflict (fact_key) do nothing`,
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

/** Recomputes the chain. @returns the id of the first row whose hash does not follow from its content and predecessor */
export async function verifyAudit(queryable: Queryable): Promise<{ rows: number; brokenAt?: string }> {
  const { rows } = await queryable.query<{ rows: string; broken_at: string | null }>(
    `with chain as (
       select id, hash, prev_hash, lag(hash, 1, '\\x00'::bytea) over (order by id) as before,
              sha256(prev_hash || convert_to(concat_ws('|', extract(epoch from at)::text, run_id, actor, action, subject,
                detail::text, fact_key), 'UTF8')) as expected
         from audit)
     select count(*) as rows, min(id) filter (where hash <> expected or prev_hash <> before) as broken_at from chain`,
  );
  return { rows: Number(rows[0]?.rows ?? 0), brokenAt: rows[0]?.broken_at ?? undefined };
}
