/** What messages cost, in the book: brought in step with the deliveries, as often as anybody asks. */
import type { Money } from '../../definition/resolved';
import { type Database, maybeOne, one, transaction } from '../database';
import { type Entry, lockLines, openBook, post } from './book';

/** The line that pays for messages, where the budget has it; otherwise what no line has does. */
export const sendingLine = 'sending';
const nobodysLine = 'unassigned';

/**
 * Posts what the messages of a step cost by now, less what was posted before. What the budget does not cover is spent all the
 * same: it stands in the book as `beyond`. Messages in doubt count, until a person says otherwise.
 */
export async function postSendCost(
  database: Database,
  { runNo, step, price, at }: { runNo: number; step: string; price: Money; at: Date },
): Promise<void> {
  const { currency } = price;
  await transaction(database, async (client) => {
    await openBook(client, runNo);
    await client.query(`select pg_advisory_xact_lock(hashtext('volante send cost'), $1)`, [runNo]);
    const { sent } = await one<{ sent: number }>(
      client,
      `select count(*)::int as sent from deliveries where run_no = $1 and step = $2 and status in ('sent', 'in_doubt')`,
      [runNo, step],
    );
    const why = `send ${step}`;
    const { posted, entries: earlier } = await one<{ posted: number; entries: number }>(
      client,
      `select coalesce(sum(e.micros), 0)::float8 as posted, count(distinct j.no)::int as entries
         from money_journal j join money_entries e on e.journal_no = j.no join money_accounts a on a.no = e.account_no
        where j.run_no = $1 and j.why = $2 and a.kind in ('committed', 'beyond') and a.currency = $3`,
      [runNo, why, currency],
    );
    const micros = sent * price.micros - posted;
    if (micros === 0) return;
    const line = await lineOf(client, { runNo, currency });
    await client.query(
      `insert into money_accounts (run_no, line, kind, currency) values ($1, $2, 'beyond', $3), ($1, $2, 'owed', $3)
           on conflict do nothing`,
      [runNo, line, currency],
    );
    const available = (await lockLines(client, { runNo, lines: [line], currency })).get(line) ?? 0;
    await post(client, {
      runNo,
      key: `send:${runNo}:${step}:${earlier + 1}`,
      at,
      why,
      currency,
      entries:
        micros > 0
          ? spending(line, micros, available)
          : await givingBack(client, { runNo, line, currency, micros: -micros }),
    });
  });
}

function spending(line: string, micros: number, available: number): Entry[] {
  const covered = Math.min(micros, available);
  return [
    { line, kind: 'available', micros: -covered },
    { line, kind: 'committed', micros: covered },
    { line, kind: 'owed', micros: covered - micros },
    { line, kind: 'beyond', micros: micros - covered },
  ];
}

type Client = Parameters<typeof openBook>[0];

/** Doubt that was resolved as not sent: first what no budget covered. */
async function givingBack(
  client: Client,
  { runNo, line, currency, micros }: { runNo: number; line: string; currency: string; micros: number },
): Promise<Entry[]> {
  const { beyond } = await one<{ beyond: number }>(
    client,
    `select coalesce(sum(micros), 0)::float8 as beyond from money_accounts
      where run_no = $1 and line = $2 and currency = $3 and kind = 'beyond'`,
    [runNo, line, currency],
  );
  const uncovered = Math.min(micros, beyond);
  return [
    { line, kind: 'beyond', micros: -uncovered },
    { line, kind: 'owed', micros: uncovered },
    { line, kind: 'committed', micros: uncovered - micros },
    { line, kind: 'available', micros: micros - uncovered },
  ];
}

async function lineOf(client: Client, { runNo, currency }: { runNo: number; currency: string }): Promise<string> {
  const found = await maybeOne<{ line: string }>(
    client,
    `select line from money_accounts where run_no = $1 and kind = 'available' and currency = $2 and line = $3`,
    [runNo, currency, sendingLine],
  );
  return found?.line ?? nobodysLine;
}
