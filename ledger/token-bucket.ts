/**
 * One token bucket a platform, shared by all workers and campaigns. It runs on the database's clock: a platform's limit
 * is a fact of the real world, also when a simulation skips time.
 */
import { maybeOne, type Queryable } from './database';

export interface BucketLimits {
  platform: string;
  /** Tokens a second. */
  rate: number;
  /** Most tokens that can gather; at least 1. */
  burst: number;
}

export interface TokenGrant {
  /** Tokens granted now, at most as many as asked for. */
  granted: number;
  /** When nothing was granted: milliseconds until one token is there. */
  waitMs: number;
}

/** Takes up to `want` tokens. Never grants more than `burst + rate × seconds` over any span of time. */
export async function takeTokens(queryable: Queryable, limits: BucketLimits, want: number): Promise<TokenGrant> {
  const grant = await tryTake(queryable, limits, want);
  if (grant) return grant;
  await queryable.query(
    `insert into token_buckets (platform, rate, burst, tokens, updated_at) values ($1, $2, $3, $3, clock_timestamp())
         on conflict do nothing`,
    [limits.platform, limits.rate, limits.burst],
  );
  return takeTokens(queryable, limits, want);
}

async function tryTake(queryable: Queryable, limits: BucketLimits, want: number): Promise<TokenGrant | undefined> {
  const row = await maybeOne<{ granted: number; wait_ms: number }>(
    queryable,
    `with bucket as (select * from token_buckets where platform = $1 for update),
     looked as (select *, clock_timestamp() as at from bucket),
     filled as (
       select at, least($3::float8, tokens + $2::float8 * greatest(0, extract(epoch from at - updated_at))::float8) as level
         from looked
     ),
     taken as (select at, level, least($4::float8, floor(level)) as granted from filled)
     update token_buckets b
        set rate = $2, burst = $3, tokens = level - granted, updated_at = greatest(b.updated_at, at)
       from taken
      where b.platform = $1
     returning granted, case when granted = 0 then ceil((1 - level) / $2::float8 * 1000) else 0 end as wait_ms`,
    [limits.platform, limits.rate, limits.burst, want],
  );
  return row && { granted: Number(row.granted), waitMs: Number(row.wait_ms) };
}
