/** What the forge shows beside a commit: whether what it says is what runs. */
import type { Repository } from '../definition/workspace-types';
import { readSyncCampaigns, type SyncCampaignRow, type SyncState } from '../ledger/sync/campaigns';
import { recordStatus, shownStatus } from '../ledger/sync/repositories';
import { isForgeError } from '../platforms/forge-error';
import type { CommitStatus } from '../platforms/forges';
import { openForge } from '../platforms/open-forge';
import type { SyncDependencies } from './dependencies';

type Said = Pick<CommitStatus, 'state' | 'description'>;

/**
 * Tells the forge of a repository, once for each thing there is to say. A forge that cannot be told keeps no campaign back:
 * the trouble is written down, shown by `volante sync`, and it is told again with the next look.
 */
async function showStatus(
  { database, workspace, secretOf }: SyncDependencies,
  { id, forge }: Repository,
  { commit, state, description }: Said & { commit: string },
): Promise<void> {
  if (!forge) return;
  const said = `${commit} ${state} ${description}`;
  if ((await shownStatus(database, id)) === said) return;
  try {
    const context = `volante/sync/${workspace.environment}`;
    await openForge({ ...forge, token: secretOf(forge.token) }).setStatus({ commit, context, state, description });
    await recordStatus(database, { repository: id, shown: said });
  } catch (error) {
    await recordStatus(database, { repository: id, trouble: troubleOf(error) });
  }
}

function troubleOf(error: unknown): string {
  if (isForgeError(error)) return error.fix === undefined ? error.message : `${error.message}; ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}

/** `applied` and what a person wants to be otherwise are as they should be. */
const words: Record<SyncState, { state: CommitStatus['state']; words: string }> = {
  invalid: { state: 'failure', words: 'invalid' },
  refused: { state: 'failure', words: 'refused' },
  pending: { state: 'pending', words: 'to be tried again' },
  applied: { state: 'success', words: 'applied' },
  over: { state: 'success', words: 'over' },
  suspended: { state: 'success', words: 'suspended' },
  orphaned: { state: 'success', words: 'without a file' },
};

/** Nothing of a commit is applied before somebody says a word. */
export function showBlocked(
  deps: SyncDependencies,
  repository: Repository,
  { commit, reason }: { commit: string; reason: string },
): Promise<void> {
  return showStatus(deps, repository, { commit, state: 'pending', description: `waits for a word: ${reason}` });
}

/** What became of the campaigns of a commit. */
export async function showConcluded(deps: SyncDependencies, repository: Repository, commit: string): Promise<void> {
  if (!repository.forge) return;
  const rows = await readSyncCampaigns(deps.database, repository.id);
  await showStatus(deps, repository, { commit, ...concludedStatus(rows) });
}

/** The worst that became of a campaign, and how many became what. */
function concludedStatus(rows: readonly Pick<SyncCampaignRow, 'state' | 'campaignId' | 'folder'>[]): Said {
  const seen = (Object.keys(words) as SyncState[]).flatMap((state) => {
    const among = rows.filter((row) => row.state === state);
    return among.length === 0 ? [] : [{ state, among }];
  });
  const [worst] = seen;
  if (!worst) return { state: 'success', description: 'no campaigns' };
  const counts = seen.map(({ state, among }) => `${among.length} ${words[state].words}`).join(', ');
  const { state } = words[worst.state];
  const names = worst.among.map(({ campaignId, folder }) => campaignId ?? folder).join(', ');
  return { state, description: state === 'success' ? counts : `${counts}: ${names}` };
}
