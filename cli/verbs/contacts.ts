/** `contacts import <file.csv>`, `contacts suppress <address>`: the contact book. */

import { parseAddress } from '../../email/address';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { addressHash } from '../../ledger/address-hash';
import { importContacts } from '../../ledger/contacts-import';
import { openDatabase } from '../../ledger/database';
import { settleRejects } from '../../ledger/event-rejects';
import { retryStrangers } from '../../ledger/inbox';
import { suppress } from '../../ledger/suppressions';
import { asOption, type Command, type CommandContext, type CommandResult } from '../command';
import { importing } from '../csv-import';
import { required } from '../operator';

export const command: Command = {
  summary: 'import people from CSV, or suppress an address',
  description: [
    'contacts import <file.csv>   add or update people; needs an `email` column. Known columns: externalId, timeZone,',
    '                             locale, consent (granted|withdrawn), consentBasis, consentSource, consentWording,',
    '                             consentMethod, consentAt. All others become attributes (contact.<column>).',
    '                             Rows that cannot be used are written to <file.csv>.rejects.csv with line and reason.',
    'contacts suppress <address>  send nothing to this address any more, whatever an audience says',
  ].join('\n'),
  arguments: [
    { name: '<action>', description: 'import or suppress' },
    { name: '<what>', description: 'CSV file, or address' },
  ],
  options: [
    { flags: '--rejects <file>', description: 'where rejected rows go (default: <file.csv>.rejects.csv)' },
    { flags: '--reason <text>', description: 'suppress: where the wish comes from' },
    asOption,
  ],
  examples: ['contacts import people.csv', 'contacts suppress old@shop.example --reason "asked by phone"'],
  async run(context) {
    const action = context.argument(0);
    const what = required(context.argument(1), 'the file or address');
    if (action === 'import') return importFile(context, what);
    if (action === 'suppress') return suppressAddress(context, what);
    throw new VolanteError('VOL-102', { message: `contacts knows no "${action}"; it knows import and suppress.` });
  },
};

async function importFile(context: CommandContext, file: string): Promise<CommandResult> {
  const { secretKey } = context.settings();
  const { counts, rejectsFile } = await importing(context, file, async ({ database, ...given }) => {
    const counts = await importContacts(database, { ...given, secretKey });
    return { ...counts, settledEvents: (await settleRejects(database)) + (await retryStrangers(database)) };
  });
  const { settledEvents, ...rows } = counts;
  const { read, added, updated, repeated, rejected } = rows;
  return {
    exitCode: rejected > 0 ? exitCodes.partial : exitCodes.ok,
    text: [
      `${read} rows: ${added} added, ${updated} updated, ${repeated} repeated in the file, ${rejected} rejected`,
      ...(settledEvents > 0 ? [`${settledEvents} events that waited for these people count now`] : []),
      ...(rejected > 0 ? [`Rejected rows with their reasons: ${rejectsFile}`] : []),
    ].join('\n'),
    json: { ...rows, ...(settledEvents > 0 && { settledEvents }), ...(rejected > 0 && { rejectsFile }) },
    next: 'plan',
  };
}

async function suppressAddress(context: CommandContext, text: string): Promise<CommandResult> {
  const { databaseUrl, secretKey } = context.settings();
  const address = parseAddress(text);
  if (!address.ok) throw new VolanteError('VOL-104', { message: `This is no e-mail address: ${address.reason}.` });
  const database = openDatabase({ url: databaseUrl, connections: 1 });
  try {
    const { added } = await suppress(database, {
      addressHash: addressHash(address.key, secretKey),
      reason: 'manual',
      source: context.option('reason') ?? `command line, ${context.actor()}`,
    });
    return {
      text: added ? '✔ suppressed; the next batch of any campaign obeys' : '✔ was suppressed already',
      json: { added },
    };
  } finally {
    await database.end();
  }
}
