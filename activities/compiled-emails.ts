/** Messages compiled once per revision and process, from the bytes that the ledger keeps for that revision. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { EmailStep } from '../definition/resolved';
import { compileEmail } from '../email';
import type { CompiledEmail } from '../email/compiled';
import type { Database } from '../ledger/database';
import { readRevision, type StoredRevision } from '../ledger/revisions';
import type { CompiledEmails } from './dependencies';

const mostCached = 50;

export function createCompiledEmails(database: Database): CompiledEmails {
  const cache = new Map<string, Promise<CompiledEmail>>();
  return {
    get(revision, step) {
      const key = `${revision}/${step}`;
      const cached = cache.get(key) ?? compileStep(database, revision, step);
      cache.delete(key);
      cache.set(key, cached);
      cached.catch(() => cache.delete(key));
      const oldest = cache.keys().next().value;
      if (cache.size > mostCached && oldest !== undefined) cache.delete(oldest);
      return cached;
    },
  };
}

async function compileStep(database: Database, revision: string, stepId: string): Promise<CompiledEmail> {
  const stored = await readRevision(database, revision);
  const step = stored?.campaign.steps.find(({ id }) => id === stepId);
  if (!stored || step?.kind !== 'email')
    throw ApplicationFailure.nonRetryable(
      `revision ${revision.slice(0, 12)} has no e-mail step ${stepId}`,
      failureTypes.planInvalid,
    );
  return compileStored(stored, step);
}

/** @throws ApplicationFailure TemplateInvalid with the first problem, although applying the revision had checked it */
export async function compileStored(stored: StoredRevision, { email }: EmailStep): Promise<CompiledEmail> {
  const { template, text, subject, preheader, sender } = email;
  const result = await compileEmail({
    template: { path: template.path, content: textOf(stored, template.path), format: template.format },
    ...(text && { text: { path: text.path, content: textOf(stored, text.path) } }),
    subject,
    preheader,
    sender,
    campaign: { name: stored.campaign.name },
    locale: stored.campaign.locale,
  });
  if (result.email) return result.email;
  const [problem] = result.problems;
  throw ApplicationFailure.nonRetryable(
    `${problem?.source}:${problem?.line}:${problem?.column} ${problem?.rule} ${problem?.message}`,
    failureTypes.templateInvalid,
  );
}

function textOf(stored: StoredRevision, path: string): string {
  const file = stored.files.find((candidate) => candidate.path === path);
  if (!file) throw ApplicationFailure.nonRetryable(`revision has no file ${path}`, failureTypes.planInvalid);
  return file.content.toString('utf8');
}
