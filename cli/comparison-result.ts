/** `volante plan --base`: prints what differs, and shows it on the pull request. */
import type { ComparedPlan } from '../definition/compared-plan';
import { type ExitCode, exitCodes } from '../errors/catalogue';
import { isVolanteError, VolanteError } from '../errors/volante-error';
import { publishPlan } from '../operations/publish-plan';
import { comparisonMarkdown } from '../reports/comparison/markdown';
import { comparisonSummary, comparisonText } from '../reports/comparison/text';
import { forgeSettings } from '../settings/forge';
import type { CommandContext, CommandResult } from './command';
import { comparePlan } from './compared-plan';
import { renderPlan } from './plan-text';
import { problemTexts } from './problem-text';

export const formats = ['text', 'markdown', 'json'] as const;
type Format = (typeof formats)[number];

/** @throws VolanteError also where it was planned but could not be shown on the pull request; it is printed then */
export async function comparisonResult(context: CommandContext, base: string): Promise<CommandResult> {
  const format = formatOf(context);
  const wants = { comment: context.flag('comment'), status: context.flag('status') };
  const forge = wants.comment || wants.status ? forgeSettings(context.env) : undefined;
  const document = await comparePlan(context, { base, offline: context.flag('offline') }).catch(
    async (error: unknown) => {
      if (forge && wants.status)
        await publishPlan(forge, { status: { state: 'error', description: failure(error) } }).catch(() => undefined);
      throw error;
    },
  );
  const exitCode = exitCodeOf(context, document);
  const text = textOf(context, { document, format });
  if (!forge) return { exitCode, text, json: document };
  const state = isFit(document) ? ('success' as const) : ('failure' as const);
  await publishPlan(forge, {
    ...(wants.comment && { comment: { body: comparisonMarkdown(document), environment: document.environment } }),
    ...(wants.status && { status: { state, description: comparisonSummary(document) } }),
  }).catch((error: unknown) => {
    context.terminal.print(text);
    throw error;
  });
  return { exitCode, text, json: document };
}

function formatOf(context: CommandContext): Format {
  const asked = context.option('format') ?? 'text';
  const format = formats.find((known) => known === asked);
  if (format) return format;
  throw new VolanteError('VOL-102', { message: `there is no format "${asked}"`, fix: `choose ${formats.join(', ')}` });
}

function failure(error: unknown): string {
  return isVolanteError(error) ? `no plan: ${error.code} ${error.message}` : 'no plan: an unexpected error';
}

function textOf(context: CommandContext, { document, format }: { document: ComparedPlan; format: Format }): string {
  if (format === 'markdown') return comparisonMarkdown(document);
  if (format === 'json') return JSON.stringify(document, null, 2);
  const { colors } = context.terminal;
  const errors = document.campaigns.flatMap(({ problems }) => problems).filter(({ severity }) => severity === 'error');
  const plan = document.plan;
  return [
    comparisonText(document),
    ...problemTexts(errors, { colors, cwd: context.settings().workspaceDir }),
    ...(plan && plan.campaigns.length > 0 ? [renderPlan(plan, { colors, full: context.flag('full') })] : []),
  ].join('\n\n');
}

function isFit({ campaigns, plan }: ComparedPlan): boolean {
  return (plan?.summary.refused ?? 0) === 0 && campaigns.every(({ relation }) => relation !== 'invalid');
}

function exitCodeOf(context: CommandContext, document: ComparedPlan): ExitCode {
  if (document.campaigns.some(({ relation }) => relation === 'invalid')) return exitCodes.invalid;
  if (!isFit(document)) return exitCodes.refused;
  return document.campaigns.length > 0 && context.flag('detailedExitcode') ? exitCodes.changesPresent : exitCodes.ok;
}
