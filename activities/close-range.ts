import { Context } from '@temporalio/activity';
import type { Database } from '../ledger/database';
import { closeDeliveries } from '../ledger/deliveries';

/** Members one transaction closes, so that none grows with the audience. */
const closeAtOnce = 20_000;

/** Closes the open deliveries of a range of members; heartbeats on the way. */
export async function closeRange(database: Database, request: Parameters<typeof closeDeliveries>[1]): Promise<void> {
  for (let from = request.range.from; from <= request.range.to; from += closeAtOnce) {
    const range = { from, to: Math.min(request.range.to, from + closeAtOnce - 1) };
    await closeDeliveries(database, { ...request, range });
    Context.current().heartbeat({ closed: range.to });
  }
}
