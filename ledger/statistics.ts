/** Keeps the planner's picture of tables in step with what a run has just written into them. */
import type { Database } from './database';

/**
 * A wave or an import can fill a table faster than PostgreSQL looks at it by itself; a plan made for a handful of rows is
 * then carried out over a million. Samples, so it takes about a second whatever the size.
 */
export async function refreshStatistics(database: Database): Promise<void> {
  await database.query('analyze members, deliveries, waves, events');
}
