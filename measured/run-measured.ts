/** Gathers what a report says of measuring and deciding: decisions, objectives, lift, feedback. Reads only. */

import type { Judgement } from '../decisions/judgement';
import { actionWords } from '../definition/action-words';
import type { ResolvedCampaign } from '../definition/resolved';
import type { ObjectiveView } from '../definition/run-status';
import { microsPerUnit } from '../definition/written/money';
import type { Database } from '../ledger/database';
import { readDecisionNotes } from '../ledger/decision-notes';
import { type DecisionActionRow, type DecisionRow, readDecisionActions, readDecisions } from '../ledger/decisions';
import { readFeedback } from '../ledger/feedback';
import { readRevision } from '../ledger/revisions';
import type { RunRow } from '../ledger/runs';
import { readWaves } from '../ledger/waves';
import type {
  ActionReport,
  CheckpointDecisionReport,
  HoldoutLiftReport,
  MeasuredReport,
} from '../reports/measured-report';
import { scrub } from '../telemetry/personal-data';
import { type HoldoutReport, holdoutReports } from './holdout';
import { objectiveView } from './objective';

/** @param now the moment of the report; a run that is over is judged as of its end or later */
export async function gatherMeasured(database: Database, run: RunRow, now: Date): Promise<MeasuredReport> {
  const campaign = (await readRevision(database, run.revision))?.campaign;
  if (!campaign) return { decisions: [], epochs: [], objectives: [], holdout: [], feedback: [] };
  const [decisions, actions, notes, feedback] = await Promise.all([
    readDecisions(database, run.no),
    readDecisionActions(database, run.no),
    readDecisionNotes(database, run.runId),
    readFeedback(database, run.no),
  ]);
  const noteOf = new Map(notes.map(({ id, note }) => [id, scrub(note)]));
  return {
    decisions: decisions.map((row) =>
      decisionReport(run.runId, row, { actions: actions.filter(({ decisionId }) => decisionId === row.id), noteOf }),
    ),
    epochs: await epochsOf(database, { runNo: run.no, campaign }),
    objectives: await objectivesOf(database, { runNo: run.no, campaign, now }),
    holdout: (await holdoutReports(database, { campaign, runNo: run.no, now, cost: costOf(run) })).map(liftReport),
    feedback: feedback.map(({ at, words, id: _, ...rest }) => ({ ...rest, at: at.toISOString(), words: scrub(words) })),
  };
}

function decisionReport(
  runId: string,
  row: DecisionRow,
  { actions, noteOf }: { actions: DecisionActionRow[]; noteOf: Map<string, string> },
): CheckpointDecisionReport {
  const judgement: Partial<Judgement> = row.judgement;
  const { leader, winner, look, bandit } = judgement;
  return {
    id: row.id.slice(runId.length + 1),
    step: row.step,
    checkpoint: row.checkpoint,
    look: row.look,
    at: row.at.toISOString(),
    state: row.state,
    reason: judgement.reason ?? '',
    declared: actionWords(row.declared),
    ...(leader !== undefined && { leader }),
    ...(winner !== undefined && { winner }),
    verdicts: (judgement.verdicts ?? []).map((verdict) => ({ ...verdict })),
    quality: (judgement.quality ?? []).map(({ check, of, ok, reason }) => ({ check, of, ok, reason })),
    ...(look && { fraction: look.fraction, alphaSpent: look.alphaSpent }),
    ...(bandit && { weights: bandit.weights }),
    wouldChange: judgement.wouldChange ?? [],
    actions: actions.map((action) => actionReport(action, noteOf)),
    method: row.method,
    revision: row.revision,
    ...(row.gitCommit && { gitCommit: row.gitCommit }),
    epoch: row.epoch,
  };
}

function actionReport({ at, actor, isOverride, action }: DecisionActionRow, noteOf: Map<string, string>): ActionReport {
  const { noteId, ...done } = action;
  const note = noteId === undefined ? undefined : noteOf.get(noteId);
  return { at: at.toISOString(), actor, isOverride, action: doneWords(done), ...(note !== undefined && { note }) };
}

/** What was done, in a few words: `promote winner b`, `wait for 21600000`. */
function doneWords({ do: what, ...detail }: { do: string; [detail: string]: unknown }): string {
  const words = [detail.what, detail.arm, detail.line, Array.isArray(detail.arms) ? detail.arms.join(', ') : undefined];
  return [what, ...words.filter((word) => typeof word === 'string')].join(' ');
}

async function epochsOf(
  database: Database,
  { runNo, campaign }: { runNo: number; campaign: ResolvedCampaign },
): Promise<MeasuredReport['epochs']> {
  const found: MeasuredReport['epochs'] = [];
  for (const { id: step } of campaign.steps) {
    const epochs = new Set((await readWaves(database, { runNo, step })).map(({ epoch }) => epoch)).size;
    if (epochs > 1) found.push({ step, epochs });
  }
  return found;
}

async function objectivesOf(
  database: Database,
  { runNo, campaign, now }: { runNo: number; campaign: ResolvedCampaign; now: Date },
): Promise<ObjectiveView[]> {
  const views: ObjectiveView[] = [];
  for (const objective of campaign.objectives ?? [])
    views.push(await objectiveView(database, { campaign, runNo, objective, now }));
  return views;
}

/** What the sending may cost at most, where it is in one currency. */
function costOf({ cost }: RunRow): { currency: string; amount: number } | undefined {
  const [only] = cost;
  return cost.length === 1 && only ? { currency: only.currency, amount: only.micros / microsPerUnit } : undefined;
}

function liftReport({ lift, reason, ...base }: HoldoutReport): HoldoutLiftReport {
  if (!lift) return { ...base, verdict: reason ?? 'inconclusive' };
  return {
    ...base,
    perHead: lift.perHead,
    incremental: lift.incremental,
    ...('returnOnInvestment' in lift && { returnOnInvestment: lift.returnOnInvestment }),
    verdict: 'returnVerdict' in lift ? lift.returnVerdict : lift.verdict,
  };
}
