/** `sync`: what git says and what runs; look now; a person's word for a commit that waits for one. */
import type { Problem } from '../../errors/problem';
import { VolanteError } from '../../errors/volante-error';
import { recordFact } from '../../ledger/audit';
import { readSyncCampaigns, type SyncCampaignRow } from '../../ledger/sync/campaigns';
import {
  acceptCommit,
  findSyncRepository,
  listSyncRepositories,
  type SyncRepositoryRow,
} from '../../ledger/sync/repositories';
import { lookNow } from '../../operations/sync-schedules';
import { asOption, type Command, type CommandContext, type CommandResult } from '../command';
import { actingPerson, required, withDatabase, withOperator } from '../operator';
import { openWorkspace } from '../workspace';

export const command: Command = {
  summary: 'show what git says and what runs; look for commits now; accept a commit',
  description: [
    'sync [repository]             what became of each campaign of the newest commit',
    'sync now [repository]         look for a new commit at once',
    'sync accept <repository> <commit>  apply a commit that was blocked: the branch was rewritten, or it takes away many',
    '                              campaigns. Say why with --reason.',
  ].join('\n'),
  arguments: [{ name: '[what...]', description: 'now, accept, or a repository of volante.yaml' }],
  options: [{ flags: '-r, --reason <text>', description: 'why, for the audit' }, asOption],
  examples: ['sync', 'sync shop', 'sync now', 'sync accept shop 4be1c9d2 --as luis --reason "history was cleaned"'],
  async run(context) {
    const [first, ...rest] = context.words(0);
    if (first === 'now') return now(context, rest[0]);
    if (first === 'accept') return accept(context, rest);
    return show(context, first);
  },
};

async function repositories(context: CommandContext, name: string | undefined): Promise<string[]> {
  const { workspace } = await openWorkspace(context);
  const known = Object.keys(workspace.repositories ?? {});
  if (known.length === 0)
    throw new VolanteError('VOL-103', {
      message: 'volante.yaml names no repositories.',
      fix: 'add one under `repositories` (volante explain repositories)',
    });
  if (name === undefined) return known;
  if (known.includes(name)) return [name];
  throw new VolanteError('VOL-103', {
    message: `volante.yaml has no repository "${name}".`,
    fix: `name one of: ${known.join(', ')}`,
  });
}

async function show(context: CommandContext, name: string | undefined): Promise<CommandResult> {
  const wanted = await repositories(context, name);
  return withDatabase(context, async (database) => {
    const rows = (await listSyncRepositories(database)).filter(({ repository }) => wanted.includes(repository));
    const looks = await Promise.all(
      rows.map(async (row) => ({ ...row, campaigns: await readSyncCampaigns(database, row.repository) })),
    );
    const unseen = wanted.filter((id) => !rows.some(({ repository }) => repository === id));
    return {
      text: [
        ...looks.map(({ campaigns, ...row }) => [headline(row), ...campaigns.flatMap(campaignLines)].join('\n')),
        ...unseen.map((id) => `${id}  not looked at yet`),
      ].join('\n\n'),
      json: { repositories: looks, unseen },
      next: rows.some(({ state }) => state === 'blocked') ? 'sync accept <repository> <commit>' : 'status',
    };
  });
}

function headline(row: SyncRepositoryRow): string {
  const { repository, state, reason, seenCommit, appliedCommit, checkedAt, statusTrouble } = row;
  const commits =
    seenCommit === appliedCommit
      ? `commit ${short(appliedCommit)}`
      : `commit ${short(appliedCommit)} applied, ${short(seenCommit)} seen`;
  return [
    `${state.toUpperCase()}  ${repository}  ${commits}  looked at ${checkedAt?.toISOString() ?? 'never'}`,
    ...(reason ? [`  ${reason}`] : []),
    ...(statusTrouble ? [`  its commit status is not shown: ${statusTrouble}`] : []),
  ].join('\n');
}

function campaignLines({ campaignId, folder, state, detail, problems }: SyncCampaignRow): string[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return [
    `  ${state.padEnd(10)}${(campaignId ?? folder).padEnd(28)}${detail ?? ''}`.trimEnd(),
    ...(state === 'invalid' ? errors.slice(0, 3).map(problemLine) : []),
    ...(state === 'invalid' && errors.length > 3 ? [`      and ${errors.length - 3} more`] : []),
  ];
}

function problemLine({ file, line, column, rule, message }: Problem): string {
  return `      ${file}:${line}:${column} ${rule} ${message}`;
}

function short(commit: string | null): string {
  return commit === null ? 'none' : commit.slice(0, 12);
}

async function now(context: CommandContext, name: string | undefined): Promise<CommandResult> {
  const wanted = await repositories(context, name);
  return withOperator(context, async ({ client }) => {
    for (const repository of wanted) await lookNow(client, repository);
    return {
      text: wanted.map((repository) => `✔ ${repository}: looks for a new commit now`).join('\n'),
      json: { looking: wanted },
      next: 'sync',
    };
  });
}

async function accept(context: CommandContext, [name, given]: string[]): Promise<CommandResult> {
  const person = await actingPerson(context);
  const reason = required(context.option('reason'), '--reason');
  const [repository = ''] = await repositories(context, required(name, 'the repository'));
  const prefix = required(given, 'the commit');
  return withOperator(context, async ({ client, database }) => {
    const row = await findSyncRepository(database, repository);
    const commit = row?.seenCommit ?? '';
    if (row?.state !== 'blocked')
      throw new VolanteError('VOL-301', {
        message: `${repository} waits for no word: it is ${row?.state ?? 'unknown'}.`,
      });
    if (!/^[0-9a-f]{7,64}$/.test(prefix) || !commit.startsWith(prefix))
      throw new VolanteError('VOL-102', {
        message: `${repository} waits at commit ${commit.slice(0, 12)}, not at ${prefix}.`,
      });
    if (/signature/.test(row.reason ?? ''))
      throw new VolanteError('VOL-300', {
        message: `Commit ${commit.slice(0, 12)} is not signed by anybody whom volante.yaml trusts.`,
        fix: 'sign it, or name the signer under repositories',
      });
    await acceptCommit(database, { repository, commit });
    await recordFact(database, {
      at: new Date(),
      actor: person.id,
      action: 'sync.accepted',
      subject: repository,
      detail: { commit, blocked: row.reason, reason },
    });
    await lookNow(client, repository);
    return {
      text: `✔ ${repository}: commit ${commit.slice(0, 12)} will be applied (it was blocked: ${row.reason})`,
      json: { repository, commit, accepted: true },
      next: `sync ${repository}`,
    };
  });
}
