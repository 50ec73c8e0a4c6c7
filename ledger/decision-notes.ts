/** What people wrote when they decided. Histories hold the note's id only. */
import { randomUUID } from 'node:crypto';
import type { PersonId } from '../definition/resolved';
import type { Queryable } from './database';

export interface DecisionNote {
  id: string;
  gate: string;
  by: PersonId;
  note: string;
}

export async function writeDecisionNote(
  queryable: Queryable,
  entry: { runId: string; gate: string; by: PersonId; note: string },
): Promise<string> {
  const id = randomUUID();
  await queryable.query('insert into decision_notes (id, run_id, gate, by_person, note) values ($1, $2, $3, $4, $5)', [
    id,
    entry.runId,
    entry.gate,
    entry.by,
    entry.note,
  ]);
  return id;
}

export async function readDecisionNotes(queryable: Queryable, runId: string): Promise<DecisionNote[]> {
  const { rows } = await queryable.query<DecisionNote>(
    'select id, gate, by_person as by, note from decision_notes where run_id = $1 order by created_at',
    [runId],
  );
  return rows;
}
