/** Campaigns that a person has put above git, until a moment. */
import type { PersonId } from '../../definition/resolved';
import { maybeOne, type Queryable } from '../database';

export interface Suspension {
  campaignId: string;
  by: PersonId;
  reason: string;
  until: Date;
}

const columns = `campaign_id as "campaignId", by_person as "by", reason, until`;

export async function suspend(queryable: Queryable, suspension: Suspension & { now: Date }): Promise<void> {
  const { campaignId, by, reason, until, now } = suspension;
  await queryable.query(
    'insert into suspensions (campaign_id, by_person, reason, begins, until) values ($1, $2, $3, $4, $5)',
    [campaignId, by, reason, now, until],
  );
}

/** Git decides again. @returns how many suspensions ended */
export async function endSuspension(
  queryable: Queryable,
  { campaignId, by, now }: { campaignId: string; by: PersonId; now: Date },
): Promise<number> {
  const { rowCount } = await queryable.query(
    'update suspensions set until = $3, ended_by = $2 where campaign_id = $1 and until > $3',
    [campaignId, by, now],
  );
  return rowCount ?? 0;
}

/** The suspension that lasts longest. */
export async function activeSuspension(
  queryable: Queryable,
  { campaignId, now }: { campaignId: string; now: Date },
): Promise<Suspension | undefined> {
  return maybeOne<Suspension>(
    queryable,
    `select ${columns} from suspensions where campaign_id = $1 and until > $2 order by until desc limit 1`,
    [campaignId, now],
  );
}
