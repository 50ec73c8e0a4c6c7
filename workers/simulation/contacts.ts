/** People who do not exist: as many as the scenario says, all of whom consented. */
import type { ResolvedCampaign } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import type { Scenario } from '../../simulation/scenario/schema';

/** Numbers of another seed's people are others, so that chance assigns them anew. */
const peoplePerSeed = 1_000_000;
const seedsApart = 1_000_000;

/** Before the first of a seed's people. */
export function firstPersonOf(seed: number): bigint {
  return BigInt(seed % seedsApart) * BigInt(peoplePerSeed);
}

/** @param now when they came into the book: before anything else */
export async function fillContactBook(
  database: Database,
  { campaign, scenario, seed, now }: { campaign: ResolvedCampaign; scenario: Scenario; seed: number; now: string },
): Promise<void> {
  const zones = zonesOf(scenario, campaign.schedule.timezone);
  await database.query(
    `insert into contacts (id, address, address_key, address_hash, domain, time_zone, locale, attributes, consent, created_at)
     overriding system value
     select $1::bigint + n, 'p' || n || '@people.example', 'p' || n || '@people.example',
            sha256(convert_to($2::text || ':' || n, 'UTF8')), 'people.example',
            (select zone from unnest($3::text[], $4::float8[]) z(zone, upto) where (n - 0.5) / $5::int < upto order by upto limit 1),
            $6, $7::jsonb, 'granted', $8::timestamptz
       from generate_series(1, $5::int) n`,
    [
      String(firstPersonOf(seed)),
      String(seed),
      zones.map(({ zone }) => zone),
      zones.map(({ upto }) => upto),
      scenario.contacts,
      campaign.locale,
      JSON.stringify({ firstName: 'Alex', ...scenario.attributes }),
      now,
    ],
  );
  await database.query('analyze contacts');
}

function zonesOf({ timeZones }: Scenario, standard: string): { zone: string; upto: number }[] {
  let upto = 0;
  const named = Object.entries(timeZones).map(([zone, share]) => {
    upto += share;
    return { zone, upto: Math.min(1, upto) };
  });
  return upto >= 1
    ? named.map((entry, index) => (index === named.length - 1 ? { ...entry, upto: 2 } : entry))
    : [...named, { zone: standard, upto: 2 }];
}
