/** A person's own word that they want no more mail: suppresses the address and records the withdrawn consent. */
import { recordConsents } from './contacts';
import { type Database, maybeOne, transaction } from './database';
import { recordUnsubscribe } from './events-own';
import { suppressContacts } from './suppressions';

export interface OptOut {
  contactId: string;
  /** Where it came from: the run whose message carried the link. */
  source: string;
  /** The same run's number: the opt-out counts in its measurements. */
  runNo?: number;
  /** By what means, such as `one-click`. */
  method: string;
  at: Date;
}

/**
 * Idempotent: said twice, at once or years later, it is recorded once. A consent granted in between is withdrawn again.
 * @returns false when the contact is no longer in the book (it was erased; its suppressions hold all the same)
 */
export async function optOut(database: Database, { contactId, source, runNo, method, at }: OptOut): Promise<boolean> {
  return transaction(database, async (client) => {
    const contact = await maybeOne<{ consent: string }>(
      client,
      'select consent from contacts where id = $1 for no key update',
      [contactId],
    );
    if (!contact) return false;
    await suppressContacts(client, { contactIds: [contactId], reason: 'unsubscribed', source });
    if (runNo !== undefined) await recordUnsubscribe(client, { contactId, runNo, at });
    if (contact.consent !== 'withdrawn')
      await recordConsents(client, [
        { contactId, state: 'withdrawn', basis: 'consent', source, method, recordedAt: at },
      ]);
    return true;
  });
}
