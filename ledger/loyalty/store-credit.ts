/** Store credit that points were spent for: owed with the spending, paid once on a platform that has no idempotency keys. */
import type { PoolClient } from 'pg';
import type { Money } from '../../definition/resolved';
import { type Database, maybeOne, one, type Queryable } from '../database';
import { storeInbox } from '../inbox';
import { ownSource } from './apply-events';

/** Type of the event by which a worker hears that a credit is owed. */
export const creditOwedEvent = 'credit.owed';

export type CreditState = 'owed' | 'asked' | 'paid' | 'refused';

export interface StoreCredit {
  no: string;
  program: string;
  contactId: string;
  platform: string;
  /** Tells it from all others on the platform. */
  reference: string;
  amount: Money;
  state: CreditState;
  account?: string;
  owedAt: Date;
  /** The key of the spending, as its caller wrote it. */
  spendKey: string;
}

/** Owes a credit for a spending, in its transaction, and tells the workers. */
export async function oweCredit(
  client: PoolClient,
  owed: { program: string; contactId: string; spendKey: string; platform: string; amount: Money; now: Date },
): Promise<void> {
  const { program, contactId, spendKey, platform, amount, now } = owed;
  const { no } = await one<{ no: string }>(
    client,
    `insert into loyalty_credits (journal_no, program, contact_id, platform, currency, micros)
     select no, program, contact_id, $4, $5, $6 from loyalty_journal where program = $1 and key = $2 and contact_id = $3
     returning no`,
    [program, `spend:${spendKey}`, contactId, platform, amount.currency, amount.micros],
  );
  await storeInbox(client, [
    {
      source: ownSource,
      id: `credit-owed:${no}`,
      type: creditOwedEvent,
      about: { contactId },
      occurredAt: now,
      data: { program, credit: no },
    },
  ]);
}

export async function findCredit(queryable: Queryable, no: string): Promise<StoreCredit | undefined> {
  const row = await maybeOne<
    Omit<StoreCredit, 'amount' | 'account'> & { account: string | null; currency: string; micros: string }
  >(
    queryable,
    `select c.no, c.program, c.contact_id as "contactId", c.platform, c.reference, c.currency, c.micros, c.state, c.account,
            c.owed_at as "owedAt", substr(j.key, 7) as "spendKey"
       from loyalty_credits c join loyalty_journal j on j.no = c.journal_no where c.no = $1`,
    [no],
  );
  if (!row) return undefined;
  const { currency, micros, account, ...credit } = row;
  return { ...credit, amount: { currency, micros: Number(micros) }, ...(account !== null && { account }) };
}

/** Whom a platform may know the contact as. Personal: not to be logged, nor to leave an activity. */
export async function customerOf(
  queryable: Queryable,
  contactId: string,
): Promise<{ externalId?: string; email: string } | undefined> {
  const row = await maybeOne<{ external_id: string | null; email: string }>(
    queryable,
    'select external_id, address as email from contacts where id = $1',
    [contactId],
  );
  return row && { email: row.email, ...(row.external_id !== null && { externalId: row.external_id }) };
}

/** The account that all attempts pay into, whatever becomes of the customer meanwhile. */
export async function recordAccount(queryable: Queryable, no: string, account: string): Promise<void> {
  await queryable.query('update loyalty_credits set account = $2 where no = $1 and account is null', [no, account]);
}

/**
 * Writes down that the platform is about to be asked.
 * @param quietMs after an earlier asking nobody asks again for so long: it may still be on its way
 * @returns 0 when it may be asked now; else how long to wait until then
 */
export async function beginToAsk(queryable: Queryable, no: string, quietMs: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `update loyalty_credits set state = 'asked', asked_at = clock_timestamp()
      where no = $1 and (state = 'owed' or (state = 'asked' and asked_at <= clock_timestamp() - $2::interval))`,
    [no, `${quietMs} milliseconds`],
  );
  if (rowCount === 1) return 0;
  const { wait } = await one<{ wait: number }>(
    queryable,
    `select greatest(1, extract(epoch from asked_at + $2::interval - clock_timestamp()) * 1000)::float8 as wait
       from loyalty_credits where no = $1`,
    [no, `${quietMs} milliseconds`],
  );
  return Math.ceil(wait);
}

/** The platform has answered that it did nothing. */
export async function askAgain(queryable: Queryable, no: string): Promise<void> {
  await queryable.query(
    `update loyalty_credits set state = 'owed', asked_at = null where no = $1 and state = 'asked'`,
    [no],
  );
}

export async function settleCredit(
  queryable: Queryable,
  no: string,
  end: { state: 'paid' } | { state: 'refused'; reason: string },
): Promise<void> {
  await queryable.query(
    `update loyalty_credits set state = $2, settled_at = clock_timestamp(), reason = $3
      where no = $1 and state in ('owed', 'asked')`,
    [no, end.state, end.state === 'refused' ? end.reason : null],
  );
}

/**
 * Runs `work` while no other process works on the same credit, on one connection and without a transaction: what it writes
 * stays, whatever happens next.
 * @returns undefined when another one does
 */
export async function inTurn<T>(
  database: Database,
  no: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T | undefined> {
  const client = await database.connect();
  let broken: Error | undefined;
  const onBreak = (error: Error) => {
    broken = error;
  };
  client.on('error', onBreak);
  const lock = [`volante store credit ${no}`];
  try {
    const { mine } = await one<{ mine: boolean }>(
      client,
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as mine',
      lock,
    );
    if (!mine) return undefined;
    try {
      return await work(client);
    } finally {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', lock).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.off('error', onBreak);
    client.release(broken);
  }
}

export interface CreditCounts {
  owed: number;
  /** Asked for, and no answer was written down yet. */
  inDoubt: number;
  paid: number;
  refused: number;
}

export async function countCredits(queryable: Queryable, program: string): Promise<CreditCounts> {
  return one<{ owed: number; inDoubt: number; paid: number; refused: number }>(
    queryable,
    `select count(*) filter (where state = 'owed')::int as owed, count(*) filter (where state = 'asked')::int as "inDoubt",
            count(*) filter (where state = 'paid')::int as paid, count(*) filter (where state = 'refused')::int as refused
       from loyalty_credits where program = $1`,
    [program],
  );
}
