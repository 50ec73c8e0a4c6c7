/** Puts a simulation together: what was simulated, how, what came out and whether it was expected. */

import { canonicalJson } from '../definition/canonical-json';
import type { LoadedCampaign } from '../definition/load-campaign';
import type { ResolvedCampaign } from '../definition/resolved';
import { checkExpectations } from './expectations';
import type { SimulatedRun, Simulation } from './result';
import type { NamedScenario } from './scenario/load';

export function simulationOf(
  { resolved, revision, sourceFile }: Pick<LoadedCampaign, 'resolved' | 'revision' | 'sourceFile'>,
  { name, scenario, isBuiltIn, assumed = [] }: NamedScenario,
  runs: SimulatedRun[],
): Simulation {
  const { expect } = scenario;
  return {
    format: 'volante-simulation/1',
    campaign: {
      id: resolved.id,
      name: resolved.name,
      file: sourceFile,
      revision,
      timezone: resolved.schedule.timezone,
    },
    scenario: { name, description: scenario.description, contacts: scenario.contacts, isBuiltIn },
    assumptions: [
      peopleInWords(resolved, scenario.contacts),
      ...assumed,
      'messages leave within the minute: the rate of the platform is not played',
      ...(resolved.schedule.cron.length > 0 ? ['one firing of the schedule is played'] : []),
      ...(isBuiltIn && !resolved.program
        ? ['rates are guesses of ours, alike in all arms: write a scenario with your own']
        : []),
    ],
    runs,
    expectations: expect ? runs.flatMap((run) => checkExpectations(run, expect)) : [],
  };
}

function peopleInWords({ audience, trigger, program }: ResolvedCampaign, contacts: number): string {
  const { from, where } = audience;
  const book = from === 'contacts' ? 'the contact book' : from.csv.path;
  const met = where === undefined || trigger || program ? '' : `; all of them meet \`where: ${where}\``;
  return `${contacts} people who do not exist stand for ${book}${met}`;
}

export function allMet({ expectations }: Simulation): boolean {
  return expectations.every(({ met }) => met);
}

/** The same simulation, the same bytes. */
export function simulationJson(simulation: Simulation): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(simulation)), null, 2)}\n`;
}
