/** Reads what a simulated run came to from its ledger, and moves it back to the campaign's own calendar. */
import type { Instant, Money, ResolvedStep } from '../../definition/resolved';
import type { RunStatus } from '../../definition/run-status';
import { writeDuration } from '../../definition/written/duration';
import { budgetLines } from '../../ledger/budget';
import type { Database } from '../../ledger/database';
import { readDecisionActions, readDecisions } from '../../ledger/decisions';
import { gatherReport } from '../../ledger/report-facts';
import { findRun, type RunRow } from '../../ledger/runs';
import { gatherMeasured } from '../../measured/run-measured';
import { movedBack } from '../../simulation/calendar';
import type { BlastRadius, SimulatedRun, TimelineEntry } from '../../simulation/result';
import type { World } from './activities';
import type { FlagDouble } from './flag-double';
import { customerCounts, journeysOutcome } from './journeys';
import { armMoney, perDay, readWaveSends, visitorCounts } from './sums';
import { timelineOf } from './timeline';

export interface EndedRun extends World {
  runId: string;
  shiftMs: number;
  blastRadius: BlastRadius;
  flags: FlagDouble[];
  /** Of a run that still waits for people. */
  stuck?: RunStatus;
  /** Its trigger or program goes on, and all that began is over. */
  isOpen: boolean;
  failure?: string;
}

export async function gatherRun(ended: EndedRun): Promise<SimulatedRun> {
  const { deps, runId, shiftMs, blastRadius, seed, began, campaign } = ended;
  const { database } = deps;
  const run = await findRun(database, runId);
  if (!run) throw new Error('the ledger has no such run');
  const report = await gatherReport(database, run);
  const later = await latestEvent(database, run);
  const measured = await gatherMeasured(database, run, later);
  const flags = ended.flags.flatMap(({ changes }) => changes).sort((a, b) => (a.at < b.at ? -1 : 1));
  const customers = ended.customers && (await customerCounts(database, ended.customers));
  const journeys =
    customers && (await journeysOutcome(database, { runNo: run.no, campaign, waits: ended.waits, raised: customers }));
  const program = await ended.members?.outcome();
  const gathered: SimulatedRun = {
    seed,
    start: began,
    ...(run.finishedAt && { finishedAt: run.finishedAt.toISOString() }),
    ends: endOf(ended, run),
    ...reasonOf(ended, report.timeline.at(-1)?.reason),
    blastRadius,
    timeline: await timelineOf(database, { run, outages: outagesOf(ended) }),
    steps: report.steps.map(({ step, books }) => ({ id: step, books })),
    waves: await readWaveSends(database, { runNo: run.no }),
    money: { spent: await spentOn(database, ended, run), arms: await armMoney(database, { runNo: run.no }) },
    budget: await budgetMoves(database, ended, run),
    visitors: await visitorCounts(database, campaign),
    ...(customers && { customers }),
    ...(journeys && { journeys }),
    ...(program && { program }),
    flags,
    measured,
    outcomes: await outcomesOf(database, ended, run),
    perDay: await perDay(database, { runNo: run.no, began }),
    balanced: report.balance === 'balanced',
  };
  return movedBack(gathered, shiftMs);
}

function endOf({ stuck, failure, isOpen }: EndedRun, run: RunRow): string {
  if (failure !== undefined) return 'failed';
  return isOpen ? 'open' : (stuck?.phase ?? run.phase);
}

/** Those that began while the run was watched. */
function outagesOf({ scenario, began }: EndedRun): TimelineEntry[] {
  return scenario.outages.map((outage) => ({
    at: new Date(Date.parse(began) + outage.after).toISOString(),
    what: `the mail platform is down for ${writeDuration(outage.for)}`,
  }));
}

function reasonOf({ stuck, failure, isOpen }: EndedRun, last: string | undefined): { reason?: string } {
  if (failure !== undefined) return { reason: failure };
  if (isOpen) return {};
  if (stuck) {
    const held = stuck.steps.find(({ state }) => state === 'held')?.detail;
    const why = held ?? stuck.lastProblem?.what;
    return { reason: `still waiting for people when the watch ended${why === undefined ? '' : `: ${why}`}` };
  }
  return last === undefined ? {} : { reason: last };
}

/** Reports are of the time when everything has come in. */
async function latestEvent(database: Database, run: RunRow): Promise<Date> {
  const { rows } = await database.query<{ at: Date | null }>(
    `select greatest(max(occurred_at), $1::timestamptz) as at from events`,
    [run.finishedAt],
  );
  return new Date((rows[0]?.at ?? run.appliedAt).getTime() + 60_000);
}

async function spentOn(database: Database, { campaign, deps }: EndedRun, run: RunRow): Promise<Money[]> {
  const { rows } = await database.query<{ step: string; sent: number }>(
    `select step, count(*)::int as sent from deliveries where run_no = $1 and status = 'sent' group by step`,
    [run.no],
  );
  const spent = new Map<string, number>();
  for (const { step: id, sent } of rows) {
    const step = campaign.steps.find((candidate) => candidate.id === id);
    const price = step?.kind === 'email' ? deps.workspace.platforms[step.email.platform]?.costPerMessage : undefined;
    if (price) spent.set(price.currency, (spent.get(price.currency) ?? 0) + price.micros * sent);
  }
  return [...spent]
    .map(([currency, micros]) => ({ currency, micros }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

async function budgetMoves(database: Database, { campaign }: EndedRun, run: RunRow): Promise<SimulatedRun['budget']> {
  const { budget } = campaign;
  if (!budget) return [];
  const { currency } = budget.total;
  const now = await budgetLines(database, { runNo: run.no, budget });
  const assigned = Object.values(budget.lines).reduce((sum, { micros }) => sum + micros, 0);
  const before: Record<string, number> = { unassigned: budget.total.micros - assigned };
  for (const [line, { micros }] of Object.entries(budget.lines)) before[line] = micros;
  return Object.keys(now)
    .sort()
    .map((line) => ({
      line,
      from: { currency, micros: before[line] ?? 0 },
      to: { currency, micros: now[line] ?? 0 },
    }));
}

/** What became of each experiment, by the book of decisions. */
async function outcomesOf(database: Database, { campaign }: EndedRun, run: RunRow): Promise<SimulatedRun['outcomes']> {
  const [decisions, actions] = await Promise.all([
    readDecisions(database, run.no),
    readDecisionActions(database, run.no),
  ]);
  const outcomes: SimulatedRun['outcomes'] = [];
  for (const step of campaign.steps) {
    const isExperiment = step.kind === 'experiment' || (step.kind === 'email' && step.email.experiment !== undefined);
    if (!isExperiment) continue;
    const outcome: SimulatedRun['outcomes'][number] = { step: step.id };
    for (const { decisionId, at, action } of actions) {
      const decision = decisions.find(({ id }) => id === decisionId);
      if (decision?.step !== step.id || action.do !== 'promote') continue;
      const winner = action.what === 'winner' ? decision.judgement.winner : undefined;
      const chosen = typeof action.arm === 'string' ? action.arm : winner;
      if (winner !== undefined) outcome.winner = winner;
      if (chosen === undefined) continue;
      outcome.chosen = chosen;
      outcome.recipientsUntilDecision = await reachedBy(database, { run, step, at: at.toISOString() });
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

/** People who were written to, or visitors who took part, before a moment. */
async function reachedBy(
  database: Database,
  { run, step, at }: { run: RunRow; step: ResolvedStep; at: Instant },
): Promise<number> {
  const { rows } = await (step.kind === 'experiment'
    ? database.query<{ people: number }>(
        `select count(*)::int as people from events where kind = 'exposed' and step = $1 and occurred_at < $2`,
        [step.experiment.flag, at],
      )
    : database.query<{ people: number }>(
        `select count(*)::int as people from deliveries
          where run_no = $1 and step = $2 and status = 'sent' and settled_at < $3`,
        [run.no, step.id, at],
      ));
  return rows[0]?.people ?? 0;
}
