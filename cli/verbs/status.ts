import type { JourneyCounts } from '../../definition/journey-counts';
import type { Books, GateView, RunStatus } from '../../definition/run-status';
import { stepBooks } from '../../ledger/books';
import { countJourneys } from '../../ledger/journeys/counts';
import { stepsTaken } from '../../ledger/journeys/followed';
import { readRevision } from '../../ledger/revisions';
import { listRuns, type RunRow } from '../../ledger/runs';
import { behindMs, type CampaignState, campaignStates } from '../../ledger/sync/campaign-states';
import type { Operator } from '../../operations/connect';
import { askStatus } from '../../operations/decide';
import { findRunOf } from '../../operations/find-run';
import type { Command, CommandContext, CommandResult } from '../command';
import { journeyLines } from '../journey-text';
import { withOperator } from '../operator';
import { openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'show runs, or one run',
  arguments: [{ name: '[run]', description: 'run id, campaign id, or the beginning of one; without it, all runs' }],
  options: [{ flags: '-w, --watch', description: 'repeat every two seconds until the run is over (Ctrl-C is safe)' }],
  examples: ['status', 'status spring-sale', 'status spring-sale --watch'],
  obeysSignal: true,
  async run(context) {
    const name = context.argument(0);
    return withOperator(context, async (operator) => {
      if (name === undefined)
        return list(
          await campaignStates(operator.database, {
            now: new Date(),
            behindMs: behindMs((await openWorkspace(context)).workspace),
          }),
          await listRuns(operator.database),
        );
      const run = await findRunOf(operator.database, name);
      if (context.flag('watch')) await watch(context, operator, run.runId);
      return show(await look(operator, run.runId));
    });
  },
};

function list(campaigns: CampaignState[], runs: RunRow[]): CommandResult {
  if (runs.length === 0 && campaigns.length === 0)
    return { text: 'No runs yet.', json: { campaigns: [], runs: [] }, next: 'plan' };
  return {
    text: [
      ...campaigns.map(campaignLine),
      ...(runs.length > 0 ? ['', 'Runs, the newest first:'] : []),
      ...runs.map(
        ({ runId, phase, members, appliedAt }) =>
          `${phase.padEnd(10)} ${runId.padEnd(44)} ${String(members ?? '–').padStart(9)} people   applied ${appliedAt.toISOString()}`,
      ),
    ].join('\n'),
    json: { campaigns, runs },
    next: `status ${runs[0]?.campaignId}`,
  };
}

function campaignLine({ campaignId, sync, health, detail }: CampaignState): string {
  return `${sync.padEnd(9)} ${health.padEnd(10)} ${campaignId.padEnd(32)} ${detail ?? ''}`.trimEnd();
}

interface Look {
  run: RunRow;
  /** Books of each delivery step, from the ledger at this moment. */
  books: { step: string; books: Books }[];
  /** Of a triggered campaign. */
  journeys?: JourneyCounts;
  /** What the run says of itself; undefined once it is over or while no worker answers. */
  live?: RunStatus;
  problem?: string;
}

async function look({ client, database }: Operator, runId: string): Promise<Look> {
  const run = await findRunOf(database, runId);
  const stored = await readRevision(database, run.revision);
  const taken = stored ? await stepsTaken(database, { ...run, campaign: stored.campaign }) : [];
  const steps = taken.filter(({ step }) => step.kind === 'email');
  const books = await Promise.all(
    steps.map(async ({ step: { id } }) => ({
      step: id,
      books: await stepBooks(database, { runNo: run.no, step: id }),
    })),
  );
  const journeys = stored?.campaign.trigger ? await countJourneys(database, run.no) : undefined;
  if (run.finishedAt) return { run, books, journeys };
  try {
    return { run, books, journeys, live: await askStatus(client, runId) };
  } catch (error) {
    return { run, books, journeys, problem: error instanceof Error ? error.message : String(error) };
  }
}

function show({ run, books, journeys, live, problem }: Look): CommandResult {
  const gate = live?.gates.find(({ state }) => state === 'open' || state === 'held');
  const inDoubt = books.some((step) => step.books.inDoubt > 0);
  return {
    text: [
      `${(live?.phase ?? run.phase).toUpperCase()}  ${run.runId}  ${journeys?.started ?? run.members ?? 0} people  plan ${(run.planHash ?? '').slice(0, 12)}`,
      ...(live?.paused ? [`  paused by ${live.paused.by}: ${live.paused.reason}`] : []),
      ...(live?.steps ?? []).map(
        ({ id, kind, state, detail }) => `  ${kind.padEnd(7)}${id.padEnd(14)}${state}${detail ? ` · ${detail}` : ''}`,
      ),
      ...(live?.gates ?? []).map(gateLine),
      ...(live?.waiting ?? []).map(
        ({ checkpoint, progress, until }) => `  waits  ${checkpoint.padEnd(14)}${progress} (at most until ${until})`,
      ),
      ...(live?.decisions ?? []).map(
        ({ checkpoint, step, look, state, reason, action, actor, isOverride }) =>
          `  judged ${`${step}/${checkpoint}#${look}`.padEnd(14)} ${state}: ${reason}${action ? ` → ${isOverride ? `OVERRIDE by ${actor}: ` : ''}${action}` : ''}`,
      ),
      ...(live?.objectives ?? []).map(({ id, detail, by }) => `  aims   ${id.padEnd(14)}${detail} (by ${by})`),
      ...books.map(({ step, books: numbers }) => `  books  ${step.padEnd(14)}${booksLine(numbers)}`),
      ...(journeys ? journeyLines(journeys) : []),
      ...(live?.lastProblem ? [`  last problem ${live.lastProblem.at}: ${live.lastProblem.what}`] : []),
      ...(problem ? [`  the run does not answer: ${problem}`] : []),
    ].join('\n'),
    json: { run, books, journeys, live, problem },
    next: gate
      ? `approve ${run.campaignId} --gate ${gate.gate} --as <person>`
      : inDoubt
        ? `reconcile ${run.campaignId}`
        : run.finishedAt
          ? `report ${run.campaignId}`
          : `status ${run.campaignId} --watch`,
  };
}

function gateLine({ gate, state, approvers, quorum, decisions, expiresAt }: GateView): string {
  const who = decisions.map(({ by, verdict }) => `${verdict} by ${by}`).join(', ');
  return `  gate   ${gate.padEnd(14)}${state} · ${quorum} of ${approvers.join(', ')}${expiresAt && state === 'open' ? ` before ${expiresAt}` : ''}${who ? ` · ${who}` : ''}`;
}

export function booksLine(books: Books): string {
  const { targeted, ...places } = books;
  const words = Object.entries(places).filter(([, count]) => count > 0);
  return `${targeted} targeted = ${words.map(([place, count]) => `${count} ${label(place)}`).join(' + ') || '0'}`;
}

function label(place: string): string {
  return place.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Prints the run whenever something changed, until it is over or Ctrl-C. */
async function watch(context: CommandContext, operator: Operator, runId: string): Promise<void> {
  let shown: string | undefined;
  while (!context.signal.aborted) {
    const seen = await look(operator, runId);
    if (seen.run.finishedAt) return;
    const { text } = show(seen);
    if (text !== undefined && text !== shown) context.terminal.progress(text);
    shown = text;
    await pause(2_000, context.signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
