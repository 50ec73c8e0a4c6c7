/** `events import <file.csv>`: what people did, for the measurements of campaigns; and the events that wait for a person. */

import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { importEvents } from '../../ledger/events-import';
import { readMoment } from '../../ledger/people-csv';
import { asOption, type Command, type CommandContext, type CommandResult } from '../command';
import { importing } from '../csv-import';
import { required } from '../operator';
import { listParked, settleParked } from '../parked-events';

export const command: Command = {
  summary: 'import what people did; see to events that could not be acted on',
  description: [
    'events import <file.csv>  add events to the book, each once by its id. Columns: id, email or externalId, at; and kind',
    '                          (converted when absent; revenue, refund, clicked, complained, ...), amount (49.90), currency',
    '                          (EUR). Other columns are passed over. Rows that cannot be used are written to',
    '                          <file.csv>.rejects.csv with line and reason; the same file can be imported again.',
    'events parked             events that could not be acted on, each with its reason',
    'events retry <no>...      act on them again (--all: on all of them)',
    'events discard <no>...    never act on them; they stay to be read (--all: none of them)',
  ].join('\n'),
  arguments: [
    { name: '<action>', description: 'import, parked, retry or discard' },
    { name: '[what...]', description: 'CSV file, or numbers of parked events' },
  ],
  options: [
    { flags: '--source <name>', description: 'source the ids are unique in (default: import)' },
    {
      flags: '--complete-until <date>',
      description: 'the file holds everything until then (default: until its newest event)',
    },
    { flags: '--rejects <file>', description: 'where rejected rows go (default: <file.csv>.rejects.csv)' },
    { flags: '--all', description: 'all parked events' },
    { flags: '--reason <words>', description: 'why, for the audit; name no customer' },
    asOption,
  ],
  examples: [
    'events import orders.csv',
    'events import orders.csv --source shop --complete-until 2027-04-30T06:00Z',
    'events parked',
    'events retry 1042 1043 --as luis --reason "contacts imported"',
  ],
  async run(context) {
    const action = context.argument(0);
    switch (action) {
      case 'import':
        return importFile(context, required(context.words(1)[0], 'the file'));
      case 'parked':
        return listParked(context);
      case 'retry':
      case 'discard':
        return settleParked(context, action);
      default:
        throw new VolanteError('VOL-102', {
          message: `events knows no "${action}"; it knows import, parked, retry and discard.`,
        });
    }
  },
};

const sourceName = /^[a-z][a-z0-9-]{0,62}$/;

async function importFile(context: CommandContext, shown: string): Promise<CommandResult> {
  const from = context.option('source') ?? 'import';
  if (!sourceName.test(from))
    throw new VolanteError('VOL-102', {
      message: `"${from}" is no name of a source: lower-case letters, digits and hyphens.`,
    });
  const completeUntil = readCompleteUntil(context.option('completeUntil'));
  const { secretKey } = context.settings();
  const { counts, rejectsFile } = await importing(context, shown, ({ database, ...given }) =>
    importEvents(database, { ...given, from, secretKey, now: new Date(), completeUntil }),
  );
  const { read, added, repeated, differing, rejected } = counts;
  return {
    exitCode: rejected > 0 ? exitCodes.partial : exitCodes.ok,
    text: [
      `${read} rows: ${added} added, ${repeated} in the book already, ${rejected} rejected`,
      ...(differing > 0 ? [`${differing} of those in the book say something else there; the book stays as it is`] : []),
      ...(rejected > 0 ? [`Rejected rows with their reasons: ${rejectsFile}`] : []),
    ].join('\n'),
    json: { ...counts, source: from, ...(rejected > 0 && { rejectsFile }) },
    next: 'status',
  };
}

function readCompleteUntil(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = readMoment(text);
  if (!moment) throw new VolanteError('VOL-102', { message: `--complete-until: "${text}" is no ISO 8601 date.` });
  return moment;
}
