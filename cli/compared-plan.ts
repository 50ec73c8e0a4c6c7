/** What differs from a base, planned against the ledger and the runs under way, or offline. */

import { join } from 'node:path';
import { canonicalJson } from '../definition/canonical-json';
import type { ComparedPlan } from '../definition/compared-plan';
import { type ComparedCampaign, type Comparison, compareCampaigns } from '../definition/comparison';
import { findCampaigns } from '../definition/find-campaigns';
import type { LoadOutcome } from '../definition/load-campaign';
import { loadCampaigns } from '../definition/load-campaigns';
import type { PlanDocument } from '../definition/plan-document';
import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { type Database, openDatabase } from '../ledger/database';
import { findLiveRun } from '../ledger/live-runs';
import { checkEmail } from '../operations/check-email';
import { gatherPlan } from '../operations/gather-plan';
import { RunsAsked } from '../operations/runs-asked';
import { readBase } from './base';
import type { CommandContext } from './command';
import { campaignFiles, openWorkspace } from './workspace';

export async function comparePlan(
  context: CommandContext,
  { base, offline }: { base: string; offline: boolean },
): Promise<ComparedPlan> {
  const { workspace } = await openWorkspace(context);
  const { workspaceDir } = context.settings();
  const words = context.words(0);
  const files = words.length > 0 ? await campaignFiles(context, words) : findCampaigns(join(workspaceDir, 'campaigns'));
  const outcomes = await loadCampaigns(files, { workspace, root: workspaceDir, checkEmail });
  const before = await readBase({ folder: workspaceDir, base, workspace });
  const { campaigns, unchanged } = chosen(compareCampaigns(before.outcomes, outcomes), words.length > 0);
  const differing = outcomes.filter(({ sourceFile }) =>
    campaigns.some(({ file, relation }) => file === sourceFile && relation !== 'removed'),
  );
  const known = offline ? { campaigns } : await asked(context, { workspace, differing, campaigns });
  const document: ComparedPlan = {
    format: 'volante-comparison/1',
    environment: workspace.environment,
    base: { name: base, commit: before.commit },
    ...(before.head !== undefined && { head: before.head }),
    ...known,
    unchanged,
  };
  // The same bytes for the same facts.
  return JSON.parse(canonicalJson(document)) as ComparedPlan;
}

/** Where campaigns were named, others are no matter, and what was not named is not removed. */
function chosen({ campaigns, unchanged }: Comparison, isNamed: boolean): Comparison {
  return { campaigns: isNamed ? campaigns.filter(({ relation }) => relation !== 'removed') : campaigns, unchanged };
}

async function asked(
  context: CommandContext,
  {
    workspace,
    differing,
    campaigns,
  }: { workspace: Workspace; differing: LoadOutcome[]; campaigns: ComparedCampaign[] },
): Promise<{ plan: PlanDocument; campaigns: ComparedPlan['campaigns'] }> {
  const settings = context.settings();
  const { databaseUrl, secretKey } = settings;
  if (databaseUrl === '')
    throw new VolanteError('VOL-501', {
      message: 'No ledger to plan against: DATABASE_URL is not set and no local stack was found.',
      fix: 'set DATABASE_URL, or plan without people and money: --offline',
    });
  const isCounted = ({ campaign }: LoadOutcome) =>
    campaign !== undefined && campaign.resolved.audience.from !== 'contacts';
  if (secretKey === '' && differing.some(isCounted))
    throw new VolanteError('VOL-505', {
      message: 'VOLANTE_SECRET_KEY is not set: without it nobody can say who of a CSV audience is suppressed.',
      fix: 'set VOLANTE_SECRET_KEY, or plan without people and money: --offline',
    });
  const runs = new RunsAsked(settings);
  const database = openDatabase({ url: databaseUrl, connections: 2, applicationName: 'volante plan' });
  try {
    const plan = await gatherPlan(differing, {
      database,
      workspace,
      secretKey,
      now: new Date(),
      standingOf: (runId) => runs.standingOf(runId),
    });
    return { plan, campaigns: await withRuns(database, { campaigns, environment: workspace.environment }) };
  } finally {
    await runs.close();
    await database.end();
  }
}

async function withRuns(
  database: Database,
  { campaigns, environment }: { campaigns: ComparedCampaign[]; environment: string },
): Promise<ComparedPlan['campaigns']> {
  const found: ComparedPlan['campaigns'] = [];
  for (const campaign of campaigns) {
    const run =
      campaign.relation === 'removed'
        ? await findLiveRun(database, { campaignId: campaign.id, environment })
        : undefined;
    found.push(run ? { ...campaign, run: { runId: run.runId, phase: run.phase } } : campaign);
  }
  return found;
}
