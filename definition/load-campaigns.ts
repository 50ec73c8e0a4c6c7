import type { Problem } from '../errors/problem';
import { type LoadOptions, type LoadOutcome, loadCampaign } from './load-campaign';
import { startOfFile } from './source/place';
import { ProblemList, sortProblems } from './source/problem-list';

/** Loads many campaigns and checks them against each other. In the order of the files given. */
export async function loadCampaigns(files: readonly string[], options: LoadOptions): Promise<LoadOutcome[]> {
  const outcomes: LoadOutcome[] = [];
  for (const file of files) outcomes.push(await loadCampaign({ ...options, file }));
  return outcomes.map((outcome) => withUniqueId(outcome, outcomes));
}

function withUniqueId(outcome: LoadOutcome, all: readonly LoadOutcome[]): LoadOutcome {
  const twin = all.find((other) => other.sourceFile !== outcome.sourceFile && other.id === outcome.id);
  if (outcome.id === undefined || !twin) return outcome;
  const problems = new ProblemList(outcome.sourceFile);
  const message = `"${outcome.id}" is also the id of ${twin.sourceFile}`;
  problems.add({ rule: 'DEF-012', message, place: outcome.idPlace ?? startOfFile });
  return { ...outcome, campaign: undefined, problems: sortProblems([...outcome.problems, ...problems.problems]) };
}

export function problemsOf(outcomes: readonly LoadOutcome[]): Problem[] {
  return sortProblems(outcomes.flatMap(({ problems }) => problems));
}
