import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { VolanteError } from '../errors/volante-error';
import { type Database, openDatabase } from '../ledger/database';
import { migrate } from '../ledger/migrate';
import type { CommandContext } from './command';
import { ProgressLine } from './progress-line';
import { RejectsFile } from './rejects-file';

/** What reading a file of rows into a book needs. */
export interface CsvImport {
  database: Database;
  source: ReadStream;
  /** As the user named it. */
  file: string;
  onReject: RejectsFile['write'];
  onProgress(soFar: Parameters<ProgressLine['show']>[0]): void;
}

/**
 * Reads a file into a book: shows how far it is, and keeps rows that cannot be used in a file of their own (`--rejects`).
 * @returns what `work` says, and where the rejected rows are
 * @throws VolanteError VOL-101 for what is no file
 */
export async function importing<Counts>(
  context: CommandContext,
  shown: string,
  work: (given: CsvImport) => Promise<Counts>,
): Promise<{ counts: Counts; rejectsFile: string }> {
  const file = resolve(context.cwd, shown);
  const { databaseUrl } = context.settings();
  const size = await stat(file).catch(() => undefined);
  if (!size?.isFile()) throw new VolanteError('VOL-101', { message: `${shown} is no file.` });
  const rejectsFile = resolve(context.cwd, context.option('rejects') ?? `${file}.rejects.csv`);
  const rejects = new RejectsFile(rejectsFile, relative(context.cwd, rejectsFile));
  const progress = new ProgressLine(context, size.size);
  const source = createReadStream(file);
  await migrate(databaseUrl);
  const database = openDatabase({ url: databaseUrl, connections: 2 });
  try {
    const counts = await work({
      database,
      source,
      file: shown,
      onReject: (reject) => rejects.write(reject),
      onProgress: (soFar) => progress.show(soFar, source.bytesRead),
    });
    await rejects.close();
    return { counts, rejectsFile };
  } finally {
    await database.end();
  }
}
