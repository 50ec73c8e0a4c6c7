import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { controlRun } from '../../operations/control';
import type { Harness } from '../support/run-harness';

export interface RecordingStage {
  harness: Harness;
  environment: TestWorkflowEnvironment;
}

/** Runs something to its end. @returns the workflow whose history is kept, and which of its executions when not the last */
export type Scenario = (stage: RecordingStage) => Promise<string | [workflowId: string, executionId: string]>;

export function say(
  { harness, environment }: RecordingStage,
  runId: string,
  verb: 'pause' | 'resume' | 'abort',
): Promise<void> {
  const operator = { client: environment.client, database: harness.database };
  return controlRun(operator, { runId, verb, by: 'luis', reason: 'because' });
}
