import type { Standing } from '../definition/amendment';
import { compileAudience } from '../definition/audience-condition';
import type { LoadOutcome } from '../definition/load-campaign';
import { makePlan, type PlanInput } from '../definition/plan';
import type { PlanDocument } from '../definition/plan-document';
import { isTakenOver } from '../definition/taken-over';
import type { Workspace } from '../definition/workspace-types';
import type { Database } from '../ledger/database';
import { gatherPlanFacts } from '../ledger/plan-facts';
import { plannedExperiments } from '../measured/experiment-power';

export interface PlanSources {
  database: Database;
  workspace: Workspace;
  secretKey: string;
  now: Date;
  /** Where a run under way stands; undefined when it does not answer. */
  standingOf(runId: string): Promise<Standing | undefined>;
}

/** Asks the ledger, and runs under way, what each campaign would meet, and computes the plan. Writes nothing. */
export async function gatherPlan(outcomes: readonly LoadOutcome[], options: PlanSources): Promise<PlanDocument> {
  const inputs: PlanInput[] = [];
  for (const outcome of outcomes) inputs.push(await planInput(outcome, options));
  return makePlan(inputs, { environment: options.workspace.environment });
}

async function planInput(
  { campaign, id, sourceFile, problems }: LoadOutcome,
  { database, workspace, secretKey, now, standingOf }: PlanSources,
): Promise<PlanInput> {
  if (!campaign) return { invalid: { id, sourceFile, problems } };
  const { resolved, revision, files } = campaign;
  const { from, where } = resolved.audience;
  const gathered = await gatherPlanFacts(database, {
    campaign: resolved,
    revision,
    workspace,
    condition: compileAudience(where),
    csv: from === 'contacts' ? undefined : files.find(({ path }) => path === from.csv.path)?.content,
    secretKey,
    now,
  });
  const { live } = gathered;
  const isAmended = live && !gathered.alreadyRun && !isTakenOver(live.campaign);
  const facts = isAmended ? { ...gathered, live: { ...live, standing: await standingOf(live.runId) } } : gathered;
  const experiments = plannedExperiments(resolved, { reachable: facts.audience.reachable });
  return { campaign, facts, warnings: problems, experiments };
}
