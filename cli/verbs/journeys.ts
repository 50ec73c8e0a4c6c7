/** `journeys <campaign>`: who is on the way through a triggered campaign, and which events started nothing, with why. */
import { VolanteError } from '../../errors/volante-error';
import { type ListedJourney, listJourneys } from '../../ledger/journeys/counts';
import { findRunOf } from '../../operations/find-run';
import type { Command, CommandContext, CommandResult } from '../command';
import { required, withDatabase } from '../operator';

const shownAtMost = 100;

export const command: Command = {
  summary: 'list journeys of a triggered campaign, and events that started none',
  description:
    'Newest first. Contacts are shown by their number in the contact book, never by address. An event that met the trigger\n' +
    'and started nothing says why: a journey on its way, the cooldown, another campaign of the group, a condition that\n' +
    'could not be decided.',
  arguments: [{ name: '<campaign>', description: 'campaign id, run id, or the beginning of one' }],
  options: [{ flags: '--contact <number>', description: 'only of this contact' }],
  examples: ['journeys welcome-series', 'journeys abandoned-basket --contact 1042'],
  async run(context) {
    const name = required(context.argument(0), 'the campaign');
    const contactId = readContact(context);
    return withDatabase(context, async (database) => {
      const { campaignId } = await findRunOf(database, name);
      return show(campaignId, await listJourneys(database, { campaignId, contactId, limit: shownAtMost }));
    });
  },
};

/** A run is named after the campaign and the beginning of its revision. */
function revisionIn(runId: string): string {
  return runId.split('/').at(-1) ?? runId;
}

function readContact(context: CommandContext): string | undefined {
  const text = context.option('contact');
  if (text === undefined || /^[1-9]\d{0,17}$/.test(text)) return text;
  throw new VolanteError('VOL-102', {
    message: `--contact: "${text}" is no number of a contact.`,
    fix: 'write the number that `volante journeys <campaign>` shows',
  });
}

function show(campaignId: string, journeys: ListedJourney[]): CommandResult {
  const json = { campaign: campaignId, journeys };
  if (journeys.length === 0) return { text: `No event has met the trigger of ${campaignId} yet.`, json };
  const lines = journeys.map(
    ({ at, contactId, key, outcome, step, runId, goesBy, detail }) =>
      `${at.toISOString()}  ${(contactId ?? '–').padStart(9)}  ${(key ?? '').padEnd(14)}  ${outcome.padEnd(22)}  ${[
        step === null ? '' : `at ${step}`,
        outcome.startsWith('declined') ? '' : `by ${revisionIn(goesBy ?? runId)}${goesBy === null ? '' : ' (follows)'}`,
        detail ?? '',
      ]
        .filter((word) => word !== '')
        .join(' · ')}`,
  );
  const cut = journeys.length === shownAtMost ? [`The newest ${shownAtMost}.`] : [];
  return {
    text: [
      'began                       contact  key             outcome                 where and why',
      ...lines,
      ...cut,
    ]
      .map((line) => line.trimEnd())
      .join('\n'),
    json,
    next: `status ${campaignId}`,
  };
}
