/**
 * What becomes of workflows under way when a new build of the workers is rolled out; without worker versioning, nothing.
 * A run and its shards end on the build on which they began. What may last for months moves to the current build with its
 * next task: journeys, runs that stand open, and whatever is over in a moment. What moves needs `patched` when it changes.
 */
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { campaignRun } from './campaign-run';
import { deliverShard } from './deliver-shard';
import { gitSync } from './git-sync';
import { journey } from './journey';
import { standsMemo } from './messages';
import { storeCredit } from './store-credit';

type Behavior = 'PINNED' | 'AUTO_UPGRADE';
type AnyWorkflow = (...given: never[]) => Promise<unknown>;

/** Servers refuse a word about versions from a worker that has none. */
function behaves(workflow: AnyWorkflow, behavior: () => Behavior): void {
  setWorkflowOptions(
    () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: behavior() } : {}),
    workflow,
  );
}

behaves(campaignRun, () => (workflowInfo().memo?.[standsMemo] === true ? 'AUTO_UPGRADE' : 'PINNED'));
behaves(deliverShard, () => 'PINNED');
for (const moves of [journey, gitSync, storeCredit]) behaves(moves, () => 'AUTO_UPGRADE');
