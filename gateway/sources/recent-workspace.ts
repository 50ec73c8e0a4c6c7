import type { Workspace } from '../../definition/workspace-types';
import type { GatewayContext } from '../context';

const keptMs = 1_000;

/** `volante.yaml` as it was at most a second ago, for doors at which anybody may knock often. */
export function recentWorkspace({ workspace }: GatewayContext): () => Promise<Workspace> {
  let known: { workspace: Workspace; at: number } | undefined;
  return async () => {
    if (!known || performance.now() - known.at > keptMs)
      known = { workspace: await workspace(), at: performance.now() };
    return known.workspace;
  };
}
