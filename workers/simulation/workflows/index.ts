/** What runs on the test server: the workflows as they are, and a person who acts after a while. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { PersonActivities, PersonalAct } from '../people';

export { campaignRun, deliverShard } from '../../../workflows';

const { actAsPerson } = proxyActivities<PersonActivities>({
  startToCloseTimeout: '1 minute',
  // Who is refused does not insist for ever.
  retry: { maximumAttempts: 3 },
});

export async function simulatedPerson({ after, act }: { after: number; act: PersonalAct }): Promise<void> {
  await sleep(after);
  await actAsPerson(act);
}
