/** What the report of a run says, read from the books, the audit and the decisions; nothing else is asked. */
import type { Money, ResolvedCampaign } from '../definition/resolved';
import type {
  Balance,
  CostReport,
  DecisionReport,
  MoneyReport,
  RunReport,
  StepReport,
  TimelineEntry,
} from '../reports/run-report';
import { scrub } from '../telemetry/personal-data';
import { type AuditRow, readFacts, verifyAudit } from './audit';
import { type Database, one } from './database';
import { readDecisionNotes } from './decision-notes';
import { countJourneys } from './journeys/counts';
import { programReport } from './loyalty/report';
import { moneyReport, promotionReports } from './promotions/report';
import { readRevision, type StoredRevision } from './revisions';
import type { RunRow } from './runs';
import { stepReports } from './step-reports';

/** Gathers the report of a run, over or not. Reads only; same books, same report. */
export async function gatherReport(database: Database, run: RunRow): Promise<RunReport> {
  const stored = await storedRevision(database, run);
  const steps = await stepReports(database, { run, campaign: stored.campaign });
  const [promotions, money] = [await promotionReports(database, run.no), await moneyReport(database, run.no)];
  const program = stored.campaign.program && (await programReport(database, run.campaignId));
  const [audience, facts, notes, audit, journeys] = await Promise.all([
    audienceReport(database, run),
    readFacts(database, run.runId),
    readDecisionNotes(database, run.runId),
    verifyAudit(database),
    stored.campaign.trigger ? countJourneys(database, run.no) : undefined,
  ]);
  return {
    runId: run.runId,
    campaign: { id: stored.campaign.id, name: stored.campaign.name, owner: stored.campaign.owner },
    environment: run.environment,
    timeZone: stored.campaign.schedule.timezone,
    revision: run.revision,
    gitCommit: stored.gitCommit,
    planHash: run.planHash ?? undefined,
    appliedBy: run.appliedBy,
    appliedAt: run.appliedAt.toISOString(),
    phase: run.phase,
    finishedAt: run.finishedAt?.toISOString(),
    members: journeys?.started ?? run.members ?? undefined,
    ...(journeys && { journeys }),
    balance: worst(steps),
    cost: promotions.length > 0 ? spentByBook(run, money) : costReport(run, stored.campaign, steps),
    audience,
    steps,
    ...(promotions.length > 0 && { promotions }),
    ...(money.lines.length > 0 && { money }),
    ...(program && { program }),
    decisions: decisionReports(facts, new Map(notes.map(({ id, note }) => [id, note]))),
    timeline: facts.map(timelineEntry).sort((a, b) => a.at.localeCompare(b.at)),
    audit: { facts: audit.rows, brokenAt: audit.brokenAt },
  };
}

async function storedRevision(database: Database, { runId, revision }: RunRow): Promise<StoredRevision> {
  const stored = await readRevision(database, revision);
  if (!stored) throw new Error(`the ledger has no revision ${revision} of ${runId}`);
  return stored;
}

function worst(steps: readonly StepReport[]): Balance {
  const severity: Balance[] = ['unbalanced', 'open'];
  return severity.find((balance) => steps.some((step) => step.balance === balance)) ?? 'balanced';
}

async function audienceReport(database: Database, run: RunRow): Promise<RunReport['audience']> {
  return one<RunReport['audience'] & Record<string, number>>(
    database,
    `select (select count(distinct seq)::int from deliveries where run_no = $1 and status = 'sent') as reached,
            count(*) filter (where reason = 'unsubscribed')::int as "optedOut",
            count(*) filter (where reason = 'bounced')::int as bounced
       from suppressions where source = $2 or source = 'run ' || $1::text`,
    [run.no, run.runId],
  );
}

/** With codes, the book alone knows what was spent. */
function spentByBook(run: RunRow, { lines }: MoneyReport): CostReport {
  const totals = new Map<string, number>();
  for (const { spent, beyond } of lines)
    totals.set(spent.currency, (totals.get(spent.currency) ?? 0) + spent.micros + beyond.micros);
  return { atMost: run.cost, spent: [...totals].map(([currency, micros]) => ({ currency, micros })) };
}

/** Steps that all go over one platform cost the same a message, which the most the run can cost then tells. */
function costReport(run: RunRow, campaign: ResolvedCampaign, steps: readonly StepReport[]): CostReport {
  const atMost = run.cost;
  if (atMost.length === 0) return { atMost, spent: [] };
  const emails = campaign.steps.flatMap((step) => (step.kind === 'email' ? [step.email] : []));
  const platforms = new Set(emails.map(({ platform }) => platform));
  const first = steps[0];
  // What a triggered campaign costs at most is told for one journey.
  const recipients = campaign.trigger ? 1 : first ? first.books.targeted - heldOut(first) : 0;
  const messages = recipients * emails.length;
  if (platforms.size !== 1 || messages === 0) return { atMost };
  const sent = steps.reduce((sum, { books }) => sum + books.sent, 0);
  return {
    atMost,
    spent: atMost.map(({ currency, micros }): Money => ({ currency, micros: Math.round((micros / messages) * sent) })),
  };
}

function heldOut({ arms }: StepReport): number {
  return arms.find(({ arm }) => arm === 'holdout')?.targeted ?? 0;
}

function decisionReports(facts: readonly AuditRow[], noteOf: ReadonlyMap<string, string>): DecisionReport[] {
  return facts
    .filter(({ action }) => action === 'gate.decided')
    .map(({ subject, actor, at, detail }) => {
      const note = noteOf.get(textOf(detail?.noteId) ?? '');
      return {
        gate: subject ?? '',
        by: actor,
        verdict: detail?.verdict === 'reject' ? 'reject' : 'approve',
        at: at.toISOString(),
        via: textOf(detail?.via) ?? '',
        planHash: textOf(detail?.planHash),
        note: note === undefined ? undefined : scrub(note),
      };
    });
}

function timelineEntry({ at, actor, action, subject, detail }: AuditRow): TimelineEntry {
  const reason = textOf(detail?.reason) ?? textOf(detail?.detail) ?? textOf(detail?.verdict);
  const count = Array.isArray(detail?.seqs) ? detail.seqs.length : detail?.members;
  return {
    at: at.toISOString(),
    actor,
    action,
    subject,
    reason: reason === undefined ? undefined : scrub(reason),
    count: typeof count === 'number' ? count : undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
