/** Pause, resume, abort: signals, so that they arrive even while no worker runs; the ledger's switch is set at once. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { PersonId } from '../definition/resolved';
import { VolanteError } from '../errors/volante-error';
import { recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { findRun, setDispatch } from '../ledger/runs';
import { abortRun, pauseRun, resumeRun } from '../workflows/messages';

export type ControlVerb = 'pause' | 'resume' | 'abort';

const signals = { pause: pauseRun, resume: resumeRun, abort: abortRun } as const;

/**
 * Tells a run to pause, resume or abort. A pause or abort also turns the ledger's switch, which every claim looks at:
 * no batch begins after this returns, whether or not a worker is there to hear the signal.
 * @throws VolanteError VOL-301 when the run is over
 */
export async function controlRun(
  { client, database }: { client: Client; database: Database },
  request: { runId: string; verb: ControlVerb; by: PersonId; reason: string },
): Promise<void> {
  const { runId, verb, by, reason } = request;
  const run = await findRun(database, runId);
  if (run?.finishedAt) throw new VolanteError('VOL-301', { message: `${runId} is over (${run.phase}).` });
  if (run && verb !== 'resume') await setDispatch(database, run.no, verb === 'pause' ? 'paused' : 'closed');
  try {
    await client.workflow.getHandle(runId).signal(signals[verb], { by, reason });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new VolanteError('VOL-301', { message: `${runId} is not running.`, cause: error });
    throw error;
  }
  await recordFact(database, { at: new Date(), runId, actor: by, action: `run.${verb}-asked`, detail: { reason } });
}
