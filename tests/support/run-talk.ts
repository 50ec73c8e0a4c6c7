/** What test files say to runs, and how they wait for them. */

import type { RunStatus, Verdict } from '../../definition/run-status';
import { askStatus, decideAtGate } from '../../operations/decide';
import type { GateReceipt } from '../../workflows/messages';
import { eventually } from './eventually';
import { type Harness, testWorkspace } from './run-harness';

export type Who = keyof typeof testWorkspace.people & ('ana' | 'bea' | 'luis' | 'eva');

/** The run's status once a gate is open or held. */
export async function openGate(harness: Harness, runId: string, gate = 'content'): Promise<RunStatus> {
  return eventually(
    async () => {
      const status = await askStatus(harness.environment.client, runId);
      const isOpen = status.gates.some(
        (view) => view.gate === gate && (view.state === 'open' || view.state === 'held'),
      );
      return isOpen ? status : undefined;
    },
    { what: `gate ${gate} is open` },
  );
}

/** Decides as soon as the gate is open. */
export async function decide(
  harness: Harness,
  runId: string,
  who: Who,
  options: { verdict?: Verdict; gate?: string; planHash?: string; note?: string } = {},
): Promise<GateReceipt> {
  const { verdict = 'approve', gate = 'content' } = options;
  const status = await openGate(harness, runId, gate);
  const person = testWorkspace.people[who];
  if (!person) throw new Error(`nobody is called ${who}`);
  return decideAtGate(
    { client: harness.environment.client, database: harness.database },
    {
      runId,
      gate,
      verdict,
      person,
      planHash: options.planHash ?? status.planHash,
      via: 'cli',
      note: options.note ?? 'because',
    },
  );
}

export async function resultOf(harness: Harness, runId: string): Promise<RunStatus> {
  return (await harness.environment.client.workflow.getHandle(runId).result()) as RunStatus;
}

export const stepOf = (status: RunStatus, id: string) => {
  const step = status.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`no step ${id}`);
  return step;
};
