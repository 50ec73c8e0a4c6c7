/** What runs on the test server: the workflows as they are, a person who acts after a while, and customers. */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { CustomerActivities } from '../customers';
import type { PersonActivities, PersonalAct } from '../people';

export { campaignRun, deliverShard, journey } from '../../../workflows';

const { actAsPerson } = proxyActivities<PersonActivities>({
  startToCloseTimeout: '1 minute',
  // Who is refused does not insist for ever.
  retry: { maximumAttempts: 3 },
});

export async function simulatedPerson({ after, act }: { after: number; act: PersonalAct }): Promise<void> {
  await sleep(after);
  await actAsPerson(act);
}

const { actAsCustomers } = proxyActivities<CustomerActivities>({
  startToCloseTimeout: '10 minutes',
  retry: { maximumAttempts: 3 },
});
const lookAgain = defineSignal('lookAgain');
const longHistory = 5_000;

/** Wakes whenever a customer does something. */
export async function simulatedCustomers(): Promise<void> {
  let looks = 0;
  setHandler(lookAgain, () => {
    looks += 1;
  });
  for (;;) {
    const seen = looks;
    const { next } = await actAsCustomers({ now: new Date(Date.now()).toISOString() });
    if (next === undefined) return;
    if (workflowInfo().historyLength > longHistory) await continueAsNew<typeof simulatedCustomers>();
    await condition(() => looks !== seen, Math.max(1, Date.parse(next) - Date.now()));
  }
}
