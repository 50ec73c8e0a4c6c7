import type { Client } from '@temporalio/client';
import type { Standing } from '../definition/amendment';
import { askStatus } from './decide';

/** Where the steps and gates of a run stand; undefined when it does not answer. */
export async function askStanding(client: Client, runId: string): Promise<Standing | undefined> {
  const status = await askStatus(client, runId).catch(() => undefined);
  return (
    status && {
      steps: Object.fromEntries(status.steps.map(({ id, state }) => [id, state])),
      gates: Object.fromEntries(status.gates.map(({ gate, state }) => [gate, state])),
    }
  );
}
