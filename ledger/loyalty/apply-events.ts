/** What a batch of events does to the members of one program, in one transaction. */
import { type Database, transaction } from '../database';
import { storeInbox, type TypedEvent } from '../inbox';
import { bookEarnings, type Earning } from './earn';
import { mature, payDebts } from './mature';
import { lockMembers } from './members';
import type { Program } from './programs';
import { type Refund, settleRefunds, storeRefunds } from './refunds';
import { judgeTiers, type TierChange } from './tiers';

export interface EventBatch {
  program: Program;
  earnings: readonly Earning[];
  refunds: readonly Refund[];
  now: Date;
}

/** Source of the events that Volante tells itself. */
export const ownSource = 'volante';

/** Books what was earned, takes back what was refunded, and judges tiers. The same events again change nothing. */
export async function applyEvents(
  database: Database,
  { program, earnings, refunds, now }: EventBatch,
): Promise<{ booked: number; points: bigint; refunded: number; uncovered: bigint }> {
  const contactIds = [...new Set([...earnings, ...refunds].map(({ contactId }) => contactId))];
  if (contactIds.length === 0) return { booked: 0, points: 0n, refunded: 0, uncovered: 0n };
  return transaction(database, async (client) => {
    await lockMembers(client, program, contactIds);
    await mature(client, { program, contactIds, now });
    await storeRefunds(client, { program, refunds });
    const { booked, points } = await bookEarnings(client, { program, earnings, now });
    await payDebts(client, { program, contactIds });
    const orderRefs = [...earnings, ...refunds].flatMap(({ orderRef }) => orderRef ?? []);
    const { settled, uncovered } = await settleRefunds(client, { program, orderRefs, now });
    const changes = await judgeTiers(client, { program, contactIds, now });
    await storeInbox(client, tierEvents(changes, { program, now }));
    return { booked, points, refunded: settled, uncovered };
  });
}

/** `tier.reached`, for journeys; a tier that is lost says nothing. */
function tierEvents(changes: readonly TierChange[], { program, now }: { program: Program; now: Date }): TypedEvent[] {
  const rank = (tier: string | null) => program.terms.tiers.findIndex(({ id }) => id === tier);
  return changes
    .filter(({ tier, before }) => rank(tier) > rank(before))
    .map(({ contactId, tier, before }) => ({
      source: ownSource,
      id: `tier:${program.id}:${contactId}:${tier}:${now.getTime()}`,
      type: 'tier.reached',
      about: { contactId },
      occurredAt: now,
      data: { program: program.id, tier, before },
    }));
}
