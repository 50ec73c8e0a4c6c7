import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { VolanteError } from '../../errors/volante-error';
import { builtInScenario, loadScenario } from '../../simulation/scenario/load';
import { checkEmail } from '../check-email';
import type { Command } from '../command';
import { runSimulation } from '../simulation-program';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'play a campaign in skipped time, before anybody gets it',
  arguments: [{ name: '<campaign>', description: 'a file, a folder or an id' }],
  options: [
    { flags: '--scenario <name>', description: 'how the world behaves: a file of scenarios/ beside the campaign' },
    { flags: '--seed <number>', description: 'where chance begins; the same seed gives the same bytes' },
  ],
  examples: ['simulate subject-test --scenario b-is-better'],
  obeysSignal: true,
  async run(context) {
    const { workspace } = await openWorkspace(context);
    const files = await campaignFiles(context, [context.argument(0) ?? '']);
    const [outcome] = await loadCampaigns(files, { workspace, root: context.cwd, checkEmail });
    if (!outcome?.campaign)
      throw new VolanteError('VOL-100', { message: 'wrong', problems: problemsOf(outcome ? [outcome] : []) });
    const { campaign } = outcome;
    const name = context.option('scenario');
    const named = name === undefined ? builtInScenario() : loadScenario(campaign.folder, name, { root: context.cwd });
    const seed = Number(context.option('seed') ?? named.scenario.seed);
    const runs = await runSimulation(context, {
      campaign: campaign.resolved,
      files: campaign.files.map(({ path, content }) => ({ path, content: Buffer.from(content).toString('base64') })),
      workspace,
      scenario: named.scenario,
      seeds: [seed],
    });
    return { json: { runs } };
  },
};
