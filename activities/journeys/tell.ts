import { Context } from '@temporalio/activity';

/** One that has ended, or has not begun, cannot be told anything; that is no failure. */
export async function tell(workflowId: string, signal: string, words?: Record<string, string>): Promise<void> {
  try {
    await Context.current()
      .client.workflow.getHandle(workflowId)
      .signal(signal, ...(words ? [words] : []));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'WorkflowNotFoundError')) throw error;
  }
}
