import type { LoadedCampaign } from '../../definition/load-campaign';
import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { personWriting } from '../../definition/people';
import type { PlanDocument, PlannedCampaign } from '../../definition/plan-document';
import type { Person, Workspace } from '../../definition/workspace-types';
import { exitCodes } from '../../errors/catalogue';
import { isVolanteError, VolanteError } from '../../errors/volante-error';
import { migrate } from '../../ledger/migrate';
import { type Applied, applyCampaign } from '../../operations/apply';
import { checkEmail } from '../../operations/check-email';
import type { Operator } from '../../operations/connect';
import { gatherPlan } from '../../operations/gather-plan';
import { askStanding } from '../../operations/standing';
import { asOption, type Command, type CommandContext, type CommandResult, yesOption } from '../command';
import { gitFacts } from '../git';
import { actingPerson, withOperator } from '../operator';
import { renderPlan } from '../plan-text';
import { findPlan } from '../saved-plans';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'launch what a plan says',
  description: [
    'volante apply <hash>       applies the plan that `volante plan` printed, if nothing it rests on has changed since',
    'volante apply <paths...>   plans, shows the plan, asks, and applies it',
    'The same revision applied twice starts nothing twice.',
  ].join('\n'),
  arguments: [{ name: '[what...]', description: 'plan hash, or files, folders or ids' }],
  options: [
    { flags: '--again <n>', description: 'run the same revision again on purpose: 2, 3, …' },
    asOption,
    yesOption,
  ],
  examples: ['apply 7f3a52c01d9e --as luis', 'apply spring-sale --as luis --yes'],
  async run(context) {
    const person = await actingPerson(context);
    const again = readAgain(context.option('again'));
    const { workspace } = await openWorkspace(context);
    const words = context.words(0);
    const [first] = words;
    const saved =
      words.length === 1 && first && /^[0-9a-f]{7,64}$/.test(first) ? await savedPlan(context, first) : undefined;
    const files = await campaignFiles(context, saved ? saved.campaigns.map(({ file }) => file) : words);
    const outcomes = await loadCampaigns(files, { workspace, root: context.cwd, checkEmail });
    const errors = problemsOf(outcomes).filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new VolanteError('VOL-100', { message: 'Nothing was applied.', problems: errors });

    await migrate(context.settings().databaseUrl);
    return withOperator(context, async (operator) => {
      const { secretKey } = context.settings();
      const plan = await gatherPlan(outcomes, {
        database: operator.database,
        workspace,
        secretKey,
        now: new Date(),
        standingOf: (runId) => askStanding(operator.client, runId),
      });
      if (saved) refuseStale(saved, plan);
      else if (!(await agreed(context, plan))) return { text: 'Nothing was applied.', json: { applied: [] } };
      const campaigns = outcomes.flatMap(({ campaign }) => (campaign ? [campaign] : []));
      return applyAll(context, { operator, workspace, person, plan, campaigns, again });
    });
  },
};

/** A word like a hash that is none is a path. */
async function savedPlan(context: CommandContext, hash: string): Promise<PlanDocument | undefined> {
  try {
    return await findPlan(hash, context.settings().dataDir);
  } catch (error) {
    const isPath = isVolanteError(error) && (await campaignFiles(context, [hash]).catch(() => [])).length > 0;
    if (isPath) return undefined;
    throw error;
  }
}

/** The plan hash covers content, people and money; whatever else changed does not make a plan stale. */
function refuseStale(saved: PlanDocument, current: PlanDocument): void {
  const stale = planned(saved).filter(
    ({ id, planHash }) => planned(current).find((other) => other.id === id)?.planHash !== planHash,
  );
  if (stale.length === 0) return;
  const reasons = stale.map((before) => {
    const now = planned(current).find(({ id }) => id === before.id);
    if (!now) return `${before.id} is gone`;
    if (now.revision !== before.revision) return `${before.id}: the definition changed`;
    if (now.audience.targeted !== before.audience.targeted)
      return `${before.id}: ${before.audience.targeted} people were planned, ${now.audience.targeted} it would be now`;
    return `${before.id}: other people or another price`;
  });
  throw new VolanteError('VOL-400', { message: `The plan is stale. ${reasons.join('; ')}.` });
}

function planned(plan: PlanDocument): PlannedCampaign[] {
  return plan.campaigns.filter((campaign) => campaign.action !== 'invalid');
}

async function agreed(context: CommandContext, plan: PlanDocument): Promise<boolean> {
  context.terminal.progress(renderPlan(plan, { colors: context.terminal.colors, full: false }));
  const again = context.option('again');
  const { launch, change, amend } = plan.summary;
  if (launch + change + amend === 0 && again === undefined) return true;
  return context.confirm(
    again === undefined ? 'Apply this plan?' : `Apply this plan, as run ${again} of its revision?`,
  );
}

interface Application {
  operator: Operator;
  workspace: Workspace;
  person: Person;
  plan: PlanDocument;
  campaigns: LoadedCampaign[];
  again?: number;
}

type Outcome = { campaign: string } & (Applied | { problem: string });

/** Campaign by campaign: one that cannot be started does not keep the others back. */
async function applyAll(context: CommandContext, application: Application): Promise<CommandResult> {
  const applied: Outcome[] = [];
  for (const campaign of application.campaigns) {
    try {
      applied.push({ campaign: campaign.resolved.id, ...(await applyOne(application, campaign)) });
    } catch (error) {
      if (application.campaigns.length === 1) throw error;
      applied.push({ campaign: campaign.resolved.id, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  const failed = applied.filter((item) => 'problem' in item);
  const started = applied.find((item) => 'outcome' in item && item.outcome === 'started');
  return {
    exitCode: failed.length > 0 ? exitCodes.partial : exitCodes.ok,
    text: applied.map((item) => line(item, context)).join('\n'),
    json: { planHash: application.plan.hash, applied },
    next: started ? `status ${started.campaign}` : 'status',
  };
}

async function applyOne(
  { operator, workspace, person, plan, again }: Application,
  { resolved, revision, files, folder }: LoadedCampaign,
): Promise<Applied> {
  const git = await gitFacts(folder);
  const facts = planned(plan).find(({ id }) => id === resolved.id);
  return applyCampaign(operator, {
    campaign: resolved,
    revision,
    files,
    planHash: facts?.planHash ?? '',
    environment: workspace.environment,
    by: person.id,
    lastCommitter: personWriting(workspace, git.lastCommitterEmail),
    gitCommit: git.commit,
    targeted: facts?.audience.targeted ?? 0,
    again,
  });
}

function readAgain(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const again = Number(text);
  if (!Number.isInteger(again) || again < 2 || again > 999)
    throw new VolanteError('VOL-102', { message: `--again: "${text}" is no number from 2 to 999.` });
  return again;
}

function line(item: Outcome, context: CommandContext): string {
  const { campaign } = item;
  if ('problem' in item) return `✖ ${campaign}: ${item.problem}`;
  const { runId } = item;
  switch (item.outcome) {
    case 'already':
      return `= ${campaign}: this revision was applied before (${runId}); nothing was started`;
    case 'scheduled':
      return `✔ ${campaign}: scheduled (${runId})`;
    case 'amended':
      return [
        `✔ ${campaign}: amended ${runId} (amendment ${item.amendment.no})`,
        ...item.amendment.voids.map((gate) => `  gate ${gate} must be passed again`),
      ].join('\n');
    case 'started': {
      const { temporalUiUrl, temporalNamespace } = context.settings();
      const link = temporalUiUrl
        ? `\n  ${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(runId)}`
        : '';
      return `✔ ${campaign}: started ${runId}${link}`;
    }
  }
}
