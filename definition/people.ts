import type { PersonId } from './resolved';
import type { Workspace } from './workspace-types';

/** Who of volante.yaml writes from this address, as a commit says it. */
export function personWriting({ people }: Pick<Workspace, 'people'>, email: string | undefined): PersonId | undefined {
  const address = email?.toLowerCase();
  return Object.values(people).find((person) => person.email.toLowerCase() === address)?.id;
}
