/** What can be said to a run while it runs, and what it answers. Command line, gateway and tests all use these. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { PersonId, Sha256 } from '../definition/resolved';
import type { AmendRequest } from '../definition/run-plan';
import type { CheckpointOverride, GateDecision, GateState, RunStatus, Verdict } from '../definition/run-status';

export interface ControlRequest {
  by: PersonId;
  /** Shown in the Temporal UI, the status and the report: no personal data of contacts. */
  reason: string;
}

export const pauseRun = defineSignal<[ControlRequest]>('pause');
export const resumeRun = defineSignal<[ControlRequest]>('resume');
export const abortRun = defineSignal<[ControlRequest]>('abort');

/** Somebody asks whether the run of a campaign whose file is gone shall stop. */
export const askPrune = defineSignal<[ControlRequest]>('askPrune');

export interface GateReceipt {
  gate: string;
  verdict: Verdict;
  approvals: number;
  quorum: number;
  state: GateState;
}

/** Use `updateId` = `<gate>:<person>:<verdict>` so that a repeated click is the same decision. */
export const decideGate = defineUpdate<GateReceipt, [GateDecision]>('decideGate');

/** A person's word in the place of what a checkpoint declares, or before it has judged. */
export const overrideCheckpoint = defineUpdate<{ checkpoint: string }, [CheckpointOverride]>('overrideCheckpoint');

export interface AmendReceipt {
  /** Ordinal of the amendment, from 1. */
  no: number;
  revision: Sha256;
  planHash: Sha256;
  /** Gates that are asked again. */
  voids: string[];
}

/** A changed file. Use `updateId` = `amend:<no>:<revision>`, so that the same commit seen twice is one amendment. */
export const amendRun = defineUpdate<AmendReceipt, [AmendRequest]>('amend');

/** Something outside has happened that a checkpoint may wait for. */
export const reportEvent = defineSignal<[{ event: string; by: PersonId }]>('reportEvent');

/** A newer run of the campaign has opened its trigger or its program: this one's journeys go on, and then it is done. */
export const supersedeTrigger = defineSignal<[{ by: string }]>('supersedeTrigger');

/** The last journey of a run that starts no more has ended. */
export const journeysEnded = defineSignal('journeysEnded');

export const runStatus = defineQuery<RunStatus>('status');

/** Memo of runs that stand open for as long as nobody ends them: those with a trigger or a program. */
export const standsMemo = 'stands';
