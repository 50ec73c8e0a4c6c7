/** A loyalty program that stands open in a test: its terms as a campaign, and events of its members. */
import type { ResolvedCampaign } from '../../definition/resolved';
import type { ProgramTerms } from '../../definition/resolved-loyalty';
import { storeInbox } from '../../ledger/inbox';
import { dispatchOnce } from '../../operations/dispatch-inbox';
import { loyaltyConsumer } from '../../operations/loyalty/consume';
import { testTerms } from './loyalty-terms';
import { gateStep, type Harness, testCampaign } from './run-harness';

export function clubCampaign(
  terms: Partial<ProgramTerms> = {},
  given: Partial<ResolvedCampaign> = {},
): ResolvedCampaign {
  return testCampaign({
    id: 'club',
    name: 'Club',
    ...given,
    program: { ...testTerms, ...terms },
    steps: [gateStep({}, 'terms')],
  });
}

export interface ShopEvent {
  id: string;
  type: string;
  contactId?: string;
  occurredAt?: Date;
  data?: Record<string, unknown>;
}

/** What the shop tells, through the inbox. */
export async function tellShopEvents(
  { database }: Pick<Harness, 'database'>,
  events: readonly ShopEvent[],
): Promise<void> {
  await storeInbox(
    database,
    events.map(({ contactId, occurredAt = new Date(), data = {}, ...event }) => ({
      source: 'shop',
      ...event,
      ...(contactId !== undefined && { about: { contactId } }),
      occurredAt,
      data,
    })),
  );
}

/** Acts on everything in the inbox, as a worker does. */
export async function dispatchLoyalty({ database }: Pick<Harness, 'database'>, clock?: () => Date): Promise<void> {
  const consumers = [loyaltyConsumer({ database, clock })];
  while ((await dispatchOnce({ database, consumers })) > 0);
}

/** Amounts of one member. */
export async function balanceOf(
  { database }: Pick<Harness, 'database'>,
  program: string,
  contactId: string,
): Promise<Record<string, number | string | null> | undefined> {
  const { rows } = await database.query<Record<string, string> & { tier: string | null }>(
    `select pending, active, spent, expired, reversed, debt, tier from loyalty_balances where program = $1 and contact_id = $2`,
    [program, contactId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { tier, ...amounts } = row;
  return { ...Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, Number(value)])), tier };
}
