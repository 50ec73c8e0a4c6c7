/** Messages compiled once per revision and process, from the bytes that the ledger keeps for that revision. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { compileEmail } from '../email';
import type { CompiledEmail } from '../email/compiled';
import type { Database } from '../ledger/database';
import { Recent } from '../ledger/recent';
import { readRevision } from '../ledger/revisions';
import { storedEmailSource } from '../ledger/stored-email';
import type { CompiledEmails } from './dependencies';

const mostCached = 50;

export function createCompiledEmails(database: Database): CompiledEmails {
  const compiled = new Recent<CompiledEmail>(mostCached);
  return {
    get: (revision, step, arm) =>
      compiled.get(`${revision}/${step}/${arm ?? ''}`, () => compileStep(database, { revision, stepId: step, arm })),
  };
}

async function compileStep(
  database: Database,
  { revision, stepId, arm }: { revision: string; stepId: string; arm?: string },
): Promise<CompiledEmail> {
  const stored = await readRevision(database, revision);
  const step = stored?.campaign.steps.find(({ id }) => id === stepId);
  if (!stored || step?.kind !== 'email')
    throw ApplicationFailure.nonRetryable(
      `revision ${revision.slice(0, 12)} has no e-mail step ${stepId}`,
      failureTypes.planInvalid,
    );
  const source = storedEmailSource(stored, step, arm);
  if (!source) throw ApplicationFailure.nonRetryable(`revision has lost a file of ${stepId}`, failureTypes.planInvalid);
  const result = await compileEmail(source);
  if (result.email) return result.email;
  // Applying the revision had checked it: only another version of the compiler can find something now.
  const [problem] = result.problems;
  throw ApplicationFailure.nonRetryable(
    `${problem?.source}:${problem?.line}:${problem?.column} ${problem?.rule} ${problem?.message}`,
    failureTypes.templateInvalid,
  );
}
