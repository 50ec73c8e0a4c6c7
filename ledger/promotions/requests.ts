/** Requests of shops, each answered once for ever: the same key with the same body gets the same answer. */
import { createHash } from 'node:crypto';
import type { Queryable } from '../database';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export interface KeyedRequest {
  source: string;
  /** Unique within its source; absent for what changes nothing. */
  key?: string;
  body: Buffer;
}

interface Said {
  hash: Buffer;
  answer: Answer;
}

interface Named<Request> {
  /** Of one request: its source and key. */
  name: string;
  request: Request;
  hash: Buffer;
}

/**
 * Answers requests under their keys, in the caller's transaction: what `answer` does and what it says are committed together.
 * Two at once: the second waits and says what the first said.
 * @returns `other-body` for a key that was used for something else
 */
export async function answerOnce<Request extends KeyedRequest>(
  client: Queryable,
  requests: readonly Request[],
  answer: (fresh: readonly Request[]) => Promise<Answer[]>,
): Promise<(Answer | 'other-body')[]> {
  const named = requests.map((request, index) => ({
    name: request.key === undefined ? `${index}` : nameOf(request),
    request,
    hash: createHash('sha256').update(request.body).digest(),
  }));
  const firsts = [...new Map(named.toReversed().map((each) => [each.name, each])).values()].reverse();
  const said = await takeKeys(client, firsts);
  const fresh = firsts.filter(({ name }) => !said.has(name));
  const answers = await answer(fresh.map(({ request }) => request));
  for (const [index, { name, hash }] of fresh.entries()) {
    const { [index]: given } = answers;
    if (!given) throw new Error('a request has no answer');
    said.set(name, { hash, answer: given });
  }
  await keepAnswers(client, { fresh, said });
  return named.map(({ name, hash }) => {
    const known = said.get(name);
    return known && hash.equals(known.hash) ? known.answer : 'other-body';
  });
}

function nameOf({ source, key }: Pick<KeyedRequest, 'source' | 'key'>): string {
  return `${source} ${key}`;
}

/** In the order of their names, so that no two wait for each other. @returns what was said before; the others are the caller's now */
async function takeKeys(client: Queryable, asked: readonly Named<KeyedRequest>[]): Promise<Map<string, Said>> {
  const keyed = asked.filter(({ request }) => request.key !== undefined);
  if (keyed.length === 0) return new Map();
  const names = [keyed.map(({ request }) => request.source), keyed.map(({ request }) => request.key)];
  const taken = await client.query(
    `insert into redemption_requests (source, key, body_hash)
     select * from unnest($1::text[], $2::text[], $3::bytea[]) r(source, key, hash) order by source, key
         on conflict do nothing`,
    [...names, keyed.map(({ hash }) => hash)],
  );
  if (taken.rowCount === keyed.length) return new Map();
  const { rows } = await client.query<{
    source: string;
    key: string;
    status: number;
    body: Answer['body'];
    hash: Buffer;
  }>(
    `select source, key, body_hash as hash, status, answer as body from redemption_requests
      where (source, key) in (select * from unnest($1::text[], $2::text[])) and status is not null`,
    names,
  );
  return new Map(rows.map((row) => [nameOf(row), { hash: row.hash, answer: { status: row.status, body: row.body } }]));
}

async function keepAnswers(
  client: Queryable,
  { fresh, said }: { fresh: readonly Named<KeyedRequest>[]; said: ReadonlyMap<string, Said> },
): Promise<void> {
  const kept = fresh.filter(({ request }) => request.key !== undefined);
  if (kept.length === 0) return;
  await client.query(
    `update redemption_requests r set status = k.status, answer = k.answer::json
       from unnest($1::text[], $2::text[], $3::smallint[], $4::text[]) k(source, key, status, answer)
      where r.source = k.source and r.key = k.key`,
    [
      kept.map(({ request }) => request.source),
      kept.map(({ request }) => request.key),
      kept.map(({ name }) => said.get(name)?.answer.status),
      kept.map(({ name }) => JSON.stringify(said.get(name)?.answer.body)),
    ],
  );
}
