/** People of a simulation: they answer at gates and report news, after as long as the scenario says. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/client';
import type { ControlActivities } from '../../activities/contract';
import type { Person } from '../../definition/workspace-types';
import type { Database } from '../../ledger/database';
import { decideAtGate } from '../../operations/decide';
import type { Scenario } from '../../simulation/scenario/schema';
import { reportEvent, runStatus } from '../../workflows/messages';

type Question = Parameters<ControlActivities['askApprovers']>[0];

export type PersonalAct =
  | { kind: 'answer'; question: Question; verdict: 'approve' | 'reject' }
  | { kind: 'report'; runId: string; event: string }
  /** The end of the watch. */
  | { kind: 'leave' };

export interface PersonActivities {
  actAsPerson(act: PersonalAct): Promise<void>;
}

export interface People {
  client: Client;
  database: Database;
  taskQueue: string;
  workspacePeople: Record<string, Person>;
  scenario: Pick<Scenario, 'approvers'>;
  onLeave: () => void;
}

export function createPersonActivities(people: People): PersonActivities {
  return {
    async actAsPerson(act) {
      if (act.kind === 'leave') return people.onLeave();
      if (act.kind === 'answer') return answer(people, act);
      await people.client.workflow.getHandle(act.runId).signal(reportEvent, { event: act.event, by: 'simulation' });
    },
  };
}

/** Lets a person act after a while of simulated time; told twice, they act once. */
export async function startPerson(
  { client, taskQueue }: Pick<People, 'client' | 'taskQueue'>,
  { id, after, act }: { id: string; after: number; act: PersonalAct },
): Promise<void> {
  try {
    await client.workflow.start('simulatedPerson', {
      args: [{ after, act }],
      taskQueue,
      workflowId: `simulation/${id}`,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Asked once, each round of roles answers once: reminders do not make them quicker. */
export async function letPeopleAnswer(people: People, question: Question): Promise<void> {
  const { verdict, delay } = manner(people.scenario.approvers, question.gate);
  if (verdict === 'ignore') return;
  await startPerson(people, {
    id: `answer/${question.gate}/${question.roles.join('+')}`,
    after: delay,
    act: { kind: 'answer', question, verdict },
  });
}

function manner(
  { delay, verdict, gates }: Scenario['approvers'],
  gate: string,
): Pick<Scenario['approvers'], 'delay' | 'verdict'> {
  for (const [pattern, own] of Object.entries(gates))
    if (matches(pattern, gate)) return { delay: own.delay ?? delay, verdict: own.verdict };
  return { delay, verdict };
}

function matches(pattern: string, gate: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(gate);
}

/** As many people as it takes, in the order of their names. */
async function answer(
  { client, database, workspacePeople }: People,
  { question, verdict }: Extract<PersonalAct, { kind: 'answer' }>,
): Promise<void> {
  const { gate, planHash, roles, excluded } = question;
  const { runId } = question.run;
  const able = Object.values(workspacePeople)
    .filter((person) => person.roles.some((role) => roles.includes(role)) && !excluded.includes(person.id))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const person of able) {
    const status = await client.workflow.getHandle(runId).query(runStatus);
    const view = status.gates.find((candidate) => candidate.gate === gate);
    if (view?.state !== 'open' && view?.state !== 'held') return;
    if (view.decisions.some(({ by }) => by === person.id)) continue;
    const note = verdict === 'reject' ? 'as the scenario says' : undefined;
    await decideAtGate(
      { client, database },
      { runId, gate, verdict, person, planHash, via: 'cli', ...(note && { note }) },
    );
  }
}
