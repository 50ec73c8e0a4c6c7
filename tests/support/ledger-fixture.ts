/** Rows that ledger tests start from: people, and runs whose audience is frozen. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { compileAudience } from '../../definition/audience-condition';
import type { ResolvedCampaign } from '../../definition/resolved';
import { importContacts } from '../../ledger/contacts-import';
import type { Database } from '../../ledger/database';
import { type FrozenAudience, freezeAudience } from '../../ledger/members';
import { storeRevision } from '../../ledger/revisions';
import { type RunRow, registerRun } from '../../ledger/runs';
import { emailStep, testCampaign, testSecretKey } from './run-harness';

export const peopleHeader = 'email,country,orders,timeZone,consent,consentSource,consentAt';

export interface PersonRow {
  email: string;
  country?: string;
  orders?: number;
  timeZone?: string;
  consent?: 'granted' | 'withdrawn' | '';
  consentAt?: string;
}

/** CSV of people, who consent unless they say otherwise. */
export function peopleCsv(people: readonly PersonRow[]): Buffer {
  const lines = people.map(
    ({ email, country = 'ES', orders = 1, timeZone = '', consent = 'granted', consentAt = '2026-01-01' }) =>
      [email, country, orders, timeZone, consent, ...(consent ? ['test', consentAt] : ['', ''])].join(','),
  );
  return Buffer.from([peopleHeader, ...lines].join('\n'));
}

export function importPeople(database: Database, csv: Buffer) {
  return importContacts(database, { source: Readable.from([csv]), file: 'people.csv', secretKey: testSecretKey });
}

/** A run of a campaign in the ledger, not yet frozen. */
export async function registerTestRun(
  database: Database,
  given: Partial<ResolvedCampaign> = {},
): Promise<{ run: RunRow; campaign: ResolvedCampaign }> {
  const unique = randomUUID();
  const campaign = testCampaign({ id: `sale-${unique.slice(0, 8)}`, ...given, steps: [emailStep()] });
  await storeRevision(database, { revision: unique, campaign, files: [] });
  const run = await registerRun(database, {
    runId: `campaign/${campaign.id}/${unique.slice(0, 12)}`,
    campaignId: campaign.id,
    environment: 'test',
    revision: unique,
    appliedPlanHash: 'a'.repeat(64),
    appliedBy: 'luis',
    appliedAt: '2026-11-01T00:00:00.000Z',
  });
  return { run, campaign };
}

export function freeze(
  database: Database,
  { runNo, campaign, csv }: { runNo: number; campaign: ResolvedCampaign; csv?: Buffer },
): Promise<FrozenAudience> {
  return freezeAudience(database, {
    campaign,
    condition: compileAudience(campaign.audience.where),
    csv,
    secretKey: testSecretKey,
    runNo,
    shardSize: 100,
  });
}
