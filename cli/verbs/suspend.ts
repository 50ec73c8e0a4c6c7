/** `suspend`: for a while, git does not decide about a campaign. */
import { readDuration } from '../../definition/written/duration';
import { VolanteError } from '../../errors/volante-error';
import { recordFact } from '../../ledger/audit';
import { readMoment } from '../../ledger/people-csv';
import { endSuspension, suspend } from '../../ledger/sync/suspensions';
import { asOption, type Command } from '../command';
import { actingPerson, required, withDatabase } from '../operator';

export const command: Command = {
  summary: 'put a campaign above git for a while: commits do not change it',
  description: [
    'Commits neither launch nor change the campaign until then; what runs goes on (stop it with `pause`). It is shown as drifted,',
    'with who, why and until when. When the time is over, git decides again. --end ends it now.',
  ].join('\n'),
  arguments: [{ name: '<campaign>', description: 'id of the campaign' }],
  options: [
    { flags: '-r, --reason <text>', description: 'why' },
    { flags: '--until <when>', description: 'a moment (2027-04-01T09:00Z) or a duration (2d)' },
    { flags: '--end', description: 'git decides again from now on' },
    asOption,
  ],
  examples: [
    'suspend spring-sale --until 2d --reason "stock is short" --as luis',
    'suspend spring-sale --end --as luis',
  ],
  async run(context) {
    const person = await actingPerson(context);
    const campaignId = required(context.argument(0), 'the campaign');
    const now = new Date();
    return withDatabase(context, async (database) => {
      if (context.flag('end')) {
        const ended = await endSuspension(database, { campaignId, by: person.id, now });
        if (ended === 0) throw new VolanteError('VOL-301', { message: `${campaignId} is not suspended.` });
        await recordFact(database, { at: now, actor: person.id, action: 'campaign.unsuspended', subject: campaignId });
        return { text: `✔ ${campaignId}: git decides again`, json: { campaignId, suspended: false }, next: 'sync now' };
      }
      const reason = required(context.option('reason'), '--reason');
      const until = readUntil(required(context.option('until'), '--until'), now);
      await suspend(database, { campaignId, by: person.id, reason, until, now });
      await recordFact(database, {
        at: now,
        actor: person.id,
        action: 'campaign.suspended',
        subject: campaignId,
        detail: { reason, until: until.toISOString() },
      });
      return {
        text: `✔ ${campaignId}: commits change nothing until ${until.toISOString()}`,
        json: { campaignId, suspended: true, until },
        next: `suspend ${campaignId} --end`,
      };
    });
  },
};

function readUntil(text: string, now: Date): Date {
  const duration = readDuration(text);
  const until = duration.ok ? new Date(now.getTime() + duration.value) : readMoment(text);
  if (until && until > now) return until;
  throw new VolanteError('VOL-102', { message: `--until: "${text}" is no moment to come and no duration.` });
}
