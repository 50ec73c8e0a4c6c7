/** Runs whose mail goes out slowly enough that something can happen in between. */
import type { EmailStep, ResolvedCampaign } from '../../definition/resolved';
import type { StoredFile } from '../../ledger/revisions';
import { eventually } from './eventually';
import type { Harness } from './run-harness';
import { decide } from './run-talk';

export const smallBatches = { batchSize: 20, pageSize: 100, pagesPerActivity: 1, window: 1 };

/** @returns the id of a run that was approved and sends */
export async function startSlowly(
  harness: Harness,
  campaign: ResolvedCampaign,
  people: number,
  files?: StoredFile[],
): Promise<string> {
  await harness.importPeople(people);
  harness.sink.behave(() => ({ do: 'accept', afterMs: 15 }));
  const { runId } = await harness.launch(campaign, { tuning: smallBatches, ...(files && { files }) });
  await decide(harness, runId, 'ana');
  await eventually(() => harness.customerMail().length > 30, { what: 'mail is going out' });
  return runId;
}

/** How many messages there are once nothing is on its way any more. */
export async function quiet(harness: Harness): Promise<number> {
  await eventually(async () => {
    const { rows } = await harness.database.query("select 1 from deliveries where status in ('claimed', 'sending')");
    return rows.length === 0;
  });
  return harness.customerMail().length;
}

/** The same campaign, its messages changed. */
export function withEmail(campaign: ResolvedCampaign, email: Partial<EmailStep['email']>): ResolvedCampaign {
  return {
    ...campaign,
    steps: campaign.steps.map((step) =>
      step.kind === 'email' ? { ...step, email: { ...step.email, ...email } } : step,
    ),
  };
}

export const withSubject = (campaign: ResolvedCampaign, subject: string) => withEmail(campaign, { subject });
