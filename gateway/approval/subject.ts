/** Puts together what a link is about, from the ledger, the run and the workspace file as they are now. */
import { gateTermsOf } from '../../definition/gates-of';
import type { GateStep } from '../../definition/resolved';
import type { Person, Workspace } from '../../definition/workspace-types';
import type { ApprovalToken } from '../../ledger/approval-tokens';
import { readRevision, type StoredRevision } from '../../ledger/revisions';
import { findRun, type RunRow } from '../../ledger/runs';
import type { GatewayContext } from '../context';
import { type GateStory, gateStory } from './gate-story';
import { type Standing, standingOf } from './standing';

export interface LinkSubject {
  link: ApprovalToken;
  workspace: Workspace;
  /** Undefined when the workspace no longer knows them. */
  person: Person | undefined;
  run: RunRow;
  stored: StoredRevision;
  gate: GateStep['gate'];
  story: GateStory;
  standing: Standing;
}

/** @returns undefined when the ledger does not know the link's run or gate */
export async function subjectOf(context: GatewayContext, link: ApprovalToken): Promise<LinkSubject | undefined> {
  const { database } = context;
  const [workspace, run] = await Promise.all([context.workspace(), findRun(database, link.runId)]);
  const stored = run && (await readRevision(database, run.revision));
  const gate = stored && gateTermsOf(stored.campaign, link.gate);
  if (!run || !stored || !gate) return undefined;
  const story = await gateStory(context, link);
  const person = personOf(workspace, link.person);
  const now = new Date();
  const standing = standingOf({ link, story, gate, person, appliedBy: run.appliedBy, now });
  return { link, workspace, person, run, stored, gate, story, standing };
}

export function personOf({ people }: Workspace, id: string): Person | undefined {
  return Object.hasOwn(people, id) ? people[id] : undefined;
}
