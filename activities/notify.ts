import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { flatFacts } from '../definition/step-condition';
import type { Person } from '../definition/workspace-types';
import { renderTeamText } from '../email/team-text';
import { readRevision } from '../ledger/revisions';
import type { ControlActivities } from './contract';
import type { ActivityDependencies } from './dependencies';
import { mailToTeam } from './team-mail';

/** `notify`: the file's own words to roles or people of the workspace. */
export function createNotifyTeam(deps: ActivityDependencies): ControlActivities['notifyTeam'] {
  return async ({ run, step: stepId, facts, now, seq }) => {
    const stored = await readRevision(deps.database, run.revision);
    const step = stored?.campaign.steps.find(({ id }) => id === stepId);
    if (step?.kind !== 'notify')
      throw ApplicationFailure.nonRetryable(`this revision has no notify step ${stepId}`, failureTypes.planInvalid);
    const scope = flatFacts(facts);
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

function isMeant(person: Person, to: string[]): boolean {
  return to.includes(person.id) || person.roles.some((role) => to.includes(role));
}
