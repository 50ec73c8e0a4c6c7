import type { Client } from '@temporalio/client';
import type { Repository, Workspace } from '../definition/workspace-types';
import type { Database } from '../ledger/database';
import { Mirror } from './git/mirror';

/** What a git sync needs besides its input. */
export interface SyncDependencies {
  client: Client;
  database: Database;
  workspace: Workspace;
  secretKey: string;
  /** Where copies of repositories are kept; may be deleted at any time. */
  folder: string;
  /** The value behind a reference. @throws VolanteError VOL-505 */
  secretOf(reference: string): string;
}

/** The repository as the workspace has it for this environment; undefined when it is not synced here. */
export function repositoryHere({ workspace }: SyncDependencies, id: string): Repository | undefined {
  const repository = workspace.repositories?.[id];
  const isHere = repository?.environment === undefined || repository.environment === workspace.environment;
  return isHere ? repository : undefined;
}

export function openMirror({ folder, secretOf }: SyncDependencies, repository: Repository): Promise<Mirror> {
  return Mirror.open({ folder, repository, secretOf });
}
