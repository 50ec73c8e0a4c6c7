/** Simulations for tests: the campaigns of this repository, played in skipped time over servers of the test's own. */
import { join } from 'node:path';
import type { LoadedCampaign } from '../../definition/load-campaign';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { Workspace } from '../../definition/workspace-types';
import { packageRoot } from '../../settings/package-root';
import { simulationOf } from '../../simulation/document';
import type { Simulation } from '../../simulation/result';
import { completeScenario } from '../../simulation/scenario/drawn-from-campaign';
import { builtInScenario, loadScenario, scenarioNames } from '../../simulation/scenario/load';
import type { Scenario } from '../../simulation/scenario/schema';
import { renderSimulationText } from '../../simulation/text';
import { Ground } from '../../workers/simulation/ground';
import { simulateRun } from '../../workers/simulation/one-run';
import { buildWorkflowBundle, simulationBundle } from '../../workers/workflow-bundle';
import { codeBlocks, documents } from './documentation';
import { quietRuntime } from './temporal';

/** In place of a scenario's name: none beside the campaign, but ours. */
export const ordinary = '';

export interface Simulator {
  campaign: LoadedCampaign;
  simulate(scenario: string, changes?: Partial<Scenario>): Promise<Simulation>;
  close(): Promise<void>;
}

export async function simulatorOf(campaignId: string): Promise<Simulator> {
  quietRuntime();
  const root = packageRoot();
  const bundle = simulationBundle(root, join(root, 'dist', 'test-simulation-bundle.js'));
  const [{ workspace }] = await Promise.all([loadWorkspace(root), buildWorkflowBundle(bundle)]);
  if (!workspace) throw new Error('volante.yaml is wrong');
  const campaign = await campaignOf(campaignId, workspace);
  const ground = await Ground.prepare({
    bundleFile: bundle.file,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  return {
    campaign,
    async simulate(name, changes = {}) {
      const named = name === ordinary ? builtInScenario() : loadScenario(campaign.folder, name);
      const given = { ...named.scenario, ...changes };
      const { scenario, assumed } = completeScenario(campaign.resolved, given, workspace);
      const files = campaign.files.map(({ path, content }) => ({ path, content: Buffer.from(content) }));
      const run = await simulateRun(ground, {
        campaign: campaign.resolved,
        files,
        workspace,
        scenario,
        seed: scenario.seed,
      });
      return simulationOf(campaign, { ...named, scenario, assumed }, [run]);
    },
    close: () => ground.clear(),
  };
}

async function campaignOf(id: string, workspace: Workspace): Promise<LoadedCampaign> {
  const { campaign, problems } = await loadCampaign({ workspace, folder: join(packageRoot(), 'campaigns', id) });
  if (!campaign) throw new Error(problems.map(({ message }) => message).join('; '));
  return campaign;
}

/** One test a scenario: what it expects comes out. */
export function describeGallery(campaignId: string): void {
  let simulator: Simulator;

  beforeAll(async () => {
    simulator = await simulatorOf(campaignId);
  }, 120_000);
  afterAll(() => simulator.close());

  test.each(scenarioNames(join(packageRoot(), 'campaigns', campaignId)))(
    '%s',
    async (name) => {
      const simulation = await simulator.simulate(name);
      const { expectations, runs } = simulation;
      expect(expectations.length).toBeGreaterThan(1);
      expect(expectations.filter(({ met }) => !met)).toEqual([]);
      expect(runs[0]?.balanced).toBe(true);
      const lines = new Set(
        renderSimulationText(simulation)
          .split('\n')
          .map((line) => line.trim()),
      );
      expect(shownInGallery(campaignId, name).filter((line) => !lines.has(line))).toEqual([]);
    },
    180_000,
  );

  test('the page of the gallery shows one of them', () => {
    const shown = scenarioNames(join(packageRoot(), 'campaigns', campaignId)).map((name) =>
      shownInGallery(campaignId, name),
    );
    expect(Math.max(...shown.map(({ length }) => length))).toBeGreaterThan(3);
  });
}

/** Lines that the page of the gallery shows of a scenario's output. */
function shownInGallery(campaignId: string, scenario: string): string[] {
  const page = documents().find(({ path }) => path === 'docs/how-to/gallery.md');
  const command = `$ volante simulate ${campaignId} --scenario ${scenario}\n`;
  const block = page && codeBlocks(page).find(({ code }) => code.startsWith(command));
  const lines = block?.code.slice(command.length).split('\n') ?? [];
  return lines.map((line) => line.trim()).filter((line) => line !== '' && line !== '…');
}
