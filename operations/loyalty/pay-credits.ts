/** Starts the payment of store credit that is owed: a consumer of the inbox. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/client';
import { ownSource } from '../../ledger/loyalty/apply-events';
import { creditOwedEvent } from '../../ledger/loyalty/store-credit';
import type { EventConsumer } from '../dispatch-inbox';

export function creditConsumer({ client, taskQueue }: { client: Client; taskQueue: string }): EventConsumer {
  return {
    name: 'store credit',
    async consume(events) {
      for (const { type, source, data } of events) {
        const { credit } = data;
        if (type === creditOwedEvent && source === ownSource && typeof credit === 'string')
          await start(client, { credit, taskQueue });
      }
      return new Map();
    },
  };
}

/** One that was started before, or is over, is left alone; should it begin again, it finds the credit settled. */
async function start(client: Client, { credit, taskQueue }: { credit: string; taskQueue: string }): Promise<void> {
  try {
    await client.workflow.start('storeCredit', {
      workflowId: `store-credit/${credit}`,
      taskQueue,
      args: [{ credit }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      staticSummary: `store credit ${credit}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
