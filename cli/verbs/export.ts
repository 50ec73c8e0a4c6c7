import { resolve } from 'node:path';
import { type Change, diffCampaigns } from '../../definition/diff';
import { type LoadedCampaign, shownPath } from '../../definition/load-campaign';
import { loadCampaigns } from '../../definition/load-campaigns';
import type { Workspace } from '../../definition/workspace-types';
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import type { RunRow } from '../../ledger/runs';
import { type ExportedRun, exportRun, filesInTheWay, writeFiles } from '../../operations/export-run';
import { findRunOf } from '../../operations/find-run';
import type { Command, CommandContext, CommandResult } from '../command';
import { required, withDatabase } from '../operator';
import { changeText } from '../plan-text';
import { campaignFiles, openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'write the file of what runs',
  description: [
    'Writes the campaign file that a run goes by, amendments included, from the ledger alone: printed, or with --to into a',
    'folder with the files that it names. Loading it gives the same revision.',
    'With --diff it shows instead how the file of this workspace differs from what runs.',
  ].join('\n'),
  arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
  options: [
    { flags: '--to <folder>', description: 'write campaign.yaml and the files that it names there' },
    { flags: '--force', description: 'overwrite files that are there with another content' },
    { flags: '--diff', description: 'show what is otherwise in the file of this workspace' },
    {
      flags: '--detailed-exitcode',
      description: `with --diff, exit with ${exitCodes.changesPresent} when they differ`,
    },
  ],
  examples: [
    'export spring-sale',
    'export spring-sale --to campaigns/spring-sale --force',
    'export spring-sale --diff --detailed-exitcode',
  ],
  async run(context) {
    const name = required(context.argument(0), 'the run');
    const { workspace } = await openWorkspace(context);
    const { run, exported } = await withDatabase(context, async (database) => {
      const run = await findRunOf(database, name);
      return { run, exported: await exportRun(database, { run, workspace }) };
    });
    if (context.flag('diff')) return drift(context, { run, exported, workspace });
    const folder = context.option('to');
    return folder === undefined ? printed(run, exported) : written(context, { run, exported, folder });
  },
};

interface Exported {
  run: RunRow;
  exported: ExportedRun;
}

function printed(run: RunRow, exported: ExportedRun): CommandResult {
  const [file] = exported.files;
  const campaign = file?.content.toString('utf8') ?? '';
  return {
    ...standing(exported),
    text: [campaign.trimEnd(), ...otherwise(exported).map((line) => `# ${line}`)].join('\n'),
    json: { ...jsonOf({ run, exported }), campaign },
  };
}

async function written(
  context: CommandContext,
  { run, exported, folder }: Exported & { folder: string },
): Promise<CommandResult> {
  const target = resolve(context.cwd, folder);
  const shown = shownPath(target, context.cwd);
  const inTheWay = await filesInTheWay(target, exported.files);
  if (inTheWay.length > 0 && !context.flag('force'))
    throw new VolanteError('VOL-102', {
      message: `${shown} holds something else as ${inTheWay.join(', ')}.`,
      fix: 'name another folder, or overwrite them with --force',
    });
  await writeFiles(target, exported.files);
  return {
    ...standing(exported),
    text: [
      `${run.runId} goes by revision ${run.revision.slice(0, 12)}. Written to ${shown}:`,
      ...exported.files.map(({ path }) => `  ${path}`),
      ...otherwise(exported),
    ].join('\n'),
    json: { ...jsonOf({ run, exported }), folder: target },
    next: `plan ${shown}`,
  };
}

/** What was written cannot always be the same here: senders or defaults of volante.yaml may have changed since. */
function standing({ changes, problems }: ExportedRun): Pick<CommandResult, 'exitCode'> {
  return { exitCode: changes.length + problems.length > 0 ? exitCodes.partial : exitCodes.ok };
}

function otherwise({ changes, problems }: ExportedRun): string[] {
  if (changes.length + problems.length === 0) return [];
  return [
    problems.length > 0
      ? 'With this volante.yaml the file does not load:'
      : 'With this volante.yaml the file means something else than what runs:',
    ...problems.map(({ line, rule, message }) => `  line ${line}: ${rule} ${message}`),
    ...changes.map((change) => `  ${changeText(change)}`),
  ];
}

function jsonOf({ run, exported }: Exported) {
  const { changes, problems, files } = exported;
  return { run: run.runId, revision: run.revision, files: files.map(({ path }) => path), changes, problems };
}

async function drift(
  context: CommandContext,
  { run, exported, workspace }: Exported & { workspace: Workspace },
): Promise<CommandResult> {
  const file = await fileOf(context, { id: run.campaignId, workspace });
  const changes = file ? diffCampaigns(exported.revision.campaign, file.resolved) : [];
  const differs = file === undefined || changes.length > 0;
  return {
    exitCode: differs && context.flag('detailedExitcode') ? exitCodes.changesPresent : exitCodes.ok,
    text: driftText(run, { file, changes }),
    json: {
      run: run.runId,
      revision: run.revision,
      file: file?.sourceFile ?? null,
      fileRevision: file?.revision,
      changes,
    },
    ...(changes.length > 0 && file && { next: `plan ${file.sourceFile}` }),
  };
}

function driftText(run: RunRow, { file, changes }: { file?: LoadedCampaign; changes: Change[] }): string {
  if (!file) return `No file of this workspace has the id ${run.campaignId}; ${run.runId} is an orphan here.`;
  if (changes.length === 0) return `${file.sourceFile} says what ${run.runId} goes by.`;
  const count = `${changes.length} ${changes.length === 1 ? 'difference' : 'differences'}`;
  return [`${count} from what ${run.runId} goes by to ${file.sourceFile}:`, ...changes.map(changeText)]
    .map((line, index) => (index === 0 ? line : `  ${line}`))
    .join('\n');
}

/** The campaign of this id among the files of the workspace. @throws VolanteError VOL-100 when that file is wrong */
async function fileOf(
  context: CommandContext,
  { id, workspace }: { id: string; workspace: Workspace },
): Promise<LoadedCampaign | undefined> {
  const outcomes = await loadCampaigns(await workspaceFiles(context), { workspace, root: context.cwd });
  const outcome = outcomes.find((candidate) => candidate.id === id);
  if (!outcome) return undefined;
  if (!outcome.campaign)
    throw new VolanteError('VOL-100', { message: `${outcome.sourceFile} is wrong`, problems: outcome.problems });
  return outcome.campaign;
}

/** None where the workspace has no campaigns at all. */
async function workspaceFiles(context: CommandContext): Promise<string[]> {
  try {
    return await campaignFiles(context, []);
  } catch (error) {
    if (error instanceof VolanteError && error.code === 'VOL-101') return [];
    throw error;
  }
}
