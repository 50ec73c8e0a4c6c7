/** Recipient domains that answered "not now" (4xx), backed off per platform for all campaigns (EMAIL-116). */
import type { Queryable } from './database';

const firstBackoffSeconds = 30;
const longestBackoffSeconds = 3600;

/**
 * Doubles a domain's back-off with each strike, up to an hour, with up to 20 % jitter so that domains do not return
 * together. Strikes while it is backed off already are one strike; the longest wait that the domain asked for counts.
 */
export async function strikeDomain(
  queryable: Queryable,
  strike: { platform: string; domain: string; now: Date; atLeastMs?: number },
): Promise<void> {
  await queryable.query(
    `insert into domain_backoffs as b (platform, domain, until, strikes)
     values ($1, $2, $3::timestamptz + make_interval(secs => greatest($4::float8, $6::float8)), 1)
         on conflict (platform, domain) do update
        set strikes = case when b.until > $3 then b.strikes else b.strikes + 1 end,
            until = greatest(b.until, $3::timestamptz + make_interval(secs => greatest($6::float8,
              case when b.until > $3 then 0
                   else least($5::float8, $4::float8 * power(2, least(b.strikes, 20))) * (1 + 0.2 * random()) end)))`,
    [
      strike.platform,
      strike.domain,
      strike.now,
      firstBackoffSeconds,
      longestBackoffSeconds,
      (strike.atLeastMs ?? 0) / 1000,
    ],
  );
}

/** A domain that accepted something again starts from the beginning. */
export async function forgiveDomains(queryable: Queryable, platform: string, domains: string[]): Promise<void> {
  await queryable.query('delete from domain_backoffs where platform = $1 and domain = any($2::text[])', [
    platform,
    domains,
  ]);
}

/** Domains with strikes against them. */
export async function struckDomains(queryable: Queryable, platform: string): Promise<string[]> {
  const { rows } = await queryable.query<{ domain: string }>('select domain from domain_backoffs where platform = $1', [
    platform,
  ]);
  return rows.map(({ domain }) => domain);
}
