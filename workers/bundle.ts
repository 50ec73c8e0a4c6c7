/** `node dist/workers/bundle.js`: the last step of the build. */
import { join } from 'node:path';
import { packageRoot } from '../settings/package-root';
import { buildWorkflowBundle, simulationBundle, workflowBundleFile } from './workflow-bundle';

async function main(): Promise<void> {
  const sources = join(packageRoot(), 'dist');
  const { built, bytes } = await buildWorkflowBundle({ sources, file: workflowBundleFile() });
  await buildWorkflowBundle(simulationBundle(sources));
  process.stdout.write(`workflow bundle: ${built ? 'built' : 'unchanged'}, ${Math.round(bytes / 1024)} kB\n`);
}

void main();
