import type { Queryable } from '../database';
import { cardsOf } from './card';
import { cardToken } from './card-token';

/** What a message shows of a member's points, as Liquid `loyalty`. */
export interface ShownPoints {
  points: number;
  pending: number;
  /** Empty: none. */
  tier: string;
  cardUrl: string;
}

interface Shown {
  program: string;
  contactIds: readonly string[];
  secretKey: string;
  gatewayUrl: string;
  now: Date;
}

/** By contact; who never earned has nothing yet, and a card that says so. */
export async function shownPoints(
  queryable: Queryable,
  { program, contactIds, secretKey, gatewayUrl, now }: Shown,
): Promise<Map<string, ShownPoints>> {
  const cards = await cardsOf(queryable, { program, contactIds, now });
  return new Map(
    contactIds.map((contactId) => {
      const { points = 0, pending = 0, tier = null } = cards.get(contactId) ?? {};
      const cardUrl = `${gatewayUrl}/l/${cardToken({ program, contactId }, secretKey)}`;
      return [contactId, { points, pending, tier: tier ?? '', cardUrl }];
    }),
  );
}
