/** `events import <file.csv>`: what people did, for the measurements of campaigns. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { openDatabase } from '../../ledger/database';
import { importEvents } from '../../ledger/events-import';
import { migrate } from '../../ledger/migrate';
import { readMoment } from '../../ledger/people-csv';
import { asOption, type Command, type CommandContext, type CommandResult } from '../command';
import { required } from '../operator';
import { ProgressLine } from '../progress-line';
import { RejectsFile } from '../rejects-file';

export const command: Command = {
  summary: 'import what people did: orders, refunds, clicks',
  description: [
    'events import <file.csv>  add events to the book, each once by its id. Columns: id, email or externalId, at; and kind',
    '                          (converted when absent; revenue, refund, clicked, complained, ...), amount (49.90), currency',
    '                          (EUR). Other columns are passed over. Rows that cannot be used are written to',
    '                          <file.csv>.rejects.csv with line and reason; the same file can be imported again.',
  ].join('\n'),
  arguments: [
    { name: '<action>', description: 'import' },
    { name: '<file>', description: 'CSV file' },
  ],
  options: [
    { flags: '--source <name>', description: 'source the ids are unique in (default: import)' },
    {
      flags: '--complete-until <date>',
      description: 'the file holds everything until then (default: until its newest event)',
    },
    { flags: '--rejects <file>', description: 'where rejected rows go (default: <file.csv>.rejects.csv)' },
    asOption,
  ],
  examples: ['events import orders.csv', 'events import orders.csv --source shop --complete-until 2027-04-30T06:00Z'],
  async run(context) {
    const action = context.argument(0);
    if (action !== 'import')
      throw new VolanteError('VOL-102', { message: `events knows no "${action}"; it knows import.` });
    return importFile(context, required(context.argument(1), 'the file'));
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
  const file = resolve(context.cwd, shown);
  const { databaseUrl, secretKey } = context.settings();
  const size = await stat(file).catch(() => undefined);
  if (!size?.isFile()) throw new VolanteError('VOL-101', { message: `${shown} is no file.` });
  const rejectsFile = resolve(context.cwd, context.option('rejects') ?? `${file}.rejects.csv`);
  const rejects = new RejectsFile(rejectsFile, relative(context.cwd, rejectsFile));
  const progress = new ProgressLine(context, size.size);
  const source = createReadStream(file);
  await migrate(databaseUrl);
  const database = openDatabase({ url: databaseUrl, connections: 2 });
  try {
    const counts = await importEvents(database, {
      source,
      file: shown,
      from,
      secretKey,
      now: new Date(),
      completeUntil,
      onReject: (reject) => rejects.write(reject),
      onProgress: (soFar) => progress.show(soFar, source.bytesRead),
    });
    await rejects.close();
    const { read, added, repeated, differing, rejected } = counts;
    return {
      exitCode: rejected > 0 ? exitCodes.partial : exitCodes.ok,
      text: [
        `${read} rows: ${added} added, ${repeated} in the book already, ${rejected} rejected`,
        ...(differing > 0
          ? [`${differing} of those in the book say something else there; the book stays as it is`]
          : []),
        ...(rejected > 0 ? [`Rejected rows with their reasons: ${rejectsFile}`] : []),
      ].join('\n'),
      json: { ...counts, source: from, ...(rejected > 0 && { rejectsFile }) },
      next: 'status',
    };
  } finally {
    await database.end();
  }
}

function readCompleteUntil(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = readMoment(text);
  if (!moment) throw new VolanteError('VOL-102', { message: `--complete-until: "${text}" is no ISO 8601 date.` });
  return moment;
}
