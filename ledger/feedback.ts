/** What team and customers said about a run. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from './database';

export interface Feedback {
  at: Date;
  fromWhom: 'team' | 'customer';
  /** A person of the workspace, or nothing: customers are not named. */
  author?: string;
  /** 1 (bad) to 5 (good). */
  score?: number;
  words: string;
}

export async function recordFeedback(queryable: Queryable, runNo: number, feedback: Feedback): Promise<string> {
  const id = randomUUID();
  await queryable.query(
    'insert into feedback (id, run_no, at, from_whom, author, score, words) values ($1, $2, $3, $4, $5, $6, $7)',
    [id, runNo, feedback.at, feedback.fromWhom, feedback.author ?? null, feedback.score ?? null, feedback.words],
  );
  return id;
}

export async function readFeedback(queryable: Queryable, runNo: number): Promise<(Feedback & { id: string })[]> {
  const { rows } = await queryable.query<Feedback & { id: string }>(
    `select id, at, from_whom as "fromWhom", author, score::int as score, words from feedback where run_no = $1 order by at, id`,
    [runNo],
  );
  return rows.map((row) => ({ ...row, author: row.author ?? undefined, score: row.score ?? undefined }));
}
