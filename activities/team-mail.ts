/** Sends one mail to one person of the team, once for each key. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { Person } from '../definition/workspace-types';
import { type EmailAddress, parseAddress } from '../email/address';
import { composeTeamMessage, type TeamMessage } from '../email/team-message';
import { claimNotification, settleNotification } from '../ledger/notifications';
import type { ActivityDependencies } from './dependencies';

export type TeamMailContent = Pick<TeamMessage, 'subject' | 'paragraphs' | 'facts' | 'button' | 'closing'>;

/**
 * @param content made only when the mail is still to be sent, because making it may issue a link
 * @returns false when this mail was sent before
 * @throws ApplicationFailure (retryable) when the platform takes nothing at the moment
 */
export async function mailToTeam(
  deps: ActivityDependencies,
  mail: { key: string; runId: string; person: Person; now: Date },
  content: () => Promise<TeamMailContent>,
): Promise<boolean> {
  const { database, workspace } = deps;
  const { key, runId, person } = mail;
  if (!(await claimNotification(database, { key, runId, person: person.id }))) return false;
  const sender = workspace.senders[workspace.team.sender];
  if (!sender)
    throw ApplicationFailure.nonRetryable(
      `volante.yaml has no sender ${workspace.team.sender}`,
      failureTypes.workspaceMismatch,
    );
  const message = await composeTeamMessage({
    key,
    from: sender,
    fromAddress: addressOf(sender.address),
    to: { name: person.name, address: addressOf(person.email) },
    language: person.locale,
    date: mail.now,
    ...(await content()),
  });
  const outcome = await deps.senderOf(workspace.team.platform).send(message);
  switch (outcome.outcome) {
    case 'accepted':
      await settleNotification(database, { key, status: 'sent' });
      return true;
    case 'refused':
      deps.logger.warn({ person: person.id, code: outcome.code }, 'mail to the team was refused');
      await settleNotification(database, { key, status: 'failed', detail: outcome.detail });
      return false;
    default:
      await settleNotification(database, { key, status: 'in_doubt', detail: outcome.detail });
      throw ApplicationFailure.retryable(`mail to ${person.id}: ${outcome.detail}`, 'PlatformUnavailable');
  }
}

function addressOf(text: string): EmailAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable('an address in volante.yaml is not valid', failureTypes.workspaceMismatch);
  return parsed.address;
}
