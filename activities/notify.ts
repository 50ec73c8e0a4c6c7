import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { flatFacts } from '../definition/step-condition';
import type { Person } from '../definition/workspace-types';
import { renderTeamText } from '../email/team-text';
import { stepBooks } from '../ledger/books';
import type { Database } from '../ledger/database';
import { readRevision, type StoredRevision } from '../ledger/revisions';
import type { ConditionFacts, ControlActivities, RunRef } from './contract';
import type { ActivityDependencies } from './dependencies';
import { mailToTeam } from './team-mail';

/** `notify`: the file's own words to roles or people of the workspace. */
export function createNotifyTeam(deps: ActivityDependencies): ControlActivities['notifyTeam'] {
  return async ({ run, step: stepId, facts, now, seq }) => {
    const stored = await readRevision(deps.database, run.revision);
    const step = stored?.campaign.steps.find(({ id }) => id === stepId);
    if (!stored || step?.kind !== 'notify')
      throw ApplicationFailure.nonRetryable(`this revision has no notify step ${stepId}`, failureTypes.planInvalid);
    const counted = seq === undefined ? facts : await withOwnBooks(deps.database, { run, seq, facts, stored });
    const scope = flatFacts(counted);
    const subject = renderTeamText(step.notify.subject, scope);
    const message = renderTeamText(step.notify.message, scope);
    let sent = 0;
    for (const person of Object.values(deps.workspace.people).filter((candidate) =>
      isMeant(candidate, step.notify.to),
    )) {
      const key = `${run.runId}:${stepId}${seq === undefined ? '' : `:${seq}`}:${person.id}`;
      const content = async () => ({ subject, paragraphs: message.split(/\n{2,}/) });
      if (await mailToTeam(deps, { key, runId: run.runId, person, now: new Date(now) }, content)) sent += 1;
    }
    return { sent };
  };
}

/** A journey keeps no books: its e-mail steps are counted over its one contact. */
async function withOwnBooks(
  database: Database,
  { run, seq, facts, stored }: { run: RunRef; seq: number; facts: ConditionFacts; stored: StoredRevision },
): Promise<ConditionFacts> {
  const steps = { ...facts.steps };
  for (const { id, kind } of stored.campaign.steps) {
    const known = steps[id];
    if (kind === 'email' && known)
      steps[id] = { ...known, books: await stepBooks(database, { runNo: run.runNo, step: id, seq }) };
  }
  return { ...facts, steps };
}

function isMeant(person: Person, to: string[]): boolean {
  return to.includes(person.id) || person.roles.some((role) => to.includes(role));
}
