/** Pull from live: what a run goes by, as a campaign file with its files beside it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Change, diffCampaigns } from '../definition/diff';
import { campaignFileNames, loadCampaign } from '../definition/load-campaign';
import type { Workspace } from '../definition/workspace-types';
import { writeCampaign } from '../definition/write-campaign';
import type { Problem } from '../errors/problem';
import { VolanteError } from '../errors/volante-error';
import type { Database } from '../ledger/database';
import { readRevision, type StoredFile, type StoredRevision } from '../ledger/revisions';
import type { RunRow } from '../ledger/runs';

export interface ExportedRun {
  revision: StoredRevision;
  /** The campaign file first, then the files that it names; paths below the campaign's folder. */
  files: StoredFile[];
  /** What loading it here gives otherwise than what runs: nothing, unless volante.yaml is another one now. */
  changes: Change[];
  /** Why it does not load here, as errors of the written file. */
  problems: Problem[];
}

/** @throws VolanteError VOL-103 when the ledger has no definition of the run */
export async function exportRun(
  database: Database,
  { run, workspace }: { run: RunRow; workspace: Workspace },
): Promise<ExportedRun> {
  const revision = await readRevision(database, run.revision);
  if (!revision) throw new VolanteError('VOL-103', { message: `The definition of ${run.runId} is not in the ledger.` });
  const remarks = [`What ${run.runId} goes by: revision ${run.revision.slice(0, 12)}.`];
  const text = writeCampaign({ campaign: revision.campaign, workspace }, remarks);
  const files = [{ path: campaignFileNames[0], content: Buffer.from(text) }, ...revision.files];
  return { revision, files, ...(await compared(files, { revision, workspace })) };
}

/** Loads what was written from a folder of its own. */
async function compared(
  files: StoredFile[],
  { revision, workspace }: { revision: StoredRevision; workspace: Workspace },
): Promise<Pick<ExportedRun, 'changes' | 'problems'>> {
  const folder = await mkdtemp(join(tmpdir(), 'volante-export-'));
  try {
    await writeFiles(folder, files);
    const { campaign, problems } = await loadCampaign({ folder, workspace, root: folder });
    return {
      changes: campaign ? diffCampaigns(revision.campaign, campaign.resolved) : [],
      problems: campaign ? [] : problems.filter(({ severity }) => severity === 'error'),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names of files that are there already with another content. */
export async function filesInTheWay(folder: string, files: readonly StoredFile[]): Promise<string[]> {
  const held = await Promise.all(
    files.map(async ({ path, content }) => {
      const there = await readFile(join(folder, path)).catch(() => undefined);
      return there !== undefined && !there.equals(content) ? [path] : [];
    }),
  );
  return held.flat();
}

export async function writeFiles(folder: string, files: readonly StoredFile[]): Promise<void> {
  for (const { path, content } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
