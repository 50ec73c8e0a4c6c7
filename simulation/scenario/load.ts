import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkShape } from '../../definition/check/shape';
import { shownPath } from '../../definition/load-campaign';
import { readDefinitionText } from '../../definition/load-text';
import { ProblemList, sortProblems } from '../../definition/source/problem-list';
import { readSource } from '../../definition/source/source';
import { VolanteError } from '../../errors/volante-error';
import { type Scenario, scenarioSchema } from './schema';

export interface NamedScenario {
  /** File name without its ending; `built-in` for ours. */
  name: string;
  scenario: Scenario;
  isBuiltIn: boolean;
  /** What was drawn from the campaign, in words; see `completeScenario`. */
  assumed?: string[];
}

/** Folder beside the campaign file. */
export const scenarioFolder = 'scenarios';
const ending = /\.ya?ml$/;

/** Names of the scenarios beside a campaign, sorted. */
export function scenarioNames(campaignFolder: string): string[] {
  const folder = join(campaignFolder, scenarioFolder);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((file) => ending.test(file))
    .map((file) => file.replace(ending, ''))
    .sort();
}

/**
 * Reads and checks a scenario by its name.
 * @throws VolanteError VOL-101 when there is none, VOL-100 with every problem when it is wrong
 */
export function loadScenario(campaignFolder: string, name: string, options: { root?: string } = {}): NamedScenario {
  const known = scenarioNames(campaignFolder);
  if (!known.includes(name))
    throw new VolanteError('VOL-101', {
      message: `no scenario ${name} beside this campaign`,
      fix: known.length > 0 ? `name one of ${known.join(', ')}` : `write ${scenarioFolder}/${basename(name)}.yaml`,
    });
  const folder = join(campaignFolder, scenarioFolder);
  const file = [`${name}.yaml`, `${name}.yml`]
    .map((each) => join(folder, each))
    .find((each) => statSync(each, { throwIfNoEntry: false }));
  const problems = new ProblemList(shownPath(file ?? folder, options.root));
  const text = file === undefined ? undefined : readDefinitionText(file, problems);
  const source = text === undefined ? undefined : readSource(text, problems);
  const scenario = source && checkShape(scenarioSchema, { source, problems });
  if (!scenario || problems.hasErrors)
    throw new VolanteError('VOL-100', {
      message: `${problems.file} is wrong`,
      problems: sortProblems(problems.problems),
    });
  return { name, scenario, isBuiltIn: false };
}

/** What is assumed where nobody wrote a scenario: ordinary rates, alike in all arms, and people who approve. */
export function builtInScenario(): NamedScenario {
  const scenario = scenarioSchema.parse({
    description: 'ordinary rates, alike in all arms; everybody approves within an hour',
    visitors: 1000,
    timeZones: {},
    rates: {
      opened: { base: '30%', delay: '8h' },
      clicked: { base: '4%', delay: '8h' },
      converted: { base: '1.5%', delay: '12h', amount: '45 EUR', spread: '25 EUR' },
      complained: { base: '0.02%', delay: '6h' },
      unsubscribed: { base: '0.2%', delay: '6h' },
    },
    bounces: '0.5%',
  });
  return { name: 'built-in', scenario, isBuiltIn: true };
}
