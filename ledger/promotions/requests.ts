/** Requests of shops, each answered once for ever: the same key with the same body gets the same answer. */
import { createHash } from 'node:crypto';
import { maybeOne, type Queryable } from '../database';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/**
 * Answers a request under its key, in the caller's transaction: what `answer` does and what it says are committed together. Two at once: the second waits
 * and says what the first said.
 * @returns `other-body` when the key was used for something else
 */
export async function answerOnce(
  client: Queryable,
  request: { source: string; key: string; body: Buffer },
  answer: (client: Queryable) => Promise<Answer>,
): Promise<Answer | 'other-body'> {
  const hash = createHash('sha256').update(request.body).digest();
  const taken = await client.query(
    'insert into redemption_requests (source, key, body_hash) values ($1, $2, $3) on conflict do nothing',
    [request.source, request.key, hash],
  );
  if (taken.rowCount === 0) {
    const earlier = await maybeOne<{ isSame: boolean; status: number; answer: Answer['body'] }>(
      client,
      `select body_hash = $3 as "isSame", status, answer from redemption_requests where source = $1 and key = $2`,
      [request.source, request.key, hash],
    );
    if (!earlier?.isSame) return 'other-body';
    return { status: earlier.status, body: earlier.answer };
  }
  const given = await answer(client);
  await client.query('update redemption_requests set status = $3, answer = $4 where source = $1 and key = $2', [
    request.source,
    request.key,
    given.status,
    JSON.stringify(given.body),
  ]);
  return given;
}
