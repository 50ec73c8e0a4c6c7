import type { Problem } from '../errors/problem';
import { type LoadOptions, type LoadOutcome, loadCampaign } from './load-campaign';
import { startOfFile } from './source/place';
import { ProblemList, sortProblems } from './source/problem-list';

/** Loads many campaigns and checks them against each other. In the order of the files given. */
export async function loadCampaigns(files: readonly string[], options: LoadOptions): Promise<LoadOutcome[]> {
  const outcomes: LoadOutcome[] = [];
  for (const file of files) outcomes.push(await loadCampaign({ ...options, file }));
  return withUniqueIds(outcomes);
}

function withUniqueIds(outcomes: readonly LoadOutcome[]): LoadOutcome[] {
  const byId = new Map<string, LoadOutcome[]>();
  for (const outcome of outcomes) {
    if (outcome.id !== undefined) byId.set(outcome.id, [...(byId.get(outcome.id) ?? []), outcome]);
  }
  return outcomes.map((outcome) => {
    const twin = byId.get(outcome.id ?? '')?.find((other) => other !== outcome);
    return twin ? withTwin(outcome, twin) : outcome;
  });
}

function withTwin(outcome: LoadOutcome, twin: LoadOutcome): LoadOutcome {
  const problems = new ProblemList(outcome.sourceFile);
  const message = `"${outcome.id}" is also the id of ${twin.sourceFile}`;
  problems.add({ rule: 'DEF-012', message, place: outcome.idPlace ?? startOfFile });
  return { ...outcome, campaign: undefined, problems: sortProblems([...outcome.problems, ...problems.problems]) };
}

export function problemsOf(outcomes: readonly LoadOutcome[]): Problem[] {
  return sortProblems(outcomes.flatMap(({ problems }) => problems));
}
