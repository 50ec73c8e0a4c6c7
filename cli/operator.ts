/** Verbs that talk to runs: one place that opens and closes what they need and knows who is acting. */
import type { Client } from '@temporalio/client';
import type { Person } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { type Database, openDatabase } from '../ledger/database';
import { connectOperator, connectTemporal, type Operator } from '../operations/connect';
import type { CommandContext } from './command';
import { openWorkspace } from './workspace';

export async function withOperator<T>(context: CommandContext, work: (operator: Operator) => Promise<T>): Promise<T> {
  const operator = await connectOperator(context.settings());
  try {
    return await work(operator);
  } finally {
    await operator.close();
  }
}

/** For what needs Temporal alone: works while the database is away. */
export async function withTemporal<T>(
  context: CommandContext,
  work: (temporal: { client: Client }) => Promise<T>,
): Promise<T> {
  const { client, connection } = await connectTemporal(context.settings());
  try {
    return await work({ client });
  } finally {
    await connection.close();
  }
}

/** For what needs the ledger alone: works while Temporal is away. */
export async function withDatabase<T>(context: CommandContext, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({ url: context.settings().databaseUrl, connections: 4 });
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

/** The person who acts, from volante.yaml. @throws VolanteError VOL-201, VOL-103 */
export async function actingPerson(context: CommandContext): Promise<Person> {
  const { workspace } = await openWorkspace(context);
  const id = context.actor();
  const person = workspace.people[id];
  if (!person)
    throw new VolanteError('VOL-103', {
      message: `volante.yaml knows nobody called "${id}".`,
      fix: `name one of: ${Object.keys(workspace.people).join(', ')}`,
    });
  return person;
}

/** A word that must be there. @throws VolanteError VOL-102 */
export function required(value: string | undefined, what: string): string {
  if (value === undefined || value.trim() === '') throw new VolanteError('VOL-102', { message: `${what} is missing.` });
  return value;
}
