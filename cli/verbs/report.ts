import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { type Language, languages } from '../../i18n/catalogue';
import { gatherReport } from '../../ledger/report-facts';
import { gatherMeasured } from '../../measured/run-measured';
import { findRunOf } from '../../operations/find-run';
import { renderReportHtml } from '../../reports/html';
import type { MeasuredReport } from '../../reports/measured-report';
import { renderDecisionText, renderMeasuredText } from '../../reports/measured-text';
import type { RunReport } from '../../reports/run-report';
import { renderReportText } from '../../reports/text';
import type { Command, CommandContext, CommandResult } from '../command';
import { required, withDatabase } from '../operator';

export const command: Command = {
  summary: 'say what a run did',
  description: [
    'Books, rates, arms, refusals, decisions and timeline of a run, over or not, from the ledger alone.',
    'Holds no address of any contact. Exit code 8 says that the books do not balance.',
  ].join('\n'),
  arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
  options: [
    { flags: '--html <file>', description: 'write it, with charts, as one HTML file that needs nothing else' },
    {
      flags: '--decision <id>',
      description: 'explain one decision of a checkpoint: numbers, method, actor, what would have changed it',
    },
    { flags: '--locale <language>', description: `language of the report: ${languages.join(' or ')} (default: en)` },
  ],
  examples: [
    'report spring-sale',
    'report spring-sale --html report.html --locale es',
    'report spring-sale --decision offer/canary#1',
  ],
  async run(context) {
    const name = required(context.argument(0), 'the run');
    const language = chosenLanguage(context.option('locale'));
    const { measured, ...report } = await readReport(context, name);
    const asked = context.option('decision');
    if (asked !== undefined) return explainDecision(measured, asked);
    const file = await written(context, () => renderReportHtml(report, language, measured));
    const inDoubt = report.steps.some(({ books }) => books.inDoubt > 0);
    return {
      exitCode: report.balance === 'unbalanced' ? exitCodes.partial : exitCodes.ok,
      text: [
        renderReportText(report, language),
        renderMeasuredText(measured),
        ...(file === undefined ? [] : ['', `Written to ${file}`]),
      ]
        .filter((part, index) => part !== '' || index > 1)
        .join('\n'),
      json: { ...report, measured, ...(file !== undefined && { htmlFile: file }) },
      ...(inDoubt && { next: `reconcile ${report.campaign.id}` }),
    };
  },
};

async function readReport(context: CommandContext, name: string): Promise<RunReport & { measured: MeasuredReport }> {
  return withDatabase(context, async (database) => {
    const run = await findRunOf(database, name);
    return { ...(await gatherReport(database, run)), measured: await gatherMeasured(database, run, new Date()) };
  });
}

/** By its id, or by the beginning of one that only one decision has. */
function explainDecision({ decisions }: MeasuredReport, asked: string): CommandResult {
  const found = decisions.filter(({ id }) => id === asked);
  const candidates = found.length > 0 ? found : decisions.filter(({ id }) => id.startsWith(asked));
  const [decision] = candidates;
  if (!decision || candidates.length > 1)
    throw new VolanteError('VOL-102', {
      message: `--decision: "${asked}" is ${decision ? 'the beginning of several decisions' : 'no decision of this run'}.`,
      fix: `name one of: ${decisions.map(({ id }) => id).join(', ') || 'none was taken yet'}`,
    });
  return { text: renderDecisionText(decision), json: decision };
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
