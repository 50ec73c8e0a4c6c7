import type { ResolvedCampaign } from '../../definition/resolved';
import { type Language, languageOf } from '../../i18n/catalogue';
import { contactById } from '../../ledger/contacts';
import type { Database } from '../../ledger/database';
import { maybeOne } from '../../ledger/database';
import type { UnsubscribeLink } from '../../ledger/unsubscribe-token';
import { maskAddress } from '../../telemetry/personal-data';

/** Whom an unsubscribe link speaks of, as far as the ledger still knows. */
export interface Recipient {
  runId?: string;
  sender?: string;
  /** Masked. */
  address?: string;
  /** Of the contact, else of the campaign; absent when neither is known. */
  language?: Language;
}

export async function recipientOf(database: Database, { contactId, runNo }: UnsubscribeLink): Promise<Recipient> {
  const [contact, run] = await Promise.all([
    contactById(database, contactId),
    maybeOne<{ runId: string; campaign: ResolvedCampaign }>(
      database,
      'select run_id as "runId", definition as campaign from runs join revisions using (revision) where no = $1',
      [runNo],
    ),
  ]);
  const email = run?.campaign.steps.find((step) => step.kind === 'email');
  const locale = contact?.locale ?? run?.campaign.locale;
  return {
    runId: run?.runId,
    sender: email?.kind === 'email' ? email.email.sender.name : undefined,
    address: contact && maskAddress(contact.address),
    language: locale === undefined ? undefined : languageOf(locale),
  };
}
