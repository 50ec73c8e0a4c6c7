import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { sortProblems } from '../../definition/source/problem-list';
import { exitCodes } from '../../errors/catalogue';
import type { Problem } from '../../errors/problem';
import { checkEmail } from '../../operations/check-email';
import type { Command } from '../command';
import { problemTexts } from '../problem-text';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'check campaign files',
  description: 'Checks campaign files and their templates. Names every problem at once, with its place and its remedy.',
  arguments: [{ name: '[paths...]', description: 'files or folders; without any, campaigns/' }],
  options: [{ flags: '--strict', description: 'fail on warnings too' }],
  examples: ['validate', 'validate campaigns/spring-sale', 'validate --json'],
  async run(context) {
    const begun = performance.now();
    const { workspace, warnings } = await openWorkspace(context);
    const files = await campaignFiles(context, context.words(0));
    const outcomes = await loadCampaigns(files, { workspace, root: context.cwd, checkEmail });
    const problems = sortProblems([...warnings, ...problemsOf(outcomes)]);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const ok = errors === 0 && !(context.flag('strict') && problems.length > 0);
    const { colors } = context.terminal;
    const tally = tallyText(problems, { files: files.length, seconds: (performance.now() - begun) / 1000 });
    return {
      exitCode: ok ? exitCodes.ok : exitCodes.invalid,
      text: [
        ...problemTexts(problems, { colors, cwd: context.cwd }),
        `${ok ? colors.green('✔') : colors.red('✖')} ${tally}`,
      ].join('\n'),
      json: {
        ok,
        files: outcomes.map(({ sourceFile, id, campaign }) => ({ file: sourceFile, id, revision: campaign?.revision })),
        problems,
      },
      next: ok ? 'plan' : undefined,
    };
  },
};

function tallyText(problems: readonly Problem[], { files, seconds }: { files: number; seconds: number }): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const affected = new Set(problems.map(({ file }) => file)).size;
  const where =
    problems.length === 0
      ? `in ${count(files, 'campaign')}`
      : `in ${count(affected, 'file')} of ${count(files, 'campaign')}`;
  return `${count(errors, 'error')}, ${count(problems.length - errors, 'warning')} ${where} (${seconds.toFixed(1)} s)`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
