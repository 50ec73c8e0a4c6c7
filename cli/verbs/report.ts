import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { type Language, languages } from '../../i18n/catalogue';
import { openDatabase } from '../../ledger/database';
import { gatherReport } from '../../ledger/report-facts';
import { findRunOf } from '../../operations/find-run';
import { renderReportHtml } from '../../reports/html';
import type { RunReport } from '../../reports/run-report';
import { renderReportText } from '../../reports/text';
import type { Command, CommandContext } from '../command';
import { required } from '../operator';

export const command: Command = {
  summary: 'say what a run did',
  description: [
    'Books, rates, arms, refusals, decisions and timeline of a run, over or not, from the ledger alone.',
    'Holds no address of any contact. Exit code 8 says that the books do not balance.',
  ].join('\n'),
  arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
  options: [
    { flags: '--html <file>', description: 'write it, with charts, as one HTML file that needs nothing else' },
    { flags: '--locale <language>', description: `language of the report: ${languages.join(' or ')} (default: en)` },
  ],
  examples: ['report spring-sale', 'report spring-sale --html report.html --locale es', 'report spring-sale --json'],
  async run(context) {
    const name = required(context.argument(0), 'the run');
    const language = chosenLanguage(context.option('locale'));
    const report = await readReport(context, name);
    const file = await written(context, () => renderReportHtml(report, language));
    const inDoubt = report.steps.some(({ books }) => books.inDoubt > 0);
    return {
      exitCode: report.balance === 'unbalanced' ? exitCodes.partial : exitCodes.ok,
      text: [renderReportText(report, language), ...(file === undefined ? [] : ['', `Written to ${file}`])].join('\n'),
      json: { ...report, ...(file !== undefined && { htmlFile: file }) },
      ...(inDoubt && { next: `reconcile ${report.campaign.id}` }),
    };
  },
};

async function readReport(context: CommandContext, name: string): Promise<RunReport> {
  const database = openDatabase({ url: context.settings().databaseUrl, connections: 4 });
  try {
    return await gatherReport(database, await findRunOf(database, name));
  } finally {
    await database.end();
  }
}

function chosenLanguage(locale = 'en'): Language {
  const language = languages.find((known) => known === locale);
  if (language) return language;
  throw new VolanteError('VOL-102', { message: `--locale: "${locale}" is none of ${languages.join(', ')}.` });
}

async function written(context: CommandContext, html: () => string): Promise<string | undefined> {
  const asked = context.option('html');
  if (asked === undefined) return undefined;
  const file = resolve(context.cwd, asked);
  try {
    await writeFile(file, html());
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
    if (code === undefined) throw cause;
    throw new VolanteError('VOL-101', { message: `${asked} cannot be written (${code}).`, cause });
  }
  return file;
}
