import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import { schemaDocument } from '../../definition/schema/json-schema';
import { VolanteError } from '../../errors/volante-error';
import { packageRoot } from '../../settings/package-root';
import { characteristicsOf, renderCharacteristics } from '../../simulation/operating';
import { builtInScenario, loadScenario, scenarioNames } from '../../simulation/scenario/load';
import { scenarioSchema } from '../../simulation/scenario/schema';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('scenarios');
mkdirSync(join(home.path, 'scenarios'));
afterAll(() => home.remove());

function write(name: string, text: string): void {
  writeFileSync(join(home.path, 'scenarios', `${name}.yaml`), text);
}

function failure(name: string): VolanteError {
  try {
    loadScenario(home.path, name, { root: home.path });
  } catch (error) {
    if (error instanceof VolanteError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

test('a misspelt key is named with its place and what was meant', () => {
  write('misspelt', 'description: x\nrates:\n  cliked: { base: 5% }\n');
  const { code, problems } = failure('misspelt');
  expect(code).toBe('VOL-100');
  expect(problems).toEqual([
    expect.objectContaining({
      file: 'scenarios/misspelt.yaml',
      line: 3,
      column: 3,
      rule: 'DEF-004',
      fix: 'did you mean "clicked"?',
    }),
  ]);
});

test('all mistakes are told at once', () => {
  write('many', 'description: x\ncontacts: 0\nbounces: many\napprovers: { verdict: maybe }\nexpect: { ends: soon }\n');
  expect(failure('many').problems.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
});

test('a scenario that is not there is refused with those that are', () => {
  write('fine', 'description: x\n');
  expect(failure('fin')).toMatchObject({ code: 'VOL-101', fix: expect.stringContaining('fine') });
  expect(failure('../fine')).toMatchObject({ code: 'VOL-101' });
  expect(scenarioNames(home.path)).toContain('fine');
  expect(loadScenario(home.path, 'fine').scenario).toMatchObject({ contacts: 10_000, seed: 1 });
});

test('without a scenario the rates are ordinary, alike in all arms', () => {
  const { scenario, isBuiltIn } = builtInScenario();
  expect(isBuiltIn).toBe(true);
  expect(Object.values(scenario.rates).every((rate) => Object.keys(rate?.arms ?? {}).length === 0)).toBe(true);
});

test('the JSON Schema beside the definitions is the one the code makes (`npm run schema`)', () => {
  const checkedIn = readFileSync(join(packageRoot(), 'definition', 'scenario.schema.json'), 'utf8');
  expect(checkedIn).toBe(`${JSON.stringify(schemaDocument(scenarioSchema), null, 2)}\n`);
});

test('the rules of a plan alone: few false winners, and the real ones mostly found', async () => {
  const { workspace } = await loadWorkspace(packageRoot());
  if (!workspace) throw new Error('no workspace');
  const folder = join(packageRoot(), 'campaigns', 'subject-test');
  const { campaign } = await loadCampaign({ workspace, folder });
  if (!campaign) throw new Error('no campaign');
  const { scenario } = loadScenario(folder, 'no-difference');
  const steps = characteristicsOf(campaign.resolved, { ...scenario, contacts: 40_000 }, { seed: 1, reps: 300 });
  expect(steps).toEqual([expect.objectContaining({ step: 'letter', looks: [0.1, 0.5], maxRecipients: 40_000 })]);
  const { falsePromotions, power } = steps[0]?.outcome ?? {};
  // Two-sided 5 %, of which half would promote the other arm; three Monte-Carlo errors of room.
  expect(falsePromotions?.share).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 300));
  expect(power?.share).toBeGreaterThan(0.7);
  const again = characteristicsOf(campaign.resolved, { ...scenario, contacts: 40_000 }, { seed: 1, reps: 300 });
  expect(renderCharacteristics(campaign.resolved, again)).toBe(renderCharacteristics(campaign.resolved, steps));
});
