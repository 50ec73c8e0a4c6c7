/** Events of the inbox that could not be acted on: listed, tried again or discarded by a person. */
import { VolanteError } from '../errors/volante-error';
import { recordFact } from '../ledger/audit';
import { discardParked, type ParkedChoice, parkedInbox, retryParked } from '../ledger/inbox';
import type { CommandContext, CommandResult } from './command';
import { actingPerson, required, withDatabase } from './operator';

/** Most events that are shown. */
const shown = 100;

export async function listParked(context: CommandContext): Promise<CommandResult> {
  return withDatabase(context, async (database) => {
    const { total, events } = await parkedInbox(database, { limit: shown });
    if (total === 0) return { text: 'no event is parked', json: { total, events } };
    return {
      text: [
        `${total} parked${total > events.length ? `, the oldest ${events.length} of them` : ''}`,
        'no        source      type                  received                  tries  reason',
        ...events.map(
          ({ no, source, type, receivedAt, attempts, reason }) =>
            `${no.padEnd(10)}${source.padEnd(12)}${type.padEnd(22)}${receivedAt.toISOString().padEnd(26)}${String(attempts).padEnd(7)}${reason}`,
        ),
      ].join('\n'),
      json: { total, events },
      next: `events retry ${events[0]?.no} --reason "…"`,
    };
  });
}

export async function settleParked(context: CommandContext, action: 'retry' | 'discard'): Promise<CommandResult> {
  const choice = chosen(context);
  const person = await actingPerson(context);
  const reason = required(context.option('reason'), '--reason: why');
  return withDatabase(context, async (database) => {
    const nos = await (action === 'retry' ? retryParked : discardParked)(database, choice);
    const missing = choice === 'all' ? [] : choice.nos.filter((no) => !nos.includes(no));
    if (nos.length > 0)
      await recordFact(database, {
        at: new Date(),
        actor: person.id,
        action: action === 'retry' ? 'events.retried' : 'events.discarded',
        detail: { nos, reason },
      });
    if (missing.length > 0)
      throw new VolanteError('VOL-103', {
        message: `Not parked: ${missing.join(', ')}.${nos.length > 0 ? ` The other ${nos.length} are ${done[action]}.` : ''}`,
        fix: 'look at `volante events parked`',
      });
    return { text: `✔ ${nos.length} ${done[action]}`, json: { action, nos }, next: 'events parked' };
  });
}

const done = { retry: 'tried again', discard: 'discarded' } as const;

function chosen(context: CommandContext): ParkedChoice {
  const words = context.words(1);
  if (context.flag('all')) {
    if (words.length > 0) throw new VolanteError('VOL-102', { message: 'Either numbers or --all, not both.' });
    return 'all';
  }
  const wrong = words.find((word) => !/^[1-9]\d{0,17}$/.test(word));
  if (wrong !== undefined) throw new VolanteError('VOL-102', { message: `"${wrong}" is no number of an event.` });
  if (words.length === 0) throw new VolanteError('VOL-102', { message: 'Which events? Their numbers, or --all.' });
  return { nos: [...new Set(words)] };
}
