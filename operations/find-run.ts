import { VolanteError } from '../errors/volante-error';
import type { Database } from '../ledger/database';
import { findRuns, type RunRow } from '../ledger/runs';

/**
 * The run that a person means by a run id, a campaign id or the beginning of either. Of several runs of one campaign the
 * newest that is not over is meant, else the newest.
 * @throws VolanteError VOL-103 when there is none, or when several campaigns fit
 */
export async function findRunOf(database: Database, text: string): Promise<RunRow> {
  const runs = await findRuns(database, text);
  const exact = runs.find(({ runId }) => runId === text);
  if (exact) return exact;
  const campaigns = new Set(runs.map(({ campaignId }) => campaignId));
  const sameCampaign = runs.filter(({ campaignId }) => campaignId === text);
  const candidates = sameCampaign.length > 0 ? sameCampaign : runs;
  if (sameCampaign.length === 0 && campaigns.size > 1)
    throw new VolanteError('VOL-103', { message: `"${text}" could be any of ${[...campaigns].join(', ')}.` });
  const run = candidates.find(({ finishedAt }) => finishedAt === null) ?? candidates[0];
  if (!run) throw new VolanteError('VOL-103', { message: `There is no run of "${text}".` });
  return run;
}
