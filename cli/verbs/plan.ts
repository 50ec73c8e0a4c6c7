import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { planJson } from '../../definition/plan';
import { exitCodes } from '../../errors/catalogue';
import { openDatabase } from '../../ledger/database';
import { checkEmail } from '../../operations/check-email';
import { gatherPlan } from '../../operations/gather-plan';
import { RunsAsked } from '../../operations/runs-asked';
import type { Command } from '../command';
import { renderPlan, shortHash } from '../plan-text';
import { problemTexts } from '../problem-text';
import { savePlan } from '../saved-plans';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'show what applying would do',
  description: 'Shows whom each campaign would reach, what it costs, when, and what cannot be undone. Changes nothing.',
  arguments: [{ name: '[paths...]', description: 'files, folders or ids; without any, campaigns/' }],
  options: [
    { flags: '--full', description: 'show everything' },
    {
      flags: '--detailed-exitcode',
      description: `exit with ${exitCodes.changesPresent} when there is something to apply`,
    },
  ],
  examples: ['plan', 'plan spring-sale --full', 'plan --json'],
  async run(context) {
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
      const { launch, change, amend, refused, invalid } = plan.summary;
      const { colors } = context.terminal;
      const errors = problemsOf(outcomes).filter(({ severity }) => severity === 'error');
      const frames = problemTexts(errors, { colors, cwd: context.cwd });
      const changes = launch + change + amend > 0;
      return {
        exitCode:
          invalid > 0
            ? exitCodes.invalid
            : refused > 0
              ? exitCodes.refused
              : changes && context.flag('detailedExitcode')
                ? exitCodes.changesPresent
                : exitCodes.ok,
        text: [...frames, renderPlan(plan, { colors, full: context.flag('full') })].join('\n\n'),
        json: JSON.parse(planJson(plan)),
        next: changes && invalid + refused === 0 ? `apply ${plan.hash.slice(0, shortHash)}` : undefined,
      };
    } finally {
      await runs.close();
      await database.end();
    }
  },
};
