/** A repository of campaigns that a harness syncs. */
import type { Repository, Workspace } from '../../definition/workspace-types';
import { readSyncCampaigns } from '../../ledger/sync/campaigns';
import type { SyncOutcome } from '../../workflows/git-sync';
import { type GitServer, WorkingCopy } from './git-server';
import type { Harness } from './run-harness';

const html = (words: string) =>
  `<!doctype html><html lang="en"><head><title>Hi</title></head><body><p>${words}</p></body></html>\n`;

export interface CampaignText {
  id: string;
  subject?: string;
  name?: string;
  /** More lines at the top level. */
  more?: string;
  steps?: string;
}

/** Files of a campaign in `campaigns/<folder>`. */
export function campaignIn(
  folder: string,
  { id, subject = 'Hola', name = 'Sale', more = '', steps }: CampaignText,
): Record<string, string> {
  const ownSteps =
    steps ??
    `  - id: content
    gate: { approvers: [marketing] }
  - id: offer
    email: { template: offer.html, subject: "${subject}" }
`;
  return {
    [`campaigns/${folder}/campaign.yaml`]: `id: ${id}
name: ${name}
owner: luis
audience: { from: contacts }
schedule: { timezone: Europe/Madrid }
${more}steps:
${ownSteps}`,
    [`campaigns/${folder}/offer.html`]: html('Hello'),
  };
}

export function repositoryOf(
  server: GitServer,
  more: Partial<Repository> = {},
): NonNullable<Workspace['repositories']> {
  return {
    shop: {
      id: 'shop',
      url: server.url,
      branch: 'main',
      path: 'campaigns',
      every: 60_000,
      actor: 'luis',
      onRemoval: 'keep',
      ...more,
    },
  };
}

let syncs = 0;

/** Runs one sync and waits for it. */
export async function syncOnce(harness: Harness): Promise<SyncOutcome> {
  syncs += 1;
  return harness.environment.client.workflow.execute('gitSync', {
    taskQueue: harness.taskQueue,
    workflowId: `sync/${harness.unique}/${syncs}`,
    args: [{ repository: 'shop' }],
  }) as Promise<SyncOutcome>;
}

/** `<folder> <state>`, and details where asked for. */
export async function syncStates(harness: Harness): Promise<string[]> {
  const rows = await readSyncCampaigns(harness.database, 'shop');
  return rows.map(({ folder, state }) => `${folder.replace('campaigns/', '')} ${state}`);
}

export { WorkingCopy };
