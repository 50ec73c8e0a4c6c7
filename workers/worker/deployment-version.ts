/** Which build this worker process is, where workers are versioned. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { VolanteError } from '../../errors/volante-error';
import { packageRoot } from '../../settings/package-root';
import { workflowBundleFile } from '../workflow-bundle';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** @throws VolanteError VOL-102 for a name that Temporal, or a command line, could misread */
export async function deploymentVersion(
  deploymentName: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<WorkerDeploymentVersion | undefined> {
  if (deploymentName === undefined) return undefined;
  const buildId = env.VOLANTE_BUILD_ID || (await buildOfBundle());
  for (const [variable, name] of [
    ['VOLANTE_WORKER_DEPLOYMENT', deploymentName],
    ['VOLANTE_BUILD_ID', buildId],
  ] as const)
    if (!namePattern.test(name))
      throw new VolanteError('VOL-102', {
        message: `${variable}: "${name}" is no name of a build or a deployment.`,
        fix: 'use letters, digits, dots, hyphens and underscores',
      });
  return { deploymentName, buildId };
}

/** The same workflow code is the same build. */
async function buildOfBundle(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const hash = createHash('sha256').update(await readFile(workflowBundleFile()));
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}
