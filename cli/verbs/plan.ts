import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { planJson } from '../../definition/plan';
import type { PlanSummary } from '../../definition/plan-document';
import { type ExitCode, exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { openDatabase } from '../../ledger/database';
import { checkEmail } from '../../operations/check-email';
import { gatherPlan } from '../../operations/gather-plan';
import { RunsAsked } from '../../operations/runs-asked';
import type { Command, CommandContext, CommandResult } from '../command';
import { comparisonResult, formats } from '../comparison-result';
import { renderPlan, shortHash } from '../plan-text';
import { problemTexts } from '../problem-text';
import { savePlan } from '../saved-plans';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'show what applying would do',
  description:
    'Shows whom each campaign would reach, what it costs, when, and what cannot be undone. Changes nothing. With --base only what differs from another commit, for pull requests.',
  arguments: [{ name: '[paths...]', description: 'files, folders or ids; without any, campaigns/' }],
  options: [
    { flags: '--full', description: 'show everything' },
    {
      flags: '--detailed-exitcode',
      description: `exit with ${exitCodes.changesPresent} when there is something to apply`,
    },
    {
      flags: '--base <commit>',
      description: 'plan what differs from where this branch left that one, such as origin/main',
    },
    { flags: '--offline', description: 'with --base: ask no ledger and no run; people and money stay unknown' },
    { flags: '--format <format>', description: `with --base: ${formats.join(', ')}` },
    { flags: '--comment', description: 'with --base: write it on the pull request, as one comment that is edited' },
    { flags: '--status', description: 'with --base: set the status volante/plan of the commit' },
  ],
  examples: ['plan', 'plan spring-sale --full', 'plan --json', 'plan --base origin/main --format markdown'],
  async run(context) {
    const base = context.option('base');
    if (base !== undefined) return comparisonResult(context, base);
    for (const name of ['offline', 'comment', 'status', 'format'])
      if (context.flag(name) || context.option(name) !== undefined)
        throw new VolanteError('VOL-102', { message: `--${name} needs --base`, fix: 'add --base origin/main' });
    return planResult(context);
  },
};

async function planResult(context: CommandContext): Promise<CommandResult> {
  const { workspace } = await openWorkspace(context);
  const files = await campaignFiles(context, context.words(0));
  const outcomes = await loadCampaigns(files, { workspace, root: context.cwd, checkEmail });
  const { databaseUrl, secretKey, dataDir } = context.settings();
  const runs = new RunsAsked(context.settings());
  const database = openDatabase({ url: databaseUrl, connections: 2, applicationName: 'volante plan' });
  try {
    const plan = await gatherPlan(outcomes, {
      database,
      workspace,
      secretKey,
      now: new Date(),
      standingOf: (runId) => runs.standingOf(runId),
    });
    await savePlan(plan, dataDir);
    const { colors } = context.terminal;
    const errors = problemsOf(outcomes).filter(({ severity }) => severity === 'error');
    const frames = problemTexts(errors, { colors, cwd: context.cwd });
    const { invalid, refused } = plan.summary;
    return {
      exitCode: planExitCode(context, plan.summary),
      text: [...frames, renderPlan(plan, { colors, full: context.flag('full') })].join('\n\n'),
      json: JSON.parse(planJson(plan)),
      next: hasChanges(plan.summary) && invalid + refused === 0 ? `apply ${plan.hash.slice(0, shortHash)}` : undefined,
    };
  } finally {
    await runs.close();
    await database.end();
  }
}

function hasChanges({ launch, change, amend }: PlanSummary): boolean {
  return launch + change + amend > 0;
}

function planExitCode(context: CommandContext, summary: PlanSummary): ExitCode {
  if (summary.invalid > 0) return exitCodes.invalid;
  if (summary.refused > 0) return exitCodes.refused;
  return hasChanges(summary) && context.flag('detailedExitcode') ? exitCodes.changesPresent : exitCodes.ok;
}
