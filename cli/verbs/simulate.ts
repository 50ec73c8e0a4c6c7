import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadedCampaign } from '../../definition/load-campaign';
import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import type { Workspace } from '../../definition/workspace-types';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { checkEmail } from '../../operations/check-email';
import { allMet, simulationJson, simulationOf } from '../../simulation/document';
import { renderSimulationHtml } from '../../simulation/html';
import { characteristicsOf, renderCharacteristics } from '../../simulation/operating';
import { completeScenario } from '../../simulation/scenario/drawn-from-campaign';
import { builtInScenario, loadScenario, type NamedScenario, scenarioNames } from '../../simulation/scenario/load';
import { renderSimulationText } from '../../simulation/text';
import type { Command, CommandContext, CommandResult } from '../command';
import { runSimulation } from '../simulation-program';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'play a campaign in skipped time, before anybody gets it',
  description:
    'Runs the real workflows over people who do not exist: months pass in seconds, nothing is sent. A scenario (a file of\n' +
    'scenarios/ beside the campaign) says how often people click, buy or complain in each arm, when platforms are down and\n' +
    `how approvers answer. What it expects is checked: exit code ${exitCodes.partial} when something else comes out.\n` +
    '--operating-characteristics plays the decision rules alone, thousands of times, and says how often they are wrong.',
  arguments: [{ name: '<campaign>', description: 'a file, a folder or an id' }],
  options: [
    {
      flags: '--scenario <name>',
      description: 'how the world behaves; without, ordinary rates that are alike in all arms',
    },
    { flags: '--seed <number>', description: 'where chance begins; the same seed gives the same bytes' },
    { flags: '--runs <number>', description: 'this many runs, each with the next seed' },
    { flags: '--html <file>', description: 'write a page with charts' },
    { flags: '--out <file>', description: 'write the JSON document' },
    { flags: '--operating-characteristics', description: 'false winners, power and harm caught by the rules alone' },
    {
      flags: '--reps <number>',
      description: 'with --operating-characteristics: experiments of each sort (default 2000)',
    },
  ],
  examples: [
    'simulate subject-test',
    'simulate subject-test --scenario b-is-better --html simulation.html',
    'simulate subject-test --scenario no-difference --runs 5',
    'simulate subject-test --operating-characteristics',
  ],
  obeysSignal: true,
  async run(context) {
    const { workspace } = await openWorkspace(context);
    const campaign = await oneCampaign(context, workspace);
    const named = scenarioOf(context, campaign, workspace);
    const seed = wholeNumber(context, 'seed', { least: 0 }) ?? named.scenario.seed;
    if (context.flag('operatingCharacteristics')) return characteristics(context, { campaign, named, seed });
    const count = wholeNumber(context, 'runs', { least: 1 }) ?? 1;
    const runs = await runSimulation(context, {
      campaign: campaign.resolved,
      files: campaign.files.map(({ path, content }) => ({ path, content: Buffer.from(content).toString('base64') })),
      workspace,
      scenario: named.scenario,
      seeds: Array.from({ length: count }, (_, index) => seed + index),
    });
    const simulation = simulationOf(campaign, named, runs);
    const json = simulationJson(simulation);
    const [htmlFile, jsonFile] = [context.option('html'), context.option('out')];
    if (htmlFile !== undefined) await writeFile(resolve(context.cwd, htmlFile), renderSimulationHtml(simulation));
    if (jsonFile !== undefined) await writeFile(resolve(context.cwd, jsonFile), json);
    return {
      exitCode: allMet(simulation) ? exitCodes.ok : exitCodes.partial,
      text: renderSimulationText(simulation),
      json: JSON.parse(json),
      next: `plan ${campaign.resolved.id}`,
    };
  },
};

async function oneCampaign(context: CommandContext, workspace: Workspace): Promise<LoadedCampaign> {
  const word = context.argument(0) ?? '';
  const files = await campaignFiles(context, [word]);
  if (files.length !== 1)
    throw new VolanteError('VOL-102', {
      message: `${word} holds ${files.length} campaigns; one can be simulated at a time`,
    });
  const outcomes = await loadCampaigns(files, { workspace, root: context.cwd, checkEmail });
  const [outcome] = outcomes;
  if (outcome?.campaign) return outcome.campaign;
  throw new VolanteError('VOL-100', { message: `${outcome?.sourceFile} is wrong`, problems: problemsOf(outcomes) });
}

/** The one that is named, or ours; what it does not say of customers is drawn from the campaign. */
function scenarioOf(
  context: CommandContext,
  { folder, resolved }: LoadedCampaign,
  workspace: Workspace,
): NamedScenario {
  const name = context.option('scenario');
  const others = scenarioNames(folder);
  if (name === undefined && others.length > 0)
    context.terminal.progress(`scenarios beside this campaign: ${others.join(', ')}`);
  const named = name === undefined ? builtInScenario() : loadScenario(folder, name, { root: context.cwd });
  return { ...named, ...completeScenario(resolved, named.scenario, workspace) };
}

function wholeNumber(context: CommandContext, name: string, { least }: { least: number }): number | undefined {
  const text = context.option(name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= least) return number;
  throw new VolanteError('VOL-102', { message: `--${name} ${text}: this is no whole number from ${least} on` });
}

function characteristics(
  context: CommandContext,
  { campaign, named, seed }: { campaign: LoadedCampaign; named: NamedScenario; seed: number },
): CommandResult {
  const reps = wholeNumber(context, 'reps', { least: 100 }) ?? 2_000;
  const steps = characteristicsOf(campaign.resolved, named.scenario, { seed, reps });
  return {
    text: renderCharacteristics(campaign.resolved, steps),
    json: {
      format: 'volante-operating-characteristics/1',
      campaign: campaign.resolved.id,
      scenario: named.name,
      steps,
    },
    next: `simulate ${campaign.resolved.id}`,
  };
}
