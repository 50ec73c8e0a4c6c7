/** Holds what arrived in the mailbox against what the ledger says. */
import axios from 'axios';
import { messageId } from '../../email/message-id';
import { verifyAudit } from '../../ledger/audit';
import { booksBalance, stepBooks } from '../../ledger/books';
import type { Database } from '../../ledger/database';
import { readRevision } from '../../ledger/revisions';
import { findRun, type RunRow } from '../../ledger/runs';

export interface PromiseCheck {
  promise: string;
  kept: boolean;
  detail: string;
}

interface Mail {
  headers: Record<string, string>;
}

export async function checkPromises(options: {
  database: Database;
  runId: string;
  mailboxUrl: string;
}): Promise<PromiseCheck[]> {
  const { database, runId, mailboxUrl } = options;
  const run = await findRun(database, runId);
  if (!run) throw new Error(`${runId} is not in the ledger`);
  const checks: PromiseCheck[] = [{ promise: 'the run is done', kept: run.phase === 'done', detail: run.phase }];
  const arrivals = mailboxUrl === '' ? undefined : await countArrivals(mailboxUrl);
  const stored = await readRevision(database, run.revision);
  for (const step of stored?.campaign.steps ?? []) {
    if (step.kind !== 'email') continue;
    const domain = step.email.sender.address.split('@')[1] ?? '';
    if (arrivals) checks.push(await sentExactlyOnce(database, { run, step: step.id, domain, arrivals }));
    const books = await stepBooks(database, { runNo: run.no, step: step.id });
    checks.push({
      promise: 'the books balance',
      kept: booksBalance(books) && books.sent > 0,
      detail: `${books.targeted} targeted, ${books.sent} sent, ${books.open} open`,
    });
    checks.push({ promise: 'nothing is in doubt', kept: books.inDoubt === 0, detail: `${books.inDoubt} in doubt` });
    checks.push(await nobodyUnwilling(database, run, step.id));
  }
  checks.push(await nothingBeforeApproval(database, run));
  const { rows, brokenAt } = await verifyAudit(database);
  checks.push({
    promise: 'the audit is unbroken',
    kept: brokenAt === undefined,
    detail: `${rows} facts, hash-chained`,
  });
  return checks;
}

/** Messages in the mailbox by their Message-ID. */
async function countArrivals(mailboxUrl: string): Promise<Map<string, number>> {
  const { data } = await axios.get<Mail[]>(`${mailboxUrl}/email`, { timeout: 60_000, maxContentLength: 1e9 });
  const arrivals = new Map<string, number>();
  for (const { headers } of data) {
    const id = headers['message-id'] ?? '';
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
  }
  return arrivals;
}

async function sentExactlyOnce(
  database: Database,
  given: { run: RunRow; step: string; domain: string; arrivals: Map<string, number> },
): Promise<PromiseCheck> {
  const { run, step, domain, arrivals } = given;
  const { rows } = await database.query<{ seq: number; status: string }>(
    'select seq, status from deliveries where run_no = $1 and step = $2',
    [run.no, step],
  );
  const countOf = (seq: number) => arrivals.get(messageId(`${run.runId}:${step}:${seq}:email`, domain)) ?? 0;
  const sent = rows.filter(({ status }) => status === 'sent');
  const wrong = sent.filter(({ seq }) => countOf(seq) !== 1).length;
  const others = rows.filter(
    ({ seq, status }) => status !== 'sent' && status !== 'in_doubt' && countOf(seq) > 0,
  ).length;
  return {
    promise: 'everybody who was sent to has exactly one message in the mailbox, and nobody else has any',
    kept: wrong === 0 && others === 0,
    detail: `${sent.length} sent, ${wrong} not exactly once, ${others} that should not be there`,
  };
}

async function nobodyUnwilling(database: Database, run: RunRow, step: string): Promise<PromiseCheck> {
  const { rows } = await database.query<{ n: number }>(
    `select count(*)::int as n
       from deliveries d join contacts c on c.id = d.contact_id
       left join suppressions s on s.address_hash = c.address_hash and s.created_at < d.claimed_at
      where d.run_no = $1 and d.step = $2 and d.status in ('sent', 'in_doubt') and (c.consent <> 'granted' or s.address_hash is not null)`,
    [run.no, step],
  );
  const n = rows[0]?.n ?? 0;
  return {
    promise: 'nobody without consent, and nobody suppressed, was mailed',
    kept: n === 0,
    detail: `${n} such people`,
  };
}

async function nothingBeforeApproval(database: Database, run: RunRow): Promise<PromiseCheck> {
  const { rows } = await database.query<{ approved: Date | null; first: Date | null }>(
    `select (select min(at) from audit where run_id = $2 and action = 'gate.approved' and detail ->> 'planHash' = $3) as approved,
            (select min(claimed_at) from deliveries where run_no = $1) as first`,
    [run.no, run.runId, run.planHash],
  );
  const { approved, first } = rows[0] ?? { approved: null, first: null };
  const kept = first === null || (approved !== null && approved.getTime() <= first.getTime());
  return {
    promise: 'nothing was sent before this very plan was approved',
    kept,
    detail: `approved ${approved?.toISOString() ?? 'never'}, first claim ${first?.toISOString() ?? 'never'}`,
  };
}
